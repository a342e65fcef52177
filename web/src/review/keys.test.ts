import { describe, expect, it } from 'vitest';
import { meaningOf } from './keys.ts';
import { evidence, waiting } from './sample.ts';
import type { Looking, State } from './state.ts';
import { INITIAL } from './step.ts';

const looking: Looking = {
  at: 'looking',
  waiting: waiting(),
  evidence: evidence(),
  lookedAt: 0,
  choice: { stage: 'verdict' },
  failure: undefined,
  reloading: false,
  may: 'judge',
};
const denying: Looking = { ...looking, choice: { stage: 'reason', verdict: 'denied', reason: undefined, missing: false } };
const quality: Looking = { ...looking, waiting: waiting({ kind: 'quality' }) };
const press = (state: State, key: string, singleKeys = true) => meaningOf(state, { key, modified: false, typing: false }, singleKeys);

describe('a key', () => {
  it.each<[string, State, string, unknown]>([
    ['in the queue', INITIAL, 'ArrowDown', 'next'],
    ['in the queue', INITIAL, 'k', 'previous'],
    ['in the queue', INITIAL, 'r', { type: 'asked-for-queue' }],
    ['in the queue', INITIAL, 'Escape', undefined],
    ['at a decision', looking, 'a', { type: 'chose-verdict', verdict: 'approved' }],
    ['at a decision', looking, 'D', { type: 'chose-verdict', verdict: 'denied' }],
    ['at a decision', looking, 'u', undefined],
    ['at an approval', quality, 'u', { type: 'chose-verdict', verdict: 'upheld' }],
    ['at an approval', quality, 'a', undefined],
    ['before a verdict', looking, '1', undefined],
    ['at the reasons', denying, '2', { type: 'chose-reason', reason: 'not_live' }],
    ['at the reasons', denying, '9', undefined],
    ['at the reasons', denying, 'Escape', { type: 'went-back' }],
    ['at a case', looking, 'r', { type: 'looked-again' }],
    ['at a case', looking, 'z', 'resize'],
    // Enter is the browser's: it presses the button that has the focus, or sends the form.
    ['at the reasons', denying, 'Enter', undefined],
  ])('%s, %o, %s means %o', (_where, state, key, meaning) => {
    expect(press(state, key)).toEqual(meaning);
  });

  it('of one letter can be switched off; Escape and the arrows stay', () => {
    expect(['a', 'r', 'z'].map((key) => press(looking, key, false))).toEqual([undefined, undefined, undefined]);
    expect(press(looking, 'Escape', false)).toEqual({ type: 'went-back' });
    expect(press(INITIAL, 'ArrowDown', false)).toBe('next');
  });

  it('belongs to the browser with Ctrl, and to a text while it is typed', () => {
    expect(meaningOf(looking, { key: 'a', modified: true, typing: false }, true)).toBeUndefined();
    expect(meaningOf(looking, { key: 'a', modified: false, typing: true }, true)).toBeUndefined();
  });
});
