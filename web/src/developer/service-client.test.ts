import { describe, expect, it } from 'vitest';
import { createService, type Order } from './service-client.ts';

interface Sent {
  readonly request: string;
  readonly scope: string | undefined;
  readonly body: unknown;
}

/** A service before a backend that answers by route; `/dev/token` hands out its scope as the token. */
function serviceBefore(answers: Readonly<Record<string, Response>>) {
  const sent: Sent[] = [];
  const service = createService({
    apiBase: '/api',
    fetch: async (url, init) => {
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : init?.body;
      if (url === '/dev/token') return json(200, { token: body.scope });
      const request = `${init?.method} ${url}`;
      sent.push({ request, scope: new Headers(init?.headers).get('authorization')?.slice('Bearer '.length), body });
      const answer = answers[request];
      if (answer === undefined) throw new TypeError('nobody answers');
      return answer.clone();
    },
    now: () => 0,
    sleep: async () => undefined,
    isOnline: () => true,
  });
  return { service, sent };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });

const verification = {
  verificationId: 'ver_1',
  subject: 'a/b',
  policy: 'onboarding',
  status: 'open',
  nextStep: 'retry',
  attemptsLeft: 4,
  sessions: [
    { number: 1, state: 'decided', outcome: 'failed' },
    { number: 2, state: 'issued' },
  ],
};
const OPEN = 'POST /api/subjects/a%2Fb/verifications';
const S3 = 'http://127.0.0.1:4566/bucket';
const upload = { url: S3, fields: { key: 'sources/1', policy: 'p' }, expiresAt: '2026-11-24T12:00:00Z' };
const order: Order = { subject: 'a/b', policy: 'onboarding', consentVersion: '2026-11', source: undefined };
const picture = new Blob(['bytes'], { type: 'image/png' });

describe('a relying service', () => {
  it('opens with consent and without a picture', async () => {
    const { service, sent } = serviceBefore({ [OPEN]: json(201, verification) });
    const opened = await service.open(order);
    expect(opened).toMatchObject({ ok: true, value: { verificationId: 'ver_1', sessions: ['1 failed', '2 issued'] } });
    expect(sent).toEqual([{ request: OPEN, scope: 'open read', body: { policy: 'onboarding', consent: { version: '2026-11' } } }]);
  });

  it('uploads the picture with every field of the form before the file', async () => {
    const { service, sent } = serviceBefore({
      [OPEN]: json(201, { ...verification, sourceUpload: upload }),
      [`POST ${S3}`]: new Response(null, { status: 204 }),
    });
    expect(await service.open({ ...order, source: picture })).toMatchObject({ ok: true });
    expect(sent.map(({ request }) => request)).toEqual([OPEN, `POST ${S3}`]);
    expect(sent[0]?.body).toMatchObject({ source: { contentType: 'image/png' } });
    const form = sent[1]?.body;
    expect(form instanceof FormData ? [...form.keys()] : form).toEqual(['key', 'policy', 'file']);
    expect(sent[1]?.scope, 'no token of ours goes to S3').toBeUndefined();
  });

  it('says when the picture could not be sent', async () => {
    const { service } = serviceBefore({ [OPEN]: json(201, { ...verification, sourceUpload: upload }) });
    expect(await service.open({ ...order, source: picture })).toEqual({ ok: false, failure: { kind: 'not-uploaded' } });
  });

  it('hands on why it was refused', async () => {
    const { service } = serviceBefore({ [OPEN]: json(422, { code: 'not_enrolled' }) });
    expect(await service.open(order)).toEqual({ ok: false, failure: { kind: 'refused', code: 'not_enrolled' } });
  });

  it('erases with a token for that alone, and follows the address that it is given', async () => {
    const { service, sent } = serviceBefore({
      'POST /api/erasures': json(202, {}, { location: 'erasures/era_1' }),
      'GET /api/erasures/era_1': json(200, { erasureId: 'era_1', state: 'sweeping' }),
    });
    expect(await service.erase('a/b')).toEqual({ ok: true, value: 'era_1' });
    expect(await service.erasure('era_1')).toEqual({ ok: true, value: 'sweeping' });
    expect(new Set(sent.map(({ scope }) => scope))).toEqual(new Set(['erase']));
  });
});
