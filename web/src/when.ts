// An instant as people say it: in the time of this computer, with the day where it is not today. The words
// around it are in `texts.ts`; a clock of 12 or 24 hours is the person's own habit.

export interface When {
  readonly day: 'today' | 'tomorrow' | 'another';
  /** For example "Friday, 27 November". */
  readonly date: string;
  /** For example "14:05" or "2:05 PM". */
  readonly time: string;
}

const MINUTE = 60_000;
const LANGUAGE = 'en-GB';

/** `zone` and `hourCycle` are the computer's own; tests give others. */
export function localWhen(instant: number, now: number, zone?: string, hourCycle = ownHourCycle()): When {
  // Rounded up: who comes back at the minute that was named must not be early.
  const at = Math.ceil(instant / MINUTE) * MINUTE;
  const timeZone = zone === undefined ? {} : { timeZone: zone };
  const dayOf = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...timeZone });
  const days = (Date.parse(dayOf.format(at)) - Date.parse(dayOf.format(now))) / 86_400_000;
  const language = hourCycle === 'h12' || hourCycle === 'h11' ? 'en-US' : LANGUAGE;
  return {
    day: days === 0 ? 'today' : days === 1 ? 'tomorrow' : 'another',
    date: new Intl.DateTimeFormat(LANGUAGE, { weekday: 'long', day: 'numeric', month: 'long', ...timeZone }).format(at),
    time: new Intl.DateTimeFormat(language, { timeStyle: 'short', hourCycle, ...timeZone }).format(at),
  };
}

type HourCycle = 'h11' | 'h12' | 'h23' | 'h24';

function ownHourCycle(): HourCycle {
  return (new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hourCycle as HourCycle | undefined) ?? 'h23';
}
