// The answers of the HTTP API, read from JSON by hand in this one place. Names and words are those of the contract
// (`infra/openapi.yaml`), by its types; times become milliseconds of this computer's clock.

import { fields, oneOf, optionalInstant, optionalNumber, optionalText, text, texts, words } from '../json.ts';
import type { components } from './contract.ts';

type Schemas = components['schemas'];
type Issued = Schemas['IssuedVerification']['session'];
type EndedOrPending = Schemas['EndedSession'] | Schemas['PendingSession'];

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** One Rekognition session: good for one check, dead 180 s after it was made. */
export interface Session {
  readonly verificationId: string;
  readonly sessionId: string;
  readonly region: string;
  /** Rekognition's type string; the light challenge shows colours, the movement challenge does not. */
  readonly challenge: string;
  /** When the session dies, on this computer's clock (ms). */
  readonly endsAt: number;
  readonly credentials: Credentials;
  /** What to add to this computer's clock to get the server's (ms): signatures are refused when they are minutes off. */
  readonly clockOffset: number;
}

export interface Opened {
  readonly verificationId: string;
  readonly status: Status;
  /** Absent when a create was repeated after its session had died. */
  readonly session: Session | undefined;
}

export type Status = Schemas['Status'];
export const STATUSES = words<Status>({ open: true, approved: true, denied: true, in_review: true, expired: true });
export type NextStep = Schemas['NextStep'];
const STEPS = words<NextStep>({ none: true, retry: true, alternative: true, wait: true });
const ENDS = words<EndedOrPending['session']>({ passed: true, failed: true, in_review: true, lapsed: true, pending: true });

export interface Completed {
  readonly status: Status;
  readonly session: EndedOrPending['session'];
  readonly nextStep: NextStep;
  readonly attemptsLeft: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Coaching codes, for example `MORE_LIGHT`. */
  readonly tips: readonly string[];
}

export interface Verification {
  readonly verificationId: string;
  readonly status: Status;
  readonly nextStep: NextStep;
  readonly attemptsLeft: number | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** When an answer was asked for and came, on this computer's clock, and the server's own `Date` if it is readable. */
export interface Timing {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly serverDate: number | undefined;
}

const SESSION_LIFE = 180_000;
// `Date` has whole seconds; a smaller offset than this is only rounding and travel time.
const SMALLEST_OFFSET = 2_000;

export function readOpened(value: unknown, timing: Timing): Opened {
  const from = fields<Schemas['IssuedVerification']>(value);
  const verificationId = text(from, 'verificationId');
  const status = oneOf(from, 'status', STATUSES);
  if (from.session === undefined || from.session === null) return { verificationId, status, session: undefined };

  const session = fields<Issued>(from.session);
  const credentials = fields<Issued['credentials']>(session.credentials);
  const serverTime = optionalInstant(from, 'serverTime');
  const expiresAt = optionalInstant(session, 'expiresAt');
  const life = serverTime === undefined || expiresAt === undefined ? SESSION_LIFE : expiresAt - serverTime;
  return {
    verificationId,
    status,
    session: {
      verificationId,
      sessionId: text(session, 'sessionId'),
      region: text(session, 'region'),
      challenge: text(session, 'challenge'),
      endsAt: timing.receivedAt + Math.max(0, life),
      clockOffset: clockOffset(timing, serverTime),
      credentials: {
        accessKeyId: text(credentials, 'accessKeyId'),
        secretAccessKey: text(credentials, 'secretAccessKey'),
        sessionToken: text(credentials, 'sessionToken'),
        expiration: new Date(optionalInstant(credentials, 'expiration') ?? timing.receivedAt + 2 * SESSION_LIFE),
      },
    },
  };
}

/**
 * How far the server's clock is ahead. `Date` is preferred: it is the wall time that signatures are checked
 * against, while `serverTime` follows the business clock, which local mode can move.
 */
export function clockOffset(timing: Timing, serverTime: number | undefined): number {
  const server = timing.serverDate ?? serverTime;
  if (server === undefined) return 0;
  const offset = Math.round(server - (timing.sentAt + timing.receivedAt) / 2);
  return Math.abs(offset) < SMALLEST_OFFSET ? 0 : offset;
}

export function readCompleted(value: unknown): Completed {
  const from = fields<EndedOrPending>(value);
  return {
    status: oneOf(from, 'status', STATUSES),
    session: oneOf(from, 'session', ENDS),
    nextStep: oneOf(from, 'nextStep', STEPS),
    attemptsLeft: optionalNumber(from, 'attemptsLeft'),
    retryAfterSeconds: optionalNumber(from, 'retryAfterSeconds'),
    tips: texts(from, 'tips'),
  };
}

export function readVerification(value: unknown): Verification {
  const from = fields<Schemas['OwnVerification']>(value);
  return {
    verificationId: text(from, 'verificationId'),
    status: oneOf(from, 'status', STATUSES),
    nextStep: oneOf(from, 'nextStep', STEPS),
    attemptsLeft: optionalNumber(from, 'attemptsLeft'),
    retryAfterSeconds: optionalNumber(from, 'retryAfterSeconds'),
  };
}

/** The `code` of a problem+json body; undefined for the gateway's own `{"message": ...}` bodies. */
export function readProblemCode(value: unknown): string | undefined {
  return optionalText(fields<Schemas['Problem']>(value), 'code');
}
