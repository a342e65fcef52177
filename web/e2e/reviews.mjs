// A backend of reviews, played inside the browser by its own request interception, for the answers that are rare or
// take hours to come by. The page cannot tell; pictures come from the AWS endpoint's address, as they really do.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PORTRAIT = await readFile(join(import.meta.dirname, '..', 'src', 'presenters', 'portrait.jpg'));
const MINUTE = 60_000;

const ago = (minutes) => new Date(Date.now() - minutes * MINUTE).toISOString();
export const ahead = (minutes) => ago(-minutes);

export const problem = (status, code, more = {}) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:prooflight:problem:${code}`, title: 'No', status, code, requestId: 'r', ...more }),
});
const json = (body, headers = {}) => ({ status: 200, contentType: 'application/json', headers, body: JSON.stringify(body) });

/** A case that waits, as the queue shows it. */
export const waiting = (verificationId, change = {}) => ({
  verificationId,
  kind: 'decision',
  policy: 'onboarding',
  policyVersion: '2026-11-1',
  since: ago(134),
  because: ['confidence_too_low'],
  approvals: 0,
  needed: 1,
  ...change,
});

const session = (aws, number, change = {}) => ({
  number,
  outcome: 'in_review',
  reasons: ['confidence_too_low'],
  decidedAt: ago(134),
  confidence: 71.5,
  challenge: { type: 'FaceMovementAndLightChallenge', version: '2.0.0' },
  feedback: ['LOW_LIGHTING_DETECTED'],
  sourceMatch: { facesInSource: 1, similarity: 97.1 },
  gallery: {},
  images: ['reference', 'audit', 'audit', 'audit', 'audit'].map((kind, at) => ({
    kind,
    url: `${aws}/evidence/${number}-${at}.jpg`,
    sha256: `${number}${at}`.padEnd(64, '7a3e'),
    size: PORTRAIT.length,
  })),
  ...change,
});

/** The evidence of a case: one session in review, after one that failed. */
export const evidence = (aws, of, change = {}) => ({
  verificationId: of.verificationId,
  subject: 'visitor-41f0',
  policy: of.policy,
  policyVersion: of.policyVersion,
  status: of.kind === 'quality' ? 'approved' : 'in_review',
  createdAt: ago(137),
  externalReference: 'order-7301',
  thresholds: {
    approveAt: 80,
    reviewFrom: 60,
    challenge: 'FaceMovementAndLightChallenge',
    match: { kind: 'source', similarity: 90, uniqueSimilarity: 95 },
    minimumAge: null,
  },
  sessions: [
    session(aws, 1, { outcome: 'failed', confidence: 31.2, images: [], sourceMatch: undefined, gallery: undefined }),
    session(aws, 2),
  ],
  source: { url: `${aws}/sources/source.jpg`, sha256: 'c0ffee'.padEnd(64, '19') },
  linksExpireAt: ahead(1),
  review: { kind: of.kind, since: of.since, because: of.because, approvals: of.approvals, needed: of.needed },
  ...change,
});

/**
 * Plays the routes of reviews on a page. `cases` wait; `queue`, `claim`, `look` and `judge` are answers that replace the
 * usual ones; `pictures` false lets every link to a picture have run out. Resolves to the verdicts that were sent.
 */
export async function playReviews(page, aws, { cases, queue, claim, look, judge, pictures = true, nextCursor, change = {} }) {
  const open = new Map(cases.map((each) => [each.verificationId, each]));
  const sent = [];
  const idOf = (route) => new URL(route.request().url()).pathname.split('/')[3];
  await page.route(`${aws}/**`, (route) =>
    pictures ? route.fulfill({ status: 200, contentType: 'image/jpeg', body: PORTRAIT }) : route.fulfill({ status: 403 }),
  );
  await page.route('**/api/reviews?*', (route) =>
    route.fulfill(queue ?? json({ reviews: [...open.values()], ...(nextCursor && { nextCursor }) })),
  );
  await page.route('**/api/verifications/*/claim', (route) =>
    route.fulfill(claim ?? json({ ...open.get(idOf(route)), claim: { by: 'you', until: ahead(10) } })),
  );
  await page.route('**/api/verifications/*/evidence', (route) =>
    route.fulfill(look ?? json(evidence(aws, open.get(idOf(route)), change), { etag: '"the-evidence"' })),
  );
  await page.route('**/api/verifications/*/review', (route) => {
    const { verdict, reason } = route.request().postDataJSON();
    sent.push({ verdict, reason, ifMatch: route.request().headers()['if-match'] });
    if (judge !== undefined) return route.fulfill(judge);
    const judged = open.get(idOf(route));
    const { kind, since, because, needed } = judged;
    const approvals = judged.approvals + (verdict === 'approved' ? 1 : 0);
    const final = verdict !== 'approved' || approvals >= needed;
    if (final) open.delete(judged.verificationId);
    else open.set(judged.verificationId, { ...judged, approvals });
    const review = { kind, since, because, approvals, needed, ...(final && { verdict, decidedAt: ago(0) }) };
    return route.fulfill(
      json({ verificationId: judged.verificationId, status: final && kind === 'decision' ? verdict : 'in_review', review }),
    );
  });
  return sent;
}
