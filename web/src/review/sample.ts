// Answers as the API gives them, for the tests of the console: one case of each kind.

import { type Evidence, readEvidence, readWaiting, type Waiting } from './answers.ts';

export const V = 'ver_0123456789abcdef';
export const ETAG = '"evidence-1"';

export const waitingJson = {
  verificationId: V,
  kind: 'decision',
  policy: 'onboarding',
  policyVersion: '2026-11-1',
  since: '2026-11-24T10:00:00Z',
  because: ['confidence_too_low'],
  claim: { by: 'you', until: '2026-11-24T12:10:00Z' },
  approvals: 0,
  needed: 1,
};

export const evidenceJson = {
  verificationId: V,
  subject: 'somebody',
  policy: 'onboarding',
  policyVersion: '2026-11-1',
  status: 'in_review',
  createdAt: '2026-11-24T09:55:00Z',
  thresholds: {
    approveAt: 80,
    reviewFrom: 60,
    challenge: 'FaceMovementAndLightChallenge',
    match: { kind: 'source', similarity: 90, uniqueSimilarity: 95 },
    minimumAge: null,
  },
  sessions: [
    {
      number: 1,
      outcome: 'in_review',
      reasons: ['confidence_too_low'],
      decidedAt: '2026-11-24T10:00:00Z',
      confidence: 71.5,
      challenge: { type: 'FaceMovementAndLightChallenge', version: '1.0.0' },
      feedback: ['LOW_LIGHTING_DETECTED'],
      sourceMatch: { facesInSource: 1, similarity: 93.1 },
      gallery: {},
      images: [
        { kind: 'reference', url: 'http://127.0.0.1:4566/reference', sha256: 'aa', size: 10 },
        { kind: 'audit', sha256: 'bb', size: 10 },
      ],
    },
  ],
  source: { url: 'http://127.0.0.1:4566/source', sha256: 'cc' },
  linksExpireAt: '2026-11-24T12:01:00Z',
  review: { kind: 'decision', since: '2026-11-24T10:00:00Z', because: ['confidence_too_low'], approvals: 0, needed: 1 },
};

export const waiting = (change: Partial<Waiting> = {}): Waiting => ({ ...readWaiting(waitingJson), ...change });
export const evidence = (change: Partial<Evidence> = {}): Evidence => ({ ...readEvidence(evidenceJson, ETAG), ...change });
