// The vocabulary of the console: where a reviewer can be, what can happen, and what then has to be done. Plain data
// throughout; `step.ts` holds the rules and `runner.ts` carries the commands out.

import type { Evidence, Kind, Queue, Standing, Verdict, VerdictReason, Waiting } from './answers.ts';
import type { Judgement, ReviewFailure, ReviewOutcome } from './client.ts';

export type State =
  /** The queue. Until its first page is there, `reviews` is undefined. */
  | Queueing
  /** A case is being taken and its evidence fetched. */
  | { readonly at: 'opening'; readonly verificationId: string }
  /** A case that could not be opened. */
  | { readonly at: 'closed-door'; readonly verificationId: string; readonly failure: ReviewFailure }
  | Looking;

export interface Queueing {
  readonly at: 'queue';
  readonly reviews: readonly Waiting[] | undefined;
  readonly nextCursor: string | undefined;
  readonly loading: boolean;
  readonly failure: ReviewFailure | undefined;
  /** What became of the case that was just left. */
  readonly notice: Notice | undefined;
}

export type Notice =
  | { readonly about: 'decided'; readonly verdict: Verdict }
  /** An approval that waits for a second reviewer's. */
  | { readonly about: 'seconding'; readonly approvals: number; readonly needed: number };

export interface Looking {
  readonly at: 'looking';
  readonly waiting: Waiting;
  readonly evidence: Evidence;
  /** When the evidence came, on this computer's clock (ms). */
  readonly lookedAt: number;
  readonly choice: Choice;
  /** Why the last verdict was not taken, or the last reload did not come. */
  readonly failure: ReviewFailure | undefined;
  /** The evidence is being fetched again. */
  readonly reloading: boolean;
  /** What a verdict may still do: `judge`; nothing before the evidence was `reload`ed; nothing at all, it is `over`. */
  readonly may: 'judge' | 'reload' | 'over';
}

export type Choice =
  | { readonly stage: 'verdict' }
  | { readonly stage: 'reason'; readonly verdict: Verdict; readonly reason: VerdictReason | undefined; readonly missing: boolean }
  | { readonly stage: 'sending'; readonly verdict: Verdict; readonly reason: VerdictReason };

export type Event =
  | { readonly type: 'asked-for-queue' }
  | { readonly type: 'asked-for-more' }
  | { readonly type: 'listed'; readonly cursor: string | undefined; readonly outcome: ReviewOutcome<Queue> }
  | { readonly type: 'picked'; readonly verificationId: string }
  | { readonly type: 'opened'; readonly verificationId: string; readonly outcome: ReviewOutcome<Opened> }
  | { readonly type: 'looked-again' }
  | { readonly type: 'chose-verdict'; readonly verdict: Verdict }
  | { readonly type: 'chose-reason'; readonly reason: VerdictReason }
  | { readonly type: 'confirmed' }
  | { readonly type: 'judged'; readonly verificationId: string; readonly outcome: ReviewOutcome<Standing> }
  | { readonly type: 'went-back' };

/** A case that was taken, with a fresh look at it. */
export interface Opened {
  readonly waiting: Waiting;
  readonly evidence: Evidence;
}

export type Command =
  | { readonly do: 'list'; readonly cursor: string | undefined }
  /** Take the case, then look at its evidence. */
  | { readonly do: 'open'; readonly verificationId: string }
  | { readonly do: 'judge'; readonly verificationId: string; readonly etag: string; readonly judgement: Judgement };

export interface Step {
  readonly state: State;
  readonly commands: readonly Command[];
}

/** The verdicts that answer the question of a case, and the reasons that can stand for each, in the order of their keys. */
export const VERDICTS_OF: Readonly<Record<Kind, readonly Verdict[]>> = {
  decision: ['approved', 'denied'],
  quality: ['upheld', 'overturned'],
};

const AGAINST = ['different_person', 'not_live', 'poor_evidence', 'duplicate_person', 'suspected_fraud'] as const;
export const REASONS_OF: Readonly<Record<Verdict, readonly VerdictReason[]>> = {
  approved: ['same_person', 'live_person'],
  denied: AGAINST,
  upheld: ['confirmed', 'same_person', 'live_person'],
  overturned: AGAINST,
};
