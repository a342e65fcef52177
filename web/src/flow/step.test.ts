import { describe, expect, it } from 'vitest';
import type { Completed, Session, Verification } from '../api/answers.ts';
import type { Failure } from '../api/failure.ts';
import type { DetectorError, Event, State } from './state.ts';
import { INITIAL, step } from './step.ts';

const NOW = 1_000_000;
const V = 'verification';
const S = 'session';

const session: Session = {
  verificationId: V,
  sessionId: S,
  region: 'us-east-1',
  challenge: 'FaceMovementAndLightChallenge',
  endsAt: NOW + 180_000,
  clockOffset: 0,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c', expiration: new Date(NOW + 900_000) },
};
const of = { verificationId: V, sessionId: S, deadline: NOW + 200_000 };

/** One state of each kind, and the two that begin a kind. */
const STATES: Readonly<Record<State['at'] | 'initial' | 'asking', State>> = {
  initial: INITIAL,
  loading: { at: 'loading', verificationId: V, begun: true },
  ready: { at: 'ready', verificationId: V, begun: true, attemptsLeft: 3, consent: false },
  asking: { at: 'opening', of: { verificationId: undefined, consent: false }, camera: 'asking' },
  opening: { at: 'opening', of: { verificationId: undefined, consent: false }, camera: 'ready' },
  checking: { at: 'checking', session },
  deciding: { at: 'deciding', of },
  passed: { at: 'passed' },
  retry: { at: 'retry', verificationId: V, why: 'failed', tips: [], attemptsLeft: 2 },
  locked: { at: 'locked', verificationId: V, why: 'failed', until: NOW - 1, tips: [] },
  alternative: { at: 'alternative', why: 'chosen', back: { at: 'expired' } },
  review: { at: 'review', verificationId: V },
  expired: { at: 'expired' },
  trouble: { at: 'trouble', trouble: 'unreachable', resume: { to: 'complete', of }, notBefore: undefined, code: undefined },
};

const answered = <Value>(value: Value) => ({ ok: true as const, value });
const refused = (failure: Failure) => ({ ok: false as const, failure });
const completion = (change: Partial<Completed>): Completed => ({
  status: 'open',
  session: 'failed',
  nextStep: 'retry',
  attemptsLeft: 3,
  retryAfterSeconds: undefined,
  tips: ['MORE_LIGHT'],
  ...change,
});
const verification = (change: Partial<Verification>): Verification => ({
  verificationId: V,
  status: 'open',
  nextStep: 'retry',
  attemptsLeft: 3,
  retryAfterSeconds: undefined,
  ...change,
});

/** One event of each kind, as it comes when all is well. */
const EVENTS: Readonly<Record<Event['type'], Event>> = {
  started: { type: 'started', remembered: {} },
  looked: { type: 'looked', outcome: answered(verification({})) },
  began: { type: 'began', consent: false },
  'camera-ready': { type: 'camera-ready' },
  'camera-failed': { type: 'camera-failed', trouble: 'camera-denied' },
  opened: { type: 'opened', outcome: answered({ verificationId: V, status: 'open', session }) },
  analysed: { type: 'analysed', sessionId: S },
  'detector-failed': { type: 'detector-failed', sessionId: S, error: 'TIMEOUT', camera: 'no-camera' },
  cancelled: { type: 'cancelled', sessionId: S },
  'session-ended': { type: 'session-ended', sessionId: S },
  completed: {
    type: 'completed',
    sessionId: S,
    outcome: answered(completion({ status: 'approved', session: 'passed', nextStep: 'none' })),
  },
  'tried-again': { type: 'tried-again' },
  'chose-alternative': { type: 'chose-alternative' },
  'went-back': { type: 'went-back' },
  'started-over': { type: 'started-over' },
};

describe('the whole table', () => {
  it('says for every state and event where it leads and what is done', () => {
    const table = Object.entries(STATES).map(([at, state]) => {
      const cells = Object.entries(EVENTS).flatMap(([type, event]) => {
        const { state: next, commands } = step(state, event, NOW);
        if (next === state && commands.length === 0) return [];
        return `  ${type} -> ${next.at}${commands.map((command) => ` + ${command.do}`).join('')}`;
      });
      return [at, ...cells].join('\n');
    });
    expect(`\n${table.join('\n')}\n`).toMatchSnapshot();
  });
});

describe('a check from start to end', () => {
  it('asks for the camera before it opens a session, and for the result once', () => {
    const done: string[] = [];
    let state: State = INITIAL;
    for (const event of [
      EVENTS.started,
      EVENTS.began,
      EVENTS['camera-ready'],
      EVENTS.opened,
      EVENTS.analysed,
      EVENTS.analysed,
      EVENTS.completed,
    ]) {
      const next = step(state, event, NOW);
      state = next.state;
      done.push(...next.commands.map((command) => command.do));
    }
    expect(state).toEqual({ at: 'passed' });
    expect(done).toEqual(['ask-camera', 'open', 'remember', 'watch-session', 'remember', 'complete', 'remember']);
  });

  it('ignores what belongs to another session', () => {
    for (const type of ['analysed', 'cancelled', 'session-ended', 'detector-failed'] as const) {
      const stale = { ...EVENTS[type], sessionId: 'an earlier one' } as Event;
      expect(step(STATES.checking, stale, NOW)).toEqual({ state: STATES.checking, commands: [] });
    }
    const late = { ...EVENTS.completed, sessionId: 'an earlier one' } as Event;
    expect(step(STATES.deciding, late, NOW).state).toBe(STATES.deciding);
  });
});

describe('a reload', () => {
  const started = (remembered: object): ReturnType<typeof step> => step(INITIAL, { type: 'started', remembered }, NOW);

  it('begins afresh, carries on, or asks for a result that is still owed', () => {
    expect(started({}).state.at).toBe('ready');
    expect(started({ verificationId: V }).commands).toEqual([{ do: 'look', verificationId: V }]);
    expect(started({ verificationId: V, sessionId: S }).commands.map((command) => command.do)).toEqual(['remember', 'complete']);
  });

  it.each([
    [verification({}), 'ready'],
    [verification({ retryAfterSeconds: 60 }), 'locked'],
    [verification({ status: 'approved', nextStep: 'none' }), 'passed'],
    [verification({ status: 'denied', nextStep: 'alternative' }), 'alternative'],
    [verification({ status: 'in_review', nextStep: 'wait' }), 'review'],
    [verification({ status: 'expired' }), 'expired'],
  ] as const)('shows where %o stands: %s', (found, at) => {
    expect(step(STATES.loading, { type: 'looked', outcome: answered(found) }, NOW).state.at).toBe(at);
  });

  it('tells a check that was begun here from one that a service has just opened', () => {
    for (const begun of [true, undefined]) {
      const { state } = started({ verificationId: V, ...(begun && { begun }) });
      const found = step(state, { type: 'looked', outcome: answered(verification({})) }, NOW).state;
      expect(found).toMatchObject({ at: 'ready', verificationId: V, begun: begun === true });
    }
  });

  it('forgets a verification that is not there for this subject', () => {
    const next = step(STATES.loading, { type: 'looked', outcome: refused({ kind: 'not-found' }) }, NOW);
    expect(next).toMatchObject({ state: { at: 'ready', verificationId: undefined }, commands: [{ do: 'forget' }] });
  });
});

describe('the result', () => {
  it.each([
    [completion({ status: 'approved', session: 'passed', nextStep: 'none' }), { at: 'passed' }],
    [completion({}), { at: 'retry', why: 'failed', tips: ['MORE_LIGHT'], attemptsLeft: 3 }],
    [completion({ session: 'lapsed', tips: [] }), { at: 'retry', why: 'timed-out' }],
    [completion({ session: 'pending', nextStep: 'wait' }), { at: 'retry', why: 'timed-out' }],
    [completion({ retryAfterSeconds: 90 }), { at: 'locked', why: 'failed', until: NOW + 90_000, tips: ['MORE_LIGHT'] }],
    [completion({ retryAfterSeconds: 0 }), { at: 'retry' }],
    [completion({ status: 'denied', nextStep: 'alternative', retryAfterSeconds: 90 }), { at: 'alternative', why: 'denied' }],
    [completion({ status: 'denied', nextStep: 'alternative' }), { at: 'alternative', why: 'denied' }],
    [completion({ status: 'in_review', session: 'in_review', nextStep: 'wait' }), { at: 'review' }],
    [completion({ status: 'expired' }), { at: 'expired' }],
  ])('%o leads to %o', (answer, state) => {
    expect(step(STATES.deciding, { type: 'completed', sessionId: S, outcome: answered(answer) }, NOW).state).toMatchObject(state);
  });
});

describe('what goes wrong', () => {
  it.each<[DetectorError, object]>([
    ['TIMEOUT', { at: 'retry', why: 'face-not-seen' }],
    ['FACE_DISTANCE_ERROR', { at: 'retry', why: 'face-not-seen' }],
    ['MULTIPLE_FACES_ERROR', { at: 'retry', why: 'face-not-seen' }],
    ['CONNECTION_TIMEOUT', { at: 'trouble', trouble: 'stream-unreachable' }],
    ['SERVER_ERROR', { at: 'trouble', trouble: 'interrupted' }],
    ['RUNTIME_ERROR', { at: 'trouble', trouble: 'detector-failed' }],
    ['CAMERA_FRAMERATE_ERROR', { at: 'trouble', trouble: 'camera-too-slow' }],
    ['CAMERA_ACCESS_ERROR', { at: 'trouble', trouble: 'camera-in-use' }],
    ['DEFAULT_CAMERA_NOT_FOUND_ERROR', { at: 'trouble', trouble: 'no-camera' }],
    ['MOBILE_LANDSCAPE_ERROR', { at: 'trouble', trouble: 'landscape' }],
  ])('the detector says %s', (error, state) => {
    const next = step(STATES.checking, { type: 'detector-failed', sessionId: S, error, camera: 'camera-in-use' }, NOW).state;
    expect(next).toMatchObject(state);
    // Whatever it was: trying again opens the next session of the same verification.
    const again = step(next, { type: 'tried-again' }, NOW).state;
    expect(again).toMatchObject({ at: 'opening', of: { verificationId: V } });
  });

  it.each<[Failure, object]>([
    [{ kind: 'offline' }, { at: 'trouble', trouble: 'offline' }],
    [{ kind: 'unreachable' }, { at: 'trouble', trouble: 'unreachable' }],
    [
      { kind: 'busy', retryAfter: 7_000 },
      { at: 'trouble', trouble: 'busy', notBefore: NOW + 7_000 },
    ],
    [
      { kind: 'still-running', retryAfter: 90_000 },
      { at: 'trouble', trouble: 'still-running', notBefore: NOW + 90_000 },
    ],
    [
      { kind: 'locked', retryAfter: 1_800_000 },
      { at: 'locked', why: 'failed', until: NOW + 1_800_000 },
    ],
    [
      { kind: 'too-often', retryAfter: 3_600_000 },
      { at: 'locked', why: 'begun', until: NOW + 3_600_000 },
    ],
    [{ kind: 'blocked' }, { at: 'alternative', why: 'blocked', back: undefined }],
    [{ kind: 'signed-out' }, { at: 'trouble', trouble: 'signed-out' }],
    [{ kind: 'consent-required' }, { at: 'ready', consent: true }],
    [{ kind: 'not-found' }, { at: 'expired' }],
    [
      { kind: 'refused', code: 'policy_unknown' },
      { at: 'trouble', trouble: 'refused', code: 'policy_unknown' },
    ],
  ])('opening meets %o', (failure, state) => {
    expect(step(STATES.opening, { type: 'opened', outcome: refused(failure) }, NOW).state).toMatchObject(state);
  });

  it('looks at a verification that was decided in the meantime', () => {
    const opening: State = { at: 'opening', of: { verificationId: V, consent: false }, camera: 'ready' };
    expect(step(opening, { type: 'opened', outcome: refused({ kind: 'closed' }) }, NOW).commands).toEqual([
      { do: 'look', verificationId: V },
    ]);
    const next = step(STATES.deciding, { type: 'completed', sessionId: S, outcome: refused({ kind: 'closed' }) }, NOW);
    expect(next.commands).toEqual([{ do: 'look', verificationId: V }]);
  });

  it('does not try again before it may', () => {
    const locked: State = { at: 'locked', verificationId: V, why: 'failed', until: NOW + 1, tips: [] };
    expect(step(locked, { type: 'tried-again' }, NOW).state).toBe(locked);
    expect(step(locked, { type: 'tried-again' }, NOW + 1).commands).toEqual([{ do: 'look', verificationId: V }]);
    const busy: State = { at: 'trouble', trouble: 'busy', resume: { to: 'complete', of }, notBefore: NOW + 1, code: undefined };
    expect(step(busy, { type: 'tried-again' }, NOW).state).toBe(busy);
    expect(step(busy, { type: 'tried-again' }, NOW + 1).state.at).toBe('deciding');
  });

  it('opens the next session when a repeated create answers without one', () => {
    const next = step(
      STATES.opening,
      { type: 'opened', outcome: answered({ verificationId: V, status: 'open', session: undefined }) },
      NOW,
    );
    expect(next.commands.at(-1)).toEqual({ do: 'open', of: { verificationId: V, consent: false } });
  });
});

describe('the pause after too many failures', () => {
  it('lasts as long as the answer says, whatever it comes with, and then looks again', () => {
    const { state } = step(
      STATES.deciding,
      { type: 'completed', sessionId: S, outcome: answered(completion({ retryAfterSeconds: 90 })) },
      NOW,
    );
    expect(step(state, { type: 'tried-again' }, NOW + 89_999).state).toBe(state);
    expect(step(state, { type: 'tried-again' }, NOW + 90_000).commands).toEqual([{ do: 'look', verificationId: V }]);
  });

  it('leaves the other way open', () => {
    const chosen = step(STATES.locked, { type: 'chose-alternative' }, NOW).state;
    expect(chosen).toMatchObject({ at: 'alternative', why: 'chosen', back: STATES.locked });
  });
});

describe('the other way', () => {
  it('can be chosen and left again', () => {
    const chosen = step(STATES.retry, { type: 'chose-alternative' }, NOW).state;
    expect(chosen).toMatchObject({ at: 'alternative', why: 'chosen' });
    expect(step(chosen, { type: 'went-back' }, NOW).state).toBe(STATES.retry);
  });

  it.each(['denied', 'blocked'] as const)('is final when the check is %s', (why) => {
    const final: State = { at: 'alternative', why, back: undefined };
    expect(step(final, { type: 'went-back' }, NOW).state).toBe(final);
  });
});
