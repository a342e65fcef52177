// The rules of the flow: `step(state, event, now)` is total and touches nothing. An event that does not
// belong to the state it meets (a late answer, a second callback of an unmounted detector) changes nothing.

import type { Completed, Opened, Verification } from '../api/answers.ts';
import type { Failure } from '../api/failure.ts';
import type { Outcome } from '../api/transport.ts';
import type { Remembered } from '../memory.ts';
import type { CameraTrouble, Delivered, DetectorError, Event, LockReason, Opening, Resume, State, Step, Trouble } from './state.ts';

export const INITIAL: State = { at: 'loading', verificationId: undefined, begun: false };

/** Rekognition forgets a session 180 s after its creation; the backend lapses it at 185 s. A little later all is known. */
const DECISION_GRACE = 20_000;

export function step(state: State, event: Event, now: number): Step {
  switch (event.type) {
    case 'started':
      return state === INITIAL ? started(event.remembered, now) : stay(state);
    case 'looked':
      return state.at === 'loading' && state.verificationId !== undefined
        ? looked(state.verificationId, state.begun, event.outcome, now)
        : stay(state);
    case 'began':
      return state.at === 'ready' ? opening({ verificationId: state.verificationId, consent: event.consent }) : stay(state);
    case 'camera-ready':
      if (state.at !== 'opening' || state.camera === 'ready') return stay(state);
      return { state: { ...state, camera: 'ready' }, commands: [{ do: 'open', of: state.of }] };
    case 'camera-failed':
      if (state.at !== 'opening' || state.camera === 'ready') return stay(state);
      return go(trouble(event.trouble, { to: 'open', of: state.of }));
    case 'opened':
      return state.at === 'opening' && state.camera === 'ready' ? opened(state.of, event.outcome, now) : stay(state);
    case 'analysed':
    case 'session-ended':
      // A session that ends under the detector may have been delivered in its last second: the server knows.
      return state.at === 'checking' && state.session.sessionId === event.sessionId ? deciding(delivered(state.session)) : stay(state);
    case 'detector-failed':
      if (state.at !== 'checking' || state.session.sessionId !== event.sessionId) return stay(state);
      return go(afterDetectorError(state.session.verificationId, event.error, event.camera));
    case 'cancelled':
      if (state.at !== 'checking' || state.session.sessionId !== event.sessionId) return stay(state);
      return go(ready(state.session.verificationId));
    case 'completed':
      return state.at === 'deciding' && state.of.sessionId === event.sessionId ? completed(state.of, event.outcome, now) : stay(state);
    case 'tried-again':
      return triedAgain(state, now);
    case 'chose-alternative': {
      const back = backFrom(state);
      return back === undefined ? stay(state) : go({ at: 'alternative', why: 'chosen', back });
    }
    case 'went-back':
      return state.at === 'alternative' && state.back !== undefined ? go(state.back) : stay(state);
    case 'started-over':
      return { state: ready(undefined), commands: [{ do: 'forget' }] };
  }
}

function started(remembered: Remembered, now: number): Step {
  const { verificationId, sessionId, begun = false } = remembered;
  if (verificationId === undefined) return go(ready(undefined));
  // The page was reloaded while a result was awaited: ask for that result, its tips included.
  if (sessionId !== undefined) return deciding({ verificationId, sessionId, deadline: now + DECISION_GRACE });
  return look(verificationId, begun);
}

function looked(verificationId: string, begun: boolean, outcome: Outcome<Verification>, now: number): Step {
  if (!outcome.ok) {
    if (outcome.failure.kind === 'not-found') return { state: ready(undefined), commands: [{ do: 'forget' }] };
    return failed(outcome.failure, { to: 'look', verificationId }, verificationId, now);
  }
  const { status, attemptsLeft, retryAfterSeconds } = outcome.value;
  if (status !== 'open') return go(closed(status, verificationId));
  if (mustWait(retryAfterSeconds)) return go(locked(verificationId, 'failed', retryAfterSeconds * 1_000, now));
  return go({ ...ready(verificationId), begun, attemptsLeft });
}

function opened(of: Opening, outcome: Outcome<Opened>, now: number): Step {
  if (!outcome.ok) {
    const { failure } = outcome;
    if (failure.kind === 'consent-required') return go({ ...ready(of.verificationId), consent: true });
    if (failure.kind === 'closed' && of.verificationId !== undefined) return look(of.verificationId);
    if (failure.kind === 'not-found') return { state: { at: 'expired' }, commands: [{ do: 'forget' }] };
    return failed(failure, { to: 'open', of }, of.verificationId, now);
  }
  const { verificationId, status, session } = outcome.value;
  const noted = { do: 'remember', verificationId, sessionId: undefined } as const;
  if (status !== 'open') return { state: closed(status, verificationId), commands: [noted] };
  // A repeated create whose session has died answers without one: the next session is asked for by itself.
  if (session === undefined) {
    const next = { verificationId, consent: of.consent };
    return { state: { at: 'opening', of: next, camera: 'ready' }, commands: [noted, { do: 'open', of: next }] };
  }
  return { state: { at: 'checking', session }, commands: [noted, { do: 'watch-session', session }] };
}

function completed(of: Delivered, outcome: Outcome<Completed>, now: number): Step {
  if (!outcome.ok) {
    if (outcome.failure.kind === 'closed' || outcome.failure.kind === 'not-found') return look(of.verificationId);
    return failed(outcome.failure, { to: 'complete', of }, of.verificationId, now);
  }
  const noted = { do: 'remember', verificationId: of.verificationId, sessionId: undefined } as const;
  return { state: afterCompletion(of.verificationId, outcome.value, now), commands: [noted] };
}

function afterCompletion(verificationId: string, answer: Completed, now: number): State {
  if (answer.status !== 'open') return closed(answer.status, verificationId);
  if (answer.nextStep === 'alternative') return { at: 'alternative', why: 'denied', back: undefined };
  if (mustWait(answer.retryAfterSeconds)) {
    return locked(verificationId, 'failed', answer.retryAfterSeconds * 1_000, now, answer.tips);
  }
  const why = answer.session === 'failed' ? 'failed' : 'timed-out';
  return { at: 'retry', verificationId, why, tips: answer.tips, attemptsLeft: answer.attemptsLeft };
}

function triedAgain(state: State, now: number): Step {
  switch (state.at) {
    case 'retry':
      return opening({ verificationId: state.verificationId, consent: false });
    case 'locked':
      if (now < state.until) return stay(state);
      return state.verificationId === undefined ? go(ready(undefined)) : look(state.verificationId);
    case 'review':
      return look(state.verificationId);
    case 'expired':
      return { state: ready(undefined), commands: [{ do: 'forget' }] };
    case 'trouble':
      return state.notBefore !== undefined && now < state.notBefore ? stay(state) : resumed(state.resume);
    default:
      return stay(state);
  }
}

function resumed(resume: Resume): Step {
  switch (resume.to) {
    case 'look':
      return look(resume.verificationId);
    case 'open':
      return opening(resume.of);
    case 'complete':
      return deciding(resume.of);
  }
}

function afterDetectorError(verificationId: string, error: DetectorError, camera: CameraTrouble): State {
  const resume: Resume = { to: 'open', of: { verificationId, consent: false } };
  switch (error) {
    case 'TIMEOUT':
    case 'FACE_DISTANCE_ERROR':
    case 'MULTIPLE_FACES_ERROR':
      return { at: 'retry', verificationId, why: 'face-not-seen', tips: [], attemptsLeft: undefined };
    case 'CONNECTION_TIMEOUT':
      return trouble('stream-unreachable', resume);
    case 'SERVER_ERROR':
      return trouble('interrupted', resume);
    case 'RUNTIME_ERROR':
      return trouble('detector-failed', resume);
    case 'CAMERA_FRAMERATE_ERROR':
      return trouble('camera-too-slow', resume);
    case 'CAMERA_ACCESS_ERROR':
      return trouble(camera, resume);
    case 'DEFAULT_CAMERA_NOT_FOUND_ERROR':
      return trouble('no-camera', resume);
    case 'MOBILE_LANDSCAPE_ERROR':
      return trouble('landscape', resume);
  }
}

function failed(failure: Failure, resume: Resume, verificationId: string | undefined, now: number): Step {
  switch (failure.kind) {
    case 'locked':
      return go(locked(verificationId, 'failed', failure.retryAfter, now));
    case 'too-often':
      return go(locked(verificationId, 'begun', failure.retryAfter, now));
    case 'blocked':
      return go({ at: 'alternative', why: 'blocked', back: undefined });
    case 'busy':
    case 'still-running':
      return go({ ...trouble(failure.kind, resume), notBefore: now + failure.retryAfter });
    case 'offline':
    case 'unreachable':
    case 'signed-out':
      return go(trouble(failure.kind, resume));
    case 'refused':
      return go({ ...trouble('refused', resume), code: failure.code });
    // Each of these has its own meaning only where it was looked at before; elsewhere it is a refusal.
    case 'not-found':
    case 'closed':
    case 'consent-required':
    case 'key-reused':
      return go({ ...trouble('refused', resume), code: failure.kind });
  }
}

function closed(status: 'approved' | 'denied' | 'in_review' | 'expired', verificationId: string): State {
  switch (status) {
    case 'approved':
      return { at: 'passed' };
    case 'denied':
      return { at: 'alternative', why: 'denied', back: undefined };
    case 'in_review':
      return { at: 'review', verificationId };
    case 'expired':
      return { at: 'expired' };
  }
}

/** Where one comes back to from the other way: never to a camera that has been left. Undefined where it is not offered. */
function backFrom(state: State): State | undefined {
  switch (state.at) {
    case 'ready':
    case 'retry':
    case 'locked':
    case 'expired':
    case 'trouble':
      return state;
    default:
      return undefined;
  }
}

function opening(of: Opening): Step {
  return { state: { at: 'opening', of, camera: 'asking' }, commands: [{ do: 'ask-camera' }] };
}

function look(verificationId: string, begun = true): Step {
  return { state: { at: 'loading', verificationId, begun }, commands: [{ do: 'look', verificationId }] };
}

function deciding(of: Delivered): Step {
  return {
    state: { at: 'deciding', of },
    commands: [
      { do: 'remember', verificationId: of.verificationId, sessionId: of.sessionId },
      { do: 'complete', of },
    ],
  };
}

function delivered(session: { verificationId: string; sessionId: string; endsAt: number }): Delivered {
  return { verificationId: session.verificationId, sessionId: session.sessionId, deadline: session.endsAt + DECISION_GRACE };
}

function ready(verificationId: string | undefined): State & { at: 'ready' } {
  return { at: 'ready', verificationId, begun: verificationId !== undefined, attemptsLeft: undefined, consent: false };
}

function locked(verificationId: string | undefined, why: LockReason, wait: number, now: number, tips: readonly string[] = []): State {
  return { at: 'locked', verificationId, why, until: now + wait, tips };
}

function mustWait(seconds: number | undefined): seconds is number {
  return seconds !== undefined && seconds > 0;
}

function trouble(kind: Trouble, resume: Resume): State & { at: 'trouble' } {
  return { at: 'trouble', trouble: kind, resume, notBefore: undefined, code: undefined };
}

function go(state: State): Step {
  return { state, commands: [] };
}

function stay(state: State): Step {
  return { state, commands: [] };
}
