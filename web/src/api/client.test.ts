import { describe, expect, it } from 'vitest';
import { SignedOut } from '../identity.ts';
import { createClient } from './client.ts';
import type { Surroundings } from './transport.ts';

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Reply = Response | Error;

/** A client on a scripted network and a clock that moves only by sleeping. */
function clientWith(replies: Reply[], change: Partial<Surroundings> = {}) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const renewals: boolean[] = [];
  let now = 0;
  const client = createClient({
    apiBase: '/api',
    identity: {
      token: async (renew) => {
        renewals.push(renew);
        return renew ? 'renewed' : 'token';
      },
    },
    fetch: async (url, init) => {
      sent.push({
        url: String(url),
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: init?.body ? JSON.parse(String(init.body)) : undefined,
      });
      const reply = replies.shift();
      if (reply === undefined) throw new Error('the script has no more replies');
      if (reply instanceof Error) throw reply;
      return reply;
    },
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    isOnline: () => true,
    ...change,
  });
  return { client, sent, slept, renewals };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  json(status, { type: `urn:prooflight:problem:${code}`, title: 'No', status, code, requestId: 'r' }, headers);

const opened = {
  verificationId: 'v1',
  status: 'open',
  policy: 'liveness',
  attemptsLeft: 4,
  serverTime: '2026-11-22T12:00:00Z',
  session: {
    sessionId: 's1',
    region: 'us-east-1',
    challenge: 'FaceMovementChallenge',
    expiresAt: '2026-11-22T12:02:55Z',
    credentials: { accessKeyId: 'k', secretAccessKey: 's', sessionToken: 't', expiration: '2026-11-22T12:15:00Z' },
  },
};
const completed = { verificationId: 'v1', status: 'approved', session: 'passed', nextStep: 'none', tips: [] };
const pending = { ...completed, status: 'open', session: 'pending', nextStep: 'wait' };
const request = { policy: 'bot-check', deviceId: 'd', consentVersion: undefined };

describe('opening', () => {
  it('sends key, token and only what is set, and reads the session', async () => {
    const { client, sent } = clientWith([json(201, opened)]);
    const outcome = await client.open(request, 'key-1');
    expect(sent).toEqual([
      {
        url: '/api/verifications',
        headers: expect.objectContaining({ authorization: 'Bearer token', 'idempotency-key': 'key-1', 'content-type': 'application/json' }),
        body: { policy: 'bot-check', deviceId: 'd' },
      },
    ]);
    expect(outcome).toMatchObject({ ok: true, value: { verificationId: 'v1', session: { sessionId: 's1', endsAt: 175_000 } } });
  });

  it('repeats a lost request with the same key', async () => {
    const { client, sent } = clientWith([
      new TypeError('connection reset'),
      problem(503, 'liveness_unavailable', { 'retry-after': '2' }),
      json(201, opened),
    ]);
    const outcome = await client.open(request, 'key-1');
    expect(outcome.ok).toBe(true);
    expect(sent.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('renews a refused token once', async () => {
    const twice = clientWith([json(401, { message: 'Unauthorized' }), json(401, { message: 'Unauthorized' })]);
    expect(await twice.client.next('v1')).toEqual({ ok: false, failure: { kind: 'signed-out' } });
    expect(twice.renewals).toEqual([false, true]);

    const once = clientWith([json(401, { message: 'Unauthorized' }), json(201, opened)]);
    expect((await once.client.next('v1')).ok).toBe(true);
    expect(once.sent[1]?.headers.authorization).toBe('Bearer renewed');
  });
});

describe('failures', () => {
  it.each([
    ['a lock-out', problem(429, 'locked_out', { 'retry-after': '1800' }), { kind: 'locked', retryAfter: 1_800_000 }],
    ['a rate limit', problem(429, 'rate_limited', { 'retry-after': '180' }), { kind: 'too-often', retryAfter: 180_000 }],
    ['a block', problem(403, 'blocked'), { kind: 'blocked' }],
    ['an erasure that runs', problem(409, 'erasure_in_progress', { 'retry-after': '60' }), { kind: 'busy', retryAfter: 60_000 }],
    ['the gateway throttling', json(429, { message: 'Too Many Requests' }, { 'retry-after': '60' }), { kind: 'busy', retryAfter: 60_000 }],
    ['the gateway refusing', json(403, { message: 'Forbidden' }), { kind: 'refused', code: 'http_403' }],
    ['an unknown route', json(404, { message: 'Not Found' }), { kind: 'not-found' }],
    ['a missing verification', problem(404, 'not_found'), { kind: 'not-found' }],
    ['a decided verification', problem(409, 'verification_closed'), { kind: 'closed' }],
    [
      'a session still running',
      problem(409, 'session_in_progress', { 'retry-after': '90' }),
      { kind: 'still-running', retryAfter: 90_000 },
    ],
    ['missing consent', problem(422, 'consent_required'), { kind: 'consent-required' }],
    ['a key used before', problem(422, 'idempotency_mismatch'), { kind: 'key-reused' }],
    ['an unknown policy', problem(422, 'policy_unknown'), { kind: 'refused', code: 'policy_unknown' }],
    ['an answer without its fields', json(200, { status: 'open' }), { kind: 'refused', code: 'malformed_answer' }],
  ])('%s', async (_name, reply, failure) => {
    const { client, slept } = clientWith([reply]);
    expect(await client.look('v1')).toEqual({ ok: false, failure });
    expect(slept).toEqual([]);
  });

  it('gives up on a dead network after three tries, and says whether the device is online', async () => {
    const dead = (): Reply[] => [1, 2, 3].map(() => new TypeError('Failed to fetch'));
    const { client, sent } = clientWith(dead());
    expect(await client.look('v1')).toEqual({ ok: false, failure: { kind: 'unreachable' } });
    expect(sent).toHaveLength(3);
    const offline = clientWith(dead(), { isOnline: () => false });
    expect(await offline.client.look('v1')).toEqual({ ok: false, failure: { kind: 'offline' } });
  });

  it('waits as long as a short Retry-After says, and understands a page instead of JSON', async () => {
    const busy = (): Response => new Response('<h1>502</h1>', { status: 502, headers: { 'retry-after': '3' } });
    const { client, slept } = clientWith([busy(), busy(), busy()]);
    expect(await client.look('v1')).toEqual({ ok: false, failure: { kind: 'busy', retryAfter: 3_000 } });
    expect(slept).toEqual([3_000, 3_000]);
  });

  it('reports a missing sign-in without asking the API', async () => {
    const { client, sent } = clientWith([], {
      identity: {
        token: async () => {
          throw new SignedOut();
        },
      },
    });
    expect(await client.look('v1')).toEqual({ ok: false, failure: { kind: 'signed-out' } });
    expect(sent).toEqual([]);
  });
});

describe('completing', () => {
  it('asks again at the pace of Retry-After until there is a result', async () => {
    const { client, sent, slept } = clientWith([
      json(202, pending, { 'retry-after': '2' }),
      json(202, pending),
      json(202, pending, { 'retry-after': '600' }),
      json(200, completed),
    ]);
    expect(await client.complete('v1', 's/1', 60_000)).toMatchObject({ ok: true, value: { session: 'passed' } });
    expect(slept).toEqual([2_000, 1_000, 10_000]);
    expect(sent[0]?.url).toBe('/api/verifications/v1/sessions/s%2F1/complete');
  });

  it('stops at the deadline with what it knows', async () => {
    const { client, slept } = clientWith([1, 2, 3].map(() => json(202, pending, { 'retry-after': '1' })));
    expect(await client.complete('v1', 's1', 2_500)).toMatchObject({ ok: true, value: { session: 'pending' } });
    expect(slept).toEqual([1_000, 1_000]);
  });
});
