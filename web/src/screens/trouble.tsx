// When something other than the person stands in the way: each case has its own words, and says what to do.

import { useEffect } from 'react';
import type { State, Trouble } from '../flow/state.ts';
import { texts } from '../texts.ts';
import { Frame } from './frame.tsx';
import type { Glyph } from './icon.tsx';
import { AgainOrAlternative } from './outcome.tsx';
import { Patience, useSecondsUntil } from './patience.tsx';

const GLYPHS: Readonly<Record<Trouble, Glyph>> = {
  'no-camera': 'cameraOff',
  'camera-denied': 'cameraOff',
  'camera-in-use': 'camera',
  'camera-too-slow': 'camera',
  landscape: 'phone',
  offline: 'cloud',
  unreachable: 'cloud',
  busy: 'clock',
  'still-running': 'clock',
  'stream-unreachable': 'cloud',
  interrupted: 'cloud',
  'detector-failed': 'face',
  'signed-out': 'person',
  refused: 'person',
};

interface TroubleProps {
  readonly state: Extract<State, { readonly at: 'trouble' }>;
  readonly onAgain: () => void;
  readonly onAlternative: () => void;
}

export function TroubleScreen({ state, onAgain, onAlternative }: TroubleProps) {
  const { title, body } = texts.trouble.kinds[state.trouble];
  const seconds = useSecondsUntil(state.notBefore);
  useResumeWhenUpright(state.trouble === 'landscape', onAgain);
  return (
    <Frame title={title} icon={GLYPHS[state.trouble]} tone="careful">
      <p className="lead">{body}</p>
      {state.code !== undefined && <p className="quiet">{texts.trouble.code(state.code)}</p>}
      {state.notBefore !== undefined && <Patience seconds={seconds} wait={texts.wait} over={texts.waitOver} />}
      <AgainOrAlternative again={texts.trouble.again} waiting={seconds > 0} onAgain={onAgain} onAlternative={onAlternative} />
    </Frame>
  );
}

/** Turning the phone is the answer to being asked to turn it; no button should be needed after that. */
function useResumeWhenUpright(watching: boolean, resume: () => void): void {
  useEffect(() => {
    if (!watching) return undefined;
    const portrait = window.matchMedia('(orientation: portrait)');
    const turned = (): void => {
      if (portrait.matches) resume();
    };
    portrait.addEventListener('change', turned);
    return () => portrait.removeEventListener('change', turned);
  }, [watching, resume]);
}
