// The rules of the console: `step(state, event, now)` is total and touches nothing. An event that does not belong to
// the state it meets (a late answer, a key too many) changes nothing.

import type { Queue, Standing } from './answers.ts';
import type { ReviewFailure, ReviewOutcome } from './client.ts';
import {
  type Choice,
  type Event,
  type Looking,
  type Opened,
  type Queueing,
  REASONS_OF,
  type State,
  type Step,
  VERDICTS_OF,
} from './state.ts';

export const INITIAL: Queueing = {
  at: 'queue',
  reviews: undefined,
  nextCursor: undefined,
  loading: false,
  failure: undefined,
  notice: undefined,
};

const UNDECIDED: Choice = { stage: 'verdict' };

export function step(state: State, event: Event, now: number): Step {
  switch (event.type) {
    case 'asked-for-queue':
      return state.at === 'queue' && !state.loading ? list({ ...state, notice: undefined }, undefined) : stay(state);
    case 'asked-for-more':
      if (state.at !== 'queue' || state.loading || state.nextCursor === undefined) return stay(state);
      return list(state, state.nextCursor);
    case 'listed':
      return state.at === 'queue' && state.loading ? go(listed(state, event.cursor, event.outcome)) : stay(state);
    case 'picked':
      return state.at === 'queue' || state.at === 'closed-door' ? opening(event.verificationId) : stay(state);
    case 'opened':
      return go(opened(state, event.verificationId, event.outcome, now));
    case 'looked-again':
      if (state.at !== 'looking' || state.reloading || state.choice.stage === 'sending' || state.may === 'over') return stay(state);
      return { state: { ...state, reloading: true }, commands: [{ do: 'open', verificationId: state.evidence.verificationId }] };
    case 'chose-verdict':
      if (!mayJudge(state) || !VERDICTS_OF[state.waiting.kind].includes(event.verdict)) return stay(state);
      return go({ ...state, failure: undefined, choice: { stage: 'reason', verdict: event.verdict, reason: undefined, missing: false } });
    case 'chose-reason':
      if (!mayJudge(state) || state.choice.stage !== 'reason' || !REASONS_OF[state.choice.verdict].includes(event.reason))
        return stay(state);
      return go({ ...state, choice: { ...state.choice, reason: event.reason, missing: false } });
    case 'confirmed':
      return mayJudge(state) ? confirmed(state) : stay(state);
    case 'judged':
      if (state.at !== 'looking' || state.choice.stage !== 'sending' || state.evidence.verificationId !== event.verificationId)
        return stay(state);
      return judged(state, event.outcome);
    case 'went-back':
      return wentBack(state);
  }
}

function listed(state: Queueing, cursor: string | undefined, outcome: ReviewOutcome<Queue>): State {
  if (!outcome.ok) return { ...state, loading: false, failure: outcome.failure };
  const { reviews, nextCursor } = outcome.value;
  if (cursor === undefined) return { ...state, reviews, nextCursor, loading: false, failure: undefined };
  // A page may overlap with the one before when cases were closed in between.
  const known = new Set(state.reviews?.map(({ verificationId }) => verificationId));
  const fresh = reviews.filter(({ verificationId }) => !known.has(verificationId));
  return { ...state, reviews: [...(state.reviews ?? []), ...fresh], nextCursor, loading: false, failure: undefined };
}

function opened(state: State, verificationId: string, outcome: ReviewOutcome<Opened>, now: number): State {
  if (state.at === 'opening' && state.verificationId === verificationId) {
    if (!outcome.ok) return { at: 'closed-door', verificationId, failure: outcome.failure };
    const { waiting, evidence } = outcome.value;
    return { at: 'looking', waiting, evidence, lookedAt: now, choice: UNDECIDED, failure: undefined, reloading: false, may: 'judge' };
  }
  if (state.at !== 'looking' || !state.reloading || state.evidence.verificationId !== verificationId) return state;
  if (!outcome.ok) return { ...state, reloading: false, failure: outcome.failure, may: isOver(outcome.failure) ? 'over' : state.may };
  const { waiting, evidence } = outcome.value;
  // Whatever was about to be said was about other evidence.
  const choice = evidence.etag === state.evidence.etag ? state.choice : UNDECIDED;
  return { ...state, waiting, evidence, lookedAt: now, choice, failure: undefined, reloading: false, may: 'judge' };
}

function confirmed(state: Looking): Step {
  if (state.choice.stage !== 'reason') return stay(state);
  const { verdict, reason } = state.choice;
  if (reason === undefined) return go({ ...state, choice: { ...state.choice, missing: true } });
  const { verificationId, etag } = state.evidence;
  return {
    state: { ...state, failure: undefined, choice: { stage: 'sending', verdict, reason } },
    commands: [{ do: 'judge', verificationId, etag, judgement: { verdict, reason } }],
  };
}

function judged(state: Looking, outcome: ReviewOutcome<Standing>): Step {
  const { choice } = state;
  if (choice.stage !== 'sending') return stay(state);
  if (!outcome.ok) {
    const { failure } = outcome;
    const again: Choice = { stage: 'reason', verdict: choice.verdict, reason: choice.reason, missing: false };
    if (isOver(failure)) return go({ ...state, choice: UNDECIDED, failure, may: 'over' });
    if (failure.kind === 'evidence-changed') return go({ ...state, choice: UNDECIDED, failure, may: 'reload' });
    return go({ ...state, choice: again, failure, may: failure.kind === 'look-first' ? 'reload' : 'judge' });
  }
  const { verdict, approvals, needed } = outcome.value;
  const notice = verdict === undefined ? ({ about: 'seconding', approvals, needed } as const) : ({ about: 'decided', verdict } as const);
  return list({ ...INITIAL, notice }, undefined);
}

/** Escape undoes one thing at a time: the reason, the verdict, the look at the case. A verdict on its way is not taken back. */
function wentBack(state: State): Step {
  switch (state.at) {
    case 'queue':
      return stay(state);
    case 'opening':
    case 'closed-door':
      return list(INITIAL, undefined);
    case 'looking':
      if (state.choice.stage === 'sending') return stay(state);
      return state.choice.stage === 'reason' ? go({ ...state, choice: UNDECIDED }) : list(INITIAL, undefined);
  }
}

/** Nothing that a reviewer does at this case can count any more. */
function isOver(failure: ReviewFailure): boolean {
  return ['already-reviewed', 'claimed', 'closed', 'own', 'not-found'].includes(failure.kind);
}

function mayJudge(state: State): state is Looking {
  return state.at === 'looking' && state.may === 'judge' && !state.reloading && state.choice.stage !== 'sending';
}

function opening(verificationId: string): Step {
  return { state: { at: 'opening', verificationId }, commands: [{ do: 'open', verificationId }] };
}

function list(state: Queueing, cursor: string | undefined): Step {
  return { state: { ...state, loading: true, failure: undefined }, commands: [{ do: 'list', cursor }] };
}

function go(state: State): Step {
  return { state, commands: [] };
}

function stay(state: State): Step {
  return { state, commands: [] };
}
