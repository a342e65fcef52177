import { describe, expect, it } from 'vitest';
import { SignedOut } from '../identity.ts';
import { createReviewClient, type ReviewFailure } from './client.ts';
import { createReviewRunner } from './runner.ts';
import { ETAG, evidenceJson, V, waitingJson } from './sample.ts';

interface Sent {
  readonly request: string;
  readonly ifMatch: string | null;
  readonly body: unknown;
}

/** A client before a server that answers by route; records what was sent. */
function clientOf(answers: Readonly<Record<string, Response | undefined>>, token = async (): Promise<string> => 'token') {
  const sent: Sent[] = [];
  const client = createReviewClient({
    apiBase: '/api',
    identity: { token },
    fetch: async (url, init) => {
      const request = `${init?.method} ${url}`;
      sent.push({
        request,
        ifMatch: new Headers(init?.headers).get('if-match'),
        body: init?.body ? JSON.parse(String(init.body)) : undefined,
      });
      const answer = answers[request];
      if (answer === undefined) throw new TypeError('nobody answers');
      return answer.clone();
    },
    now: () => 0,
    sleep: async () => undefined,
    isOnline: () => true,
  });
  return { client, sent };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, code: string, more: object = {}): Response => json(status, { status, code, ...more });

const CLAIM = `POST /api/verifications/${V}/claim`;
const EVIDENCE = `GET /api/verifications/${V}/evidence`;
const REVIEW = `POST /api/verifications/${V}/review`;
const LIST = 'GET /api/reviews?limit=25';

describe('the queue', () => {
  it('is asked for page by page', async () => {
    const { client } = clientOf({
      [LIST]: json(200, { reviews: [waitingJson], nextCursor: 'a/b' }),
      [`${LIST}&cursor=a%2Fb`]: json(200, { reviews: [] }),
    });
    const first = await client.queue(undefined);
    expect(first).toMatchObject({ ok: true, value: { reviews: [{ verificationId: V, claim: { by: 'you' } }], nextCursor: 'a/b' } });
    expect(await client.queue('a/b')).toEqual({ ok: true, value: { reviews: [], nextCursor: undefined } });
  });

  it.each([
    ['no list', { reviews: {} }],
    ['a kind that is not known', { reviews: [{ ...waitingJson, kind: 'other' }] }],
    ['a time that is none', { reviews: [{ ...waitingJson, since: 'soon' }] }],
    ['a claim by nobody', { reviews: [{ ...waitingJson, claim: { until: waitingJson.since } }] }],
  ])('is not guessed from %s', async (_name, body) => {
    const { client } = clientOf({ [LIST]: json(200, body) });
    expect(await client.queue(undefined)).toEqual({ ok: false, failure: { kind: 'refused', code: 'malformed_answer' } });
  });
});

describe('the evidence', () => {
  it('comes with the tag that a verdict has to name, and keeps what a later backend adds to itself', async () => {
    const { client } = clientOf({ [EVIDENCE]: json(200, { ...evidenceJson, new: 1 }, { etag: ETAG }) });
    const looked = await client.evidence(V);
    expect(looked).toMatchObject({ ok: true, value: { etag: ETAG, thresholds: { reviewFrom: 60, minimumAge: undefined } } });
    if (looked.ok) expect(looked.value.sessions[0]?.images.map(({ url }) => url)).toEqual(['http://127.0.0.1:4566/reference', undefined]);
  });

  it.each([
    ['its tag', evidenceJson, {}],
    ['thresholds', { ...evidenceJson, thresholds: undefined }, { etag: ETAG }],
    ['a readable session', { ...evidenceJson, sessions: [{ number: 1 }] }, { etag: ETAG }],
  ])('is of no use without %s', async (_name, body, headers) => {
    const { client } = clientOf({ [EVIDENCE]: json(200, body, headers) });
    expect(await client.evidence(V)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  });
});

describe('a verdict', () => {
  it('carries the tag of the evidence and a reason', async () => {
    const review = { ...evidenceJson.review, verdict: 'denied', decidedAt: '2026-11-24T12:00:00Z' };
    const { client, sent } = clientOf({ [REVIEW]: json(200, { verificationId: V, status: 'denied', review }) });
    const judged = await client.judge(V, ETAG, { verdict: 'denied', reason: 'not_live' });
    expect(judged).toMatchObject({ ok: true, value: { verdict: 'denied', approvals: 0 } });
    expect(sent).toEqual([{ request: REVIEW, ifMatch: ETAG, body: { verdict: 'denied', reason: 'not_live' } }]);
  });

  it.each<[Response, ReviewFailure]>([
    [problem(409, 'look_first'), { kind: 'look-first' }],
    [problem(409, 'claimed'), { kind: 'claimed' }],
    [problem(409, 'verification_closed'), { kind: 'closed' }],
    [problem(412, 'evidence_changed'), { kind: 'evidence-changed' }],
    [problem(403, 'own_verification'), { kind: 'own' }],
    [problem(403, 'scope_missing'), { kind: 'not-allowed' }],
    [json(403, { message: 'Forbidden' }), { kind: 'not-allowed' }],
    [problem(404, 'not_found'), { kind: 'not-found' }],
    [problem(422, 'wrong_verdict'), { kind: 'refused', code: 'wrong_verdict' }],
    [problem(428, 'if_match_required'), { kind: 'refused', code: 'if_match_required' }],
    [json(401, { message: 'Unauthorized' }), { kind: 'signed-out' }],
    [
      problem(409, 'already_reviewed', { verdict: 'approved', decidedAt: '1970-01-01T00:00:01Z' }),
      { kind: 'already-reviewed', verdict: 'approved', decidedAt: 1_000 },
    ],
    [problem(409, 'already_reviewed'), { kind: 'already-reviewed', verdict: undefined, decidedAt: undefined }],
  ])('that is refused', async (answer, failure) => {
    const { client } = clientOf({ [REVIEW]: answer });
    expect(await client.judge(V, ETAG, { verdict: 'denied', reason: 'not_live' })).toEqual({ ok: false, failure });
  });

  it('is nobody’s without a sign-in', async () => {
    const { client, sent } = clientOf({}, () => Promise.reject(new SignedOut()));
    expect(await client.queue(undefined)).toEqual({ ok: false, failure: { kind: 'signed-out' } });
    expect(sent).toEqual([]);
  });
});

describe('opening a case', () => {
  const opened = async (answers: Readonly<Record<string, Response>>) => {
    const { client, sent } = clientOf({ [LIST]: json(200, { reviews: [waitingJson] }), ...answers });
    const runner = createReviewRunner(client, () => 0);
    const reached = new Promise<void>((resolve) => {
      runner.subscribe(() => ['looking', 'closed-door'].includes(runner.state().at) && resolve());
    });
    runner.send({ type: 'picked', verificationId: V });
    await reached;
    return { state: runner.state(), requests: sent.map(({ request }) => request) };
  };

  it('takes it before it looks', async () => {
    const { state, requests } = await opened({ [CLAIM]: json(200, waitingJson), [EVIDENCE]: json(200, evidenceJson, { etag: ETAG }) });
    expect(state.at).toBe('looking');
    expect(requests).toEqual([CLAIM, EVIDENCE]);
  });

  it('does not look at what another reviewer has taken', async () => {
    const { state, requests } = await opened({ [CLAIM]: problem(409, 'claimed') });
    expect(state).toEqual({ at: 'closed-door', verificationId: V, failure: { kind: 'claimed' } });
    expect(requests).toEqual([CLAIM]);
  });
});
