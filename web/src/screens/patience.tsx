// A countdown for the screens that ask for patience.

import { useEffect, useState } from 'react';

/** Whole seconds until `instant` (ms), counted down once a second; 0 when it has passed or there is none. */
export function useSecondsUntil(instant: number | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  const over = instant === undefined || now >= instant;
  useEffect(() => {
    if (over) return undefined;
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, [over]);
  return over ? 0 : Math.ceil((instant - now) / 1_000);
}

interface PatienceProps {
  readonly seconds: number;
  readonly wait: (seconds: number) => string;
  readonly over: string;
}

/** The countdown in words. Only its end is announced: a screen reader that reads every second is unbearable. */
export function Patience({ seconds, wait, over }: PatienceProps) {
  return (
    <>
      {seconds > 0 && <p>{wait(seconds)}</p>}
      <p role="status">{seconds > 0 ? '' : over}</p>
    </>
  );
}
