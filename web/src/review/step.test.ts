import { describe, expect, it } from 'vitest';
import type { ReviewFailure } from './client.ts';
import { evidence, V, waiting } from './sample.ts';
import type { Event, Looking, State } from './state.ts';
import { REASONS_OF, VERDICTS_OF } from './state.ts';
import { INITIAL, step } from './step.ts';

const NOW = 1_000_000;
const yes = <Value>(value: Value) => ({ ok: true as const, value });
const no = (failure: ReviewFailure) => ({ ok: false as const, failure });

const looking: Looking = {
  at: 'looking',
  waiting: waiting(),
  evidence: evidence(),
  lookedAt: NOW,
  choice: { stage: 'verdict' },
  failure: undefined,
  reloading: false,
  may: 'judge',
};
const chosen: Looking = { ...looking, choice: { stage: 'reason', verdict: 'denied', reason: 'not_live', missing: false } };
const sending: Looking = { ...looking, choice: { stage: 'sending', verdict: 'denied', reason: 'not_live' } };

const STATES: Readonly<Record<string, State>> = {
  'before the queue': INITIAL,
  'loading the queue': { ...INITIAL, loading: true },
  queue: { ...INITIAL, reviews: [waiting()], nextCursor: 'more' },
  opening: { at: 'opening', verificationId: V },
  'closed door': { at: 'closed-door', verificationId: V, failure: { kind: 'claimed' } },
  looking,
  'looking again': { ...looking, reloading: true },
  'reason to choose': { ...looking, choice: { stage: 'reason', verdict: 'denied', reason: undefined, missing: false } },
  'reason chosen': chosen,
  sending,
  'evidence changed': { ...looking, may: 'reload', failure: { kind: 'evidence-changed' } },
  over: { ...looking, may: 'over', failure: { kind: 'claimed' } },
};

const standing = { kind: 'decision', since: 0, because: [], approvals: 0, needed: 1, verdict: 'denied', decidedAt: NOW } as const;
const EVENTS: Readonly<Record<Event['type'], Event>> = {
  'asked-for-queue': { type: 'asked-for-queue' },
  'asked-for-more': { type: 'asked-for-more' },
  listed: { type: 'listed', cursor: undefined, outcome: yes({ reviews: [], nextCursor: undefined }) },
  picked: { type: 'picked', verificationId: V },
  opened: { type: 'opened', verificationId: V, outcome: yes({ waiting: waiting(), evidence: evidence() }) },
  'looked-again': { type: 'looked-again' },
  'chose-verdict': { type: 'chose-verdict', verdict: 'approved' },
  'chose-reason': { type: 'chose-reason', reason: 'not_live' },
  confirmed: { type: 'confirmed' },
  judged: { type: 'judged', verificationId: V, outcome: yes(standing) },
  'went-back': { type: 'went-back' },
};

const told = (state: State): string =>
  state.at === 'looking'
    ? `looking(${[state.choice.stage, state.may, state.reloading && 'reloading'].filter(Boolean).join(', ')})`
    : state.at;

describe('the whole table', () => {
  it('says for every state and event where it leads and what is done', () => {
    const table = Object.entries(STATES).map(([at, state]) => {
      const cells = Object.entries(EVENTS).flatMap(([type, event]) => {
        const { state: next, commands } = step(state, event, NOW);
        if (next === state && commands.length === 0) return [];
        return `  ${type} -> ${told(next)}${commands.map((command) => ` + ${command.do}`).join('')}`;
      });
      return [at, ...cells].join('\n');
    });
    expect(`\n${table.join('\n')}\n`).toMatchSnapshot();
  });
});

describe('a verdict', () => {
  it('names exactly the evidence that was looked at', () => {
    expect(step(chosen, EVENTS.confirmed, NOW).commands).toEqual([
      { do: 'judge', verificationId: V, etag: evidence().etag, judgement: { verdict: 'denied', reason: 'not_live' } },
    ]);
  });

  it('is not sent without a reason, and says so', () => {
    const { state, commands } = step(STATES['reason to choose'] as State, EVENTS.confirmed, NOW);
    expect(commands).toEqual([]);
    expect(state).toMatchObject({ choice: { stage: 'reason', missing: true } });
  });

  it('answers the question of its case, with a reason that can stand for it', () => {
    expect(step(looking, { type: 'chose-verdict', verdict: 'upheld' }, NOW).state).toBe(looking);
    const approving = step(looking, { type: 'chose-verdict', verdict: 'approved' }, NOW).state;
    expect(step(approving, { type: 'chose-reason', reason: 'not_live' }, NOW).state).toBe(approving);
    for (const verdict of Object.values(VERDICTS_OF).flat()) expect(REASONS_OF[verdict].length).toBeGreaterThan(0);
  });

  it('goes out once, however often Enter is pressed', () => {
    const { state } = step(chosen, EVENTS.confirmed, NOW);
    expect(step(state, EVENTS.confirmed, NOW)).toEqual({ state, commands: [] });
    expect(step(state, EVENTS['went-back'], NOW)).toEqual({ state, commands: [] });
  });

  it('that closes the case leads back to a fresh queue, which says so', () => {
    const { state, commands } = step(sending, EVENTS.judged, NOW);
    expect(state).toMatchObject({ at: 'queue', loading: true, notice: { about: 'decided', verdict: 'denied' } });
    expect(commands).toEqual([{ do: 'list', cursor: undefined }]);
  });

  it('that needs a second one says how many there are', () => {
    const outcome = yes({ ...standing, verdict: undefined, decidedAt: undefined, approvals: 1, needed: 2 });
    expect(step(sending, { type: 'judged', verificationId: V, outcome }, NOW).state).toMatchObject({
      notice: { about: 'seconding', approvals: 1, needed: 2 },
    });
  });

  it.each<[ReviewFailure, object]>([
    [
      { kind: 'already-reviewed', verdict: 'approved', decidedAt: NOW },
      { may: 'over', choice: { stage: 'verdict' } },
    ],
    [{ kind: 'claimed' }, { may: 'over' }],
    [{ kind: 'closed' }, { may: 'over' }],
    [{ kind: 'own' }, { may: 'over' }],
    [{ kind: 'not-found' }, { may: 'over' }],
    // What was seen is not what is there: the verdict is thought over, the reason included.
    [{ kind: 'evidence-changed' }, { may: 'reload', choice: { stage: 'verdict' } }],
    // The evidence is the same, only the look is old: the choice stays.
    [{ kind: 'look-first' }, { may: 'reload', choice: { stage: 'reason', reason: 'not_live' } }],
    [{ kind: 'unreachable' }, { may: 'judge', choice: { stage: 'reason', reason: 'not_live' } }],
    [{ kind: 'busy', retryAfter: 5_000 }, { may: 'judge' }],
    [{ kind: 'signed-out' }, { may: 'judge' }],
    [{ kind: 'not-allowed' }, { may: 'judge' }],
    [{ kind: 'refused', code: 'wrong_verdict' }, { may: 'judge' }],
  ])('that meets %o', (failure, state) => {
    const refused = step(sending, { type: 'judged', verificationId: V, outcome: no(failure) }, NOW);
    expect(refused).toMatchObject({ state: { at: 'looking', failure, ...state }, commands: [] });
  });
});

describe('another look', () => {
  const again = { ...chosen, reloading: true };
  const opened = (etag: string): Event => ({
    type: 'opened',
    verificationId: V,
    outcome: yes({ waiting: waiting(), evidence: evidence({ etag }) }),
  });

  it('keeps what was chosen while the evidence is the same, and drops it otherwise', () => {
    expect(step(again, opened(evidence().etag), NOW + 5).state).toMatchObject({ choice: chosen.choice, lookedAt: NOW + 5, may: 'judge' });
    expect(step(again, opened('"evidence-2"'), NOW).state).toMatchObject({ choice: { stage: 'verdict' }, may: 'judge' });
  });

  it('that does not come leaves everything as it is', () => {
    const lost: Event = { type: 'opened', verificationId: V, outcome: no({ kind: 'unreachable' }) };
    expect(step(again, lost, NOW).state).toMatchObject({ ...chosen, failure: { kind: 'unreachable' } });
  });

  it('belongs to its case alone', () => {
    const other: Event = { type: 'opened', verificationId: 'another', outcome: yes({ waiting: waiting(), evidence: evidence() }) };
    for (const state of Object.values(STATES)) expect(step(state, other, NOW).state).toBe(state);
  });
});

describe('the queue', () => {
  it('grows page by page, without a case twice', () => {
    const loading: State = { ...INITIAL, reviews: [waiting()], nextCursor: 'more', loading: true };
    const page = yes({ reviews: [waiting(), waiting({ verificationId: 'next' })], nextCursor: undefined });
    const { state } = step(loading, { type: 'listed', cursor: 'more', outcome: page }, NOW);
    expect(state).toMatchObject({ reviews: [{ verificationId: V }, { verificationId: 'next' }], nextCursor: undefined, loading: false });
  });

  it('stays on the screen when it cannot be loaded again', () => {
    const loading: State = { ...INITIAL, reviews: [waiting()], loading: true };
    expect(step(loading, { type: 'listed', cursor: undefined, outcome: no({ kind: 'offline' }) }, NOW).state).toMatchObject({
      reviews: [{ verificationId: V }],
      failure: { kind: 'offline' },
    });
  });
});

describe('Escape', () => {
  it('undoes one thing at a time', () => {
    const first = step(chosen, EVENTS['went-back'], NOW).state;
    expect(first).toMatchObject({ at: 'looking', choice: { stage: 'verdict' } });
    expect(step(first, EVENTS['went-back'], NOW)).toMatchObject({ state: { at: 'queue' }, commands: [{ do: 'list' }] });
  });
});
