// The HTTP API as a reviewer has it: the queue, the hold on a case, its evidence, the verdict.

import { readProblemCode } from '../api/answers.ts';
import { failureOf } from '../api/failure.ts';
import { get, post } from '../api/routes.ts';
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
  return {
    queue: (cursor) => read(get('/reviews', {}, { limit: PAGE, ...(cursor !== undefined && { cursor }) }), ({ body }) => readQueue(body)),
    claim: (id) => read(post('/verifications/{id}/claim', { id }, {}), ({ body }) => readWaiting(body)),
    evidence: (id) => read(get('/verifications/{id}/evidence', { id }), ({ body, etag }) => readEvidence(body, etag)),
    judge: (id, etag, { verdict, reason }) =>
      read({ ...post('/verifications/{id}/review', { id }, { verdict, reason }), headers: { 'if-match': etag } }, ({ body }) =>
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
