// What the API tells a reviewer, read from JSON by hand in this one place: the queue, the evidence, what became of
// a verdict. A field that has to be there and is not is noticed here; one that a later backend adds does no harm.

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
} from '../json.ts';

const KINDS = ['decision', 'quality'] as const;
/** `decision`: the verdict closes what is in review. `quality`: it is approved and stays so, the verdict stands beside it. */
export type Kind = (typeof KINDS)[number];

const VERDICTS = ['approved', 'denied', 'upheld', 'overturned'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The closed list of reasons, as the API spells them. */
export const REASONS = [
  'same_person',
  'different_person',
  'not_live',
  'live_person',
  'poor_evidence',
  'duplicate_person',
  'suspected_fraud',
  'confirmed',
] as const;
export type VerdictReason = (typeof REASONS)[number];

const STATUSES = ['open', 'approved', 'denied', 'in_review', 'expired'] as const;

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
  readonly outcome: 'failed' | 'denied' | 'in_review' | 'passed';
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
  readonly status: (typeof STATUSES)[number];
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
  const from = fields(value);
  return { reviews: list(from, 'reviews', waiting), nextCursor: optionalText(from, 'nextCursor') };
}

export function readWaiting(value: unknown): Waiting {
  return waiting(fields(value));
}

export function readEvidence(value: unknown, etag: string | undefined): Evidence {
  const from = fields(value);
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
    source: optional(from, 'source', (source) => picture(source, 'source')),
    review: optional(from, 'review', standing),
    // Without it no verdict could be given, and nobody would know before it is refused.
    etag: text({ etag }, 'etag'),
  };
}

export function readStanding(value: unknown): Standing {
  return standing(fields(fields(value).review));
}

/** The verdict that was first, from the body of `already_reviewed`. */
export function readWinner(value: unknown): { readonly verdict: Verdict | undefined; readonly decidedAt: number | undefined } {
  const from = fields(value);
  return { verdict: VERDICTS.find((verdict) => verdict === from.verdict), decidedAt: optionalInstant(from, 'decidedAt') };
}

function waiting(from: Fields): Waiting {
  return {
    verificationId: text(from, 'verificationId'),
    kind: oneOf(from, 'kind', KINDS),
    policy: text(from, 'policy'),
    policyVersion: text(from, 'policyVersion'),
    since: instant(from, 'since'),
    because: texts(from, 'because'),
    claim: optional(from, 'claim', (claim) => ({ by: oneOf(claim, 'by', ['you', 'another']), until: instant(claim, 'until') })),
    approvals: number(from, 'approvals'),
    needed: number(from, 'needed'),
  };
}

function standing(from: Fields): Standing {
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

function thresholds(from: Fields): Thresholds {
  return {
    approveAt: number(from, 'approveAt'),
    reviewFrom: optionalNumber(from, 'reviewFrom'),
    challenge: text(from, 'challenge'),
    match: match(fields(from.match)),
    minimumAge: optionalNumber(from, 'minimumAge'),
  };
}

function match(from: Fields): Match {
  const kind = oneOf(from, 'kind', ['none', 'source', 'enrolled']);
  switch (kind) {
    case 'none':
      return { kind };
    case 'source':
      return { kind, similarity: number(from, 'similarity'), uniqueSimilarity: optionalNumber(from, 'uniqueSimilarity') };
    case 'enrolled':
      return { kind, similarity: number(from, 'similarity') };
  }
}

function session(from: Fields): SessionEvidence {
  return {
    number: number(from, 'number'),
    outcome: oneOf(from, 'outcome', ['failed', 'denied', 'in_review', 'passed']),
    reasons: texts(from, 'reasons'),
    decidedAt: instant(from, 'decidedAt'),
    confidence: optionalNumber(from, 'confidence'),
    challenge: optional(from, 'challenge', (challenge) => ({ type: text(challenge, 'type'), version: optionalText(challenge, 'version') })),
    feedback: texts(from, 'feedback'),
    sourceMatch: optional(from, 'sourceMatch', (found) => ({
      facesInSource: number(found, 'facesInSource'),
      similarity: optionalNumber(found, 'similarity'),
    })),
    gallery: optional(from, 'gallery', (found) => ({ own: optionalNumber(found, 'own'), other: optionalNumber(found, 'other') })),
    age: optional(from, 'age', (range) => ({ low: number(range, 'low'), high: number(range, 'high') })),
    images: list(from, 'images', (image) => picture(image, oneOf(image, 'kind', ['reference', 'audit']))),
  };
}

function picture(from: Fields, kind: Picture['kind']): Picture {
  return { kind, url: optionalText(from, 'url'), sha256: text(from, 'sha256') };
}
