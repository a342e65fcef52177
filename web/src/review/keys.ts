// The console by keyboard: which key means what where one is. Letters and digits can be switched off, because they
// get in the way of speech input (WCAG 2.2, 2.1.4); Enter, Escape and the arrows stay.

import type { Verdict } from './answers.ts';
import { type Event, REASONS_OF, type State, VERDICTS_OF } from './state.ts';

export const VERDICT_KEYS: Readonly<Record<Verdict, string>> = { approved: 'A', denied: 'D', upheld: 'U', overturned: 'O' };

/** What a key does beyond the rules: moving along the queue, and the size of the pictures. */
export type View = 'next' | 'previous' | 'resize';

export interface Pressed {
  readonly key: string;
  /** Ctrl, Alt or the like: then the key belongs to the browser. */
  readonly modified: boolean;
  /** The key goes into a text that is being typed. */
  readonly typing: boolean;
}

export function meaningOf(state: State, { key, modified, typing }: Pressed, singleKeys: boolean): Event | View | undefined {
  if (modified || typing) return undefined;
  if (key === 'Escape') return state.at === 'queue' ? undefined : { type: 'went-back' };
  if (state.at === 'queue' && key === 'ArrowDown') return 'next';
  if (state.at === 'queue' && key === 'ArrowUp') return 'previous';
  if (!singleKeys || key.length !== 1) return undefined;
  const upper = key.toUpperCase();
  switch (state.at) {
    case 'queue':
      if (upper === 'J') return 'next';
      if (upper === 'K') return 'previous';
      return upper === 'R' ? { type: 'asked-for-queue' } : undefined;
    case 'looking': {
      if (upper === 'R') return { type: 'looked-again' };
      if (upper === 'Z') return 'resize';
      const verdict = VERDICTS_OF[state.waiting.kind].find((each) => VERDICT_KEYS[each] === upper);
      if (verdict !== undefined) return { type: 'chose-verdict', verdict };
      const reason = state.choice.stage === 'reason' ? REASONS_OF[state.choice.verdict][Number(key) - 1] : undefined;
      return reason && { type: 'chose-reason', reason };
    }
    default:
      return undefined;
  }
}
