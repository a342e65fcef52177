// What the API tells a reviewer, read from JSON by hand in this one place: the queue, the evidence, what became of
// a verdict. Names and words are those of the contract, by its types. A field that has to be there and is not is
// noticed here; one that a later backend adds does no harm.

import { STATUSES } from '../api/answers.ts';
import type { components } from '../api/contract.ts';
import {
  type Fields,
  fields,
  instant,
  list,
  number,
  oneOf,
  optional,
  optionalInstant,
  optionalNumber,
  optionalText,
  text,
  texts,
  words,
} from '../json.ts';

type Schemas = components['schemas'];
type Claim = NonNullable<Schemas['QueueEntry']['claim']>;
type Judged = Schemas['SessionEvidence'];
type Part<Name extends keyof Judged> = Fields<NonNullable<Judged[Name]>>;
type Image = Judged['images'][number];
type Page = { readonly reviews: unknown; readonly nextCursor?: unknown };

/** `decision`: the verdict closes what is in review. `quality`: it is approved and stays so, the verdict stands beside it. */
export type Kind = Schemas['ReviewKind'];
const KINDS = words<Kind>({ decision: true, quality: true });

export type Verdict = Schemas['Verdict'];
const VERDICTS = words<Verdict>({ approved: true, denied: true, upheld: true, overturned: true });

export type VerdictReason = Schemas['VerdictReason'];
export const REASONS = words<VerdictReason>({
  same_person: true,
  different_person: true,
  not_live: true,
  live_person: true,
  poor_evidence: true,
  duplicate_person: true,
  suspected_fraud: true,
  confirmed: true,
});

const OUTCOMES = words<Schemas['Outcome']>({ failed: true, denied: true, in_review: true, passed: true });
const IMAGES = words<Image['kind']>({ reference: true, audit: true });
const HOLDERS = words<Claim['by']>({ you: true, another: true });
const MATCHES = words<Match['kind']>({ none: true, source: true, enrolled: true });

/** One case that waits for a person. */
export interface Waiting {
  readonly verificationId: string;
  readonly kind: Kind;
  readonly policy: string;
  readonly policyVersion: string;
  readonly since: number;
  /** Reason codes of the decision. */
  readonly because: readonly string[];
  readonly claim: { readonly by: 'you' | 'another'; readonly until: number } | undefined;
  readonly approvals: number;
  readonly needed: number;
}

export interface Queue {
  readonly reviews: readonly Waiting[];
  readonly nextCursor: string | undefined;
}

export interface Picture {
  readonly kind: 'reference' | 'audit' | 'source';
  /** Absent when the picture is not kept any more. */
  readonly url: string | undefined;
  readonly sha256: string;
}

export interface SessionEvidence {
  readonly number: number;
  readonly outcome: Schemas['Outcome'];
  readonly reasons: readonly string[];
  readonly decidedAt: number;
  readonly confidence: number | undefined;
  readonly challenge: { readonly type: string; readonly version: string | undefined } | undefined;
  readonly feedback: readonly string[];
  readonly sourceMatch: { readonly facesInSource: number; readonly similarity: number | undefined } | undefined;
  readonly gallery: { readonly own: number | undefined; readonly other: number | undefined } | undefined;
  readonly age: { readonly low: number; readonly high: number } | undefined;
  readonly images: readonly Picture[];
}

/** What the policy asks for, as it was when the verification was opened. */
export interface Thresholds {
  readonly approveAt: number;
  readonly reviewFrom: number | undefined;
  readonly challenge: string;
  readonly match: Match;
  readonly minimumAge: number | undefined;
}

export type Match =
  | { readonly kind: 'none' }
  | { readonly kind: 'source'; readonly similarity: number; readonly uniqueSimilarity: number | undefined }
  | { readonly kind: 'enrolled'; readonly similarity: number };

export interface Standing {
  readonly kind: Kind;
  readonly since: number;
  readonly because: readonly string[];
  readonly approvals: number;
  readonly needed: number;
  readonly verdict: Verdict | undefined;
  readonly decidedAt: number | undefined;
}

export interface Evidence {
  readonly verificationId: string;
  readonly subject: string;
  readonly policy: string;
  readonly policyVersion: string;
  readonly status: Schemas['Status'];
  readonly createdAt: number;
  readonly externalReference: string | undefined;
  readonly thresholds: Thresholds;
  readonly sessions: readonly SessionEvidence[];
  readonly source: Picture | undefined;
  readonly review: Standing | undefined;
  /** Names exactly this evidence; a verdict has to carry it. */
  readonly etag: string;
}

export function readQueue(value: unknown): Queue {
  const from = fields<Page>(value);
  return { reviews: list(from, 'reviews', waiting), nextCursor: optionalText(from, 'nextCursor') };
}

export function readWaiting(value: unknown): Waiting {
  return waiting(fields(value));
}

export function readEvidence(value: unknown, etag: string | undefined): Evidence {
  const from = fields<Schemas['Evidence']>(value);
  return {
    verificationId: text(from, 'verificationId'),
    subject: text(from, 'subject'),
    policy: text(from, 'policy'),
    policyVersion: text(from, 'policyVersion'),
    status: oneOf(from, 'status', STATUSES),
    createdAt: instant(from, 'createdAt'),
    externalReference: optionalText(from, 'externalReference'),
    thresholds: thresholds(fields(from.thresholds)),
    sessions: list(from, 'sessions', session),
    source: optional(from, 'source', (source: Fields<NonNullable<Schemas['Evidence']['source']>>) => picture(source, 'source')),
    review: optional(from, 'review', standing),
    // Without it no verdict could be given, and nobody would know before it is refused.
    etag: text({ etag }, 'etag'),
  };
}

export function readStanding(value: unknown): Standing {
  return standing(fields(fields<{ readonly review: unknown }>(value).review));
}

/** The verdict that was first, from the body of `already_reviewed`. */
export function readWinner(value: unknown): { readonly verdict: Verdict | undefined; readonly decidedAt: number | undefined } {
  const from = fields<Schemas['AlreadyReviewed']>(value);
  return { verdict: VERDICTS.find((verdict) => verdict === from.verdict), decidedAt: optionalInstant(from, 'decidedAt') };
}

function waiting(from: Fields<Schemas['QueueEntry']>): Waiting {
  return {
    verificationId: text(from, 'verificationId'),
    kind: oneOf(from, 'kind', KINDS),
    policy: text(from, 'policy'),
    policyVersion: text(from, 'policyVersion'),
    since: instant(from, 'since'),
    because: texts(from, 'because'),
    claim: optional(from, 'claim', (claim: Fields<Claim>) => ({ by: oneOf(claim, 'by', HOLDERS), until: instant(claim, 'until') })),
    approvals: number(from, 'approvals'),
    needed: number(from, 'needed'),
  };
}

function standing(from: Fields<Schemas['ReviewCase']>): Standing {
  return {
    kind: oneOf(from, 'kind', KINDS),
    since: instant(from, 'since'),
    because: texts(from, 'because'),
    approvals: number(from, 'approvals'),
    needed: number(from, 'needed'),
    verdict: from.verdict === undefined || from.verdict === null ? undefined : oneOf(from, 'verdict', VERDICTS),
    decidedAt: optionalInstant(from, 'decidedAt'),
  };
}

function thresholds(from: Fields<Schemas['Evidence']['thresholds']>): Thresholds {
  return {
    approveAt: number(from, 'approveAt'),
    reviewFrom: optionalNumber(from, 'reviewFrom'),
    challenge: text(from, 'challenge'),
    match: match(fields(from.match)),
    minimumAge: optionalNumber(from, 'minimumAge'),
  };
}

function match(from: Fields): Match {
  const kind = oneOf(from, 'kind', MATCHES);
  switch (kind) {
    case 'none':
      return { kind };
    case 'source':
      return { kind, similarity: number(from, 'similarity'), uniqueSimilarity: optionalNumber(from, 'uniqueSimilarity') };
    case 'enrolled':
      return { kind, similarity: number(from, 'similarity') };
  }
}

function session(from: Fields<Judged>): SessionEvidence {
  return {
    number: number(from, 'number'),
    outcome: oneOf(from, 'outcome', OUTCOMES),
    reasons: texts(from, 'reasons'),
    decidedAt: instant(from, 'decidedAt'),
    confidence: optionalNumber(from, 'confidence'),
    challenge: optional(from, 'challenge', (challenge: Part<'challenge'>) => ({
      type: text(challenge, 'type'),
      version: optionalText(challenge, 'version'),
    })),
    feedback: texts(from, 'feedback'),
    sourceMatch: optional(from, 'sourceMatch', (found: Part<'sourceMatch'>) => ({
      facesInSource: number(found, 'facesInSource'),
      similarity: optionalNumber(found, 'similarity'),
    })),
    gallery: optional(from, 'gallery', (found: Part<'gallery'>) => ({
      own: optionalNumber(found, 'own'),
      other: optionalNumber(found, 'other'),
    })),
    age: optional(from, 'age', (range: Part<'age'>) => ({ low: number(range, 'low'), high: number(range, 'high') })),
    images: list(from, 'images', (image: Fields<Image>) => picture(image, oneOf(image, 'kind', IMAGES))),
  };
}

function picture(from: Fields<Pick<Image, 'url' | 'sha256'>>, kind: Picture['kind']): Picture {
  return { kind, url: optionalText(from, 'url'), sha256: text(from, 'sha256') };
}
