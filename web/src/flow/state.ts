// The vocabulary of the flow: where a person can be, what can happen, and what the page then has to do.
// Plain data throughout; `step.ts` holds the rules and `runner.ts` carries the commands out.

import type { Completed, Opened, Session, Verification } from '../api/answers.ts';
import type { Outcome } from '../api/transport.ts';
import type { Remembered } from '../memory.ts';

/** Why the check cannot go on although nobody has failed it. Each has a screen of its own. */
export type Trouble =
  | 'no-camera'
  | 'camera-denied'
  | 'camera-in-use'
  | 'camera-too-slow'
  | 'landscape'
  | 'offline'
  | 'unreachable'
  | 'busy'
  | 'still-running'
  | 'stream-unreachable'
  | 'interrupted'
  | 'detector-failed'
  | 'signed-out'
  | 'refused';

/** Why another try is offered. Only `failed` was judged; the others cost no attempt unless streaming had begun. */
export type RetryReason = 'failed' | 'timed-out' | 'face-not-seen';

/** What there was too much of in a short time: checks that failed, or checks that were begun. */
export type LockReason = 'failed' | 'begun';

export type State =
  | { readonly at: 'loading'; readonly verificationId: string | undefined; readonly begun: boolean }
  | Ready
  | { readonly at: 'opening'; readonly of: Opening; readonly camera: 'asking' | 'ready' }
  | { readonly at: 'checking'; readonly session: Session }
  | { readonly at: 'deciding'; readonly of: Delivered }
  | { readonly at: 'passed' }
  | {
      readonly at: 'retry';
      readonly verificationId: string;
      readonly why: RetryReason;
      readonly tips: readonly string[];
      readonly attemptsLeft: number | undefined;
    }
  | {
      readonly at: 'locked';
      readonly verificationId: string | undefined;
      readonly why: LockReason;
      readonly until: number;
      /** What helps next time, after a check that failed just now. */
      readonly tips: readonly string[];
    }
  | { readonly at: 'alternative'; readonly why: 'chosen' | 'denied' | 'blocked'; readonly back: State | undefined }
  | { readonly at: 'review'; readonly verificationId: string }
  | { readonly at: 'expired' }
  | {
      readonly at: 'trouble';
      readonly trouble: Trouble;
      readonly resume: Resume;
      readonly notBefore: number | undefined;
      readonly code: string | undefined;
    };

export interface Ready {
  readonly at: 'ready';
  /** Present when a verification is already open: after a reload, or because a service opened it. */
  readonly verificationId: string | undefined;
  /** Whether this page has begun with it before. */
  readonly begun: boolean;
  readonly attemptsLeft: number | undefined;
  /** The policy asks for consent, which the person gives by a checkbox. */
  readonly consent: boolean;
}

/** What a session is being opened for: a first one when there is no verification yet. */
export interface Opening {
  readonly verificationId: string | undefined;
  readonly consent: boolean;
}

/** A session whose video is (or may be) with the server. */
export interface Delivered {
  readonly verificationId: string;
  readonly sessionId: string;
  /** Until when asking for a pending result is worth it (ms). */
  readonly deadline: number;
}

/** What "try again" does after a trouble. */
export type Resume =
  | { readonly to: 'look'; readonly verificationId: string }
  | { readonly to: 'open'; readonly of: Opening }
  | { readonly to: 'complete'; readonly of: Delivered };

/** What the detector component reports in `onError`, `onUserCancel` aside. */
export type DetectorError =
  | 'CONNECTION_TIMEOUT'
  | 'TIMEOUT'
  | 'RUNTIME_ERROR'
  | 'SERVER_ERROR'
  | 'CAMERA_FRAMERATE_ERROR'
  | 'CAMERA_ACCESS_ERROR'
  | 'FACE_DISTANCE_ERROR'
  | 'MOBILE_LANDSCAPE_ERROR'
  | 'MULTIPLE_FACES_ERROR'
  | 'DEFAULT_CAMERA_NOT_FOUND_ERROR';

export type CameraTrouble = 'no-camera' | 'camera-denied' | 'camera-in-use' | 'landscape';

export type Event =
  | { readonly type: 'started'; readonly remembered: Remembered }
  | { readonly type: 'looked'; readonly outcome: Outcome<Verification> }
  | { readonly type: 'began'; readonly consent: boolean }
  | { readonly type: 'camera-ready' }
  | { readonly type: 'camera-failed'; readonly trouble: CameraTrouble }
  | { readonly type: 'opened'; readonly outcome: Outcome<Opened> }
  | { readonly type: 'analysed'; readonly sessionId: string }
  | { readonly type: 'detector-failed'; readonly sessionId: string; readonly error: DetectorError; readonly camera: CameraTrouble }
  | { readonly type: 'cancelled'; readonly sessionId: string }
  | { readonly type: 'session-ended'; readonly sessionId: string }
  | { readonly type: 'completed'; readonly sessionId: string; readonly outcome: Outcome<Completed> }
  | { readonly type: 'tried-again' }
  | { readonly type: 'chose-alternative' }
  | { readonly type: 'went-back' }
  | { readonly type: 'started-over' };

export type Command =
  /** Ask for the camera once, before a session's 180 s begin to run. */
  | { readonly do: 'ask-camera' }
  | { readonly do: 'look'; readonly verificationId: string }
  | { readonly do: 'open'; readonly of: Opening }
  | { readonly do: 'complete'; readonly of: Delivered }
  | { readonly do: 'remember'; readonly verificationId: string; readonly sessionId: string | undefined }
  | { readonly do: 'forget' }
  /** Send `session-ended` when the session's life is over. */
  | { readonly do: 'watch-session'; readonly session: Session };

export interface Step {
  readonly state: State;
  readonly commands: readonly Command[];
}
