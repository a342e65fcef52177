// The HTTP API as a reviewer has it: the queue, the hold on a case, its evidence, the verdict.

import { readProblemCode } from '../api/answers.ts';
import { failureOf } from '../api/failure.ts';
import { type Answer, createTransport, type Outcome, type Surroundings, type Weather } from '../api/transport.ts';
import type { Verdict, VerdictReason, Waiting } from './answers.ts';
import { type Evidence, type Queue, readEvidence, readQueue, readStanding, readWaiting, readWinner, type Standing } from './answers.ts';

export type ReviewFailure =
  | Weather
  /** The token does not allow reviews. */
  | { readonly kind: 'not-allowed' }
  | { readonly kind: 'not-found' }
  /** Another reviewer is at it. */
  | { readonly kind: 'claimed' }
  /** There is nothing to review any more. */
  | { readonly kind: 'closed' }
  /** Nobody reviews himself. */
  | { readonly kind: 'own' }
  /** The evidence is not what was looked at. */
  | { readonly kind: 'evidence-changed' }
  /** The look at the evidence is too long ago. */
  | { readonly kind: 'look-first' }
  /** Somebody else's verdict was first. */
  | { readonly kind: 'already-reviewed'; readonly verdict: Verdict | undefined; readonly decidedAt: number | undefined };

export type ReviewOutcome<Value> = Outcome<Value, ReviewFailure>;

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
}

export interface ReviewClient {
  /** The cases that wait, oldest first; `cursor` carries on where an earlier page ended. */
  queue(cursor: string | undefined): Promise<ReviewOutcome<Queue>>;
  /** Takes a case for ten minutes, or takes it again. */
  claim(verificationId: string): Promise<ReviewOutcome<Waiting>>;
  /** A look, which the backend records. Its links to pictures are good for a minute. */
  evidence(verificationId: string): Promise<ReviewOutcome<Evidence>>;
  /** The verdict on exactly the evidence that `etag` names. */
  judge(verificationId: string, etag: string, judgement: Judgement): Promise<ReviewOutcome<Standing>>;
}

const PAGE = 25;

export function createReviewClient(around: Surroundings): ReviewClient {
  const { read } = createTransport<ReviewFailure>(around, reviewFailureOf);
  const at = (verificationId: string): string => `/verifications/${encodeURIComponent(verificationId)}`;
  return {
    queue: (cursor) => {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor !== undefined && { cursor }) });
      return read({ method: 'GET', path: `/reviews?${query}` }, ({ body }) => readQueue(body));
    },
    claim: (verificationId) => read({ method: 'POST', path: `${at(verificationId)}/claim`, body: {} }, ({ body }) => readWaiting(body)),
    evidence: (verificationId) =>
      read({ method: 'GET', path: `${at(verificationId)}/evidence` }, ({ body, etag }) => readEvidence(body, etag)),
    judge: (verificationId, etag, { verdict, reason }) =>
      read({ method: 'POST', path: `${at(verificationId)}/review`, body: { verdict, reason }, headers: { 'if-match': etag } }, ({ body }) =>
        readStanding(body),
      ),
  };
}

function reviewFailureOf({ status, body, retryAfter }: Answer): ReviewFailure {
  const code = readProblemCode(body);
  switch (code) {
    case 'claimed':
      return { kind: 'claimed' };
    case 'verification_closed':
      return { kind: 'closed' };
    case 'own_verification':
      return { kind: 'own' };
    case 'evidence_changed':
      return { kind: 'evidence-changed' };
    case 'look_first':
      return { kind: 'look-first' };
    case 'already_reviewed':
      return { kind: 'already-reviewed', ...readWinner(body) };
    default:
  }
  const failure = failureOf(status, code, retryAfter);
  switch (failure.kind) {
    case 'offline':
    case 'unreachable':
    case 'busy':
    case 'signed-out':
    case 'not-found':
      return failure;
    default:
      // The gateway refuses a token without the scope, and has no code for it.
      return status === 403 ? { kind: 'not-allowed' } : { kind: 'refused', code: code ?? `http_${status}` };
  }
}
