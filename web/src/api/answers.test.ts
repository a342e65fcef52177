import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config.ts';
import { clockOffset, readOpened } from './answers.ts';
import { parseRetryAfter } from './failure.ts';

const at = (sentAt: number, receivedAt: number, serverDate?: number) => ({ sentAt, receivedAt, serverDate });

describe('the offset of the clock', () => {
  it.each([
    ['the server is ten minutes ahead', at(0, 200, 600_100), undefined, 600_000],
    ['rounding and travel time do not count', at(0, 400, 1_500), undefined, 0],
    ['the Date header wins over the business clock', at(0, 0, 0), 1_800_000, 0],
    ['without a Date header serverTime has to do', at(1_000, 3_000), 62_000, 60_000],
    ['nothing is known', at(0, 0), undefined, 0],
  ])('%s', (_name, timing, serverTime, offset) => {
    expect(clockOffset(timing, serverTime)).toBe(offset);
  });
});

describe('Retry-After', () => {
  it.each([
    ['5', 5_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 60_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    [null, undefined],
  ])('%s', (header, wait) => {
    expect(parseRetryAfter(header, header?.includes('00:00:00') ? 5_000 : 0)).toBe(wait);
  });
});

describe('an opened verification', () => {
  it('may come without a session, when a create was repeated too late', () => {
    expect(readOpened({ verificationId: 'v', status: 'approved' }, at(0, 0))).toEqual({
      verificationId: 'v',
      status: 'approved',
      session: undefined,
    });
  });

  it.each([
    ['no status', { verificationId: 'v' }],
    ['a status of a later version', { verificationId: 'v', status: 'paused' }],
    ['a session without credentials', { verificationId: 'v', status: 'open', session: { sessionId: 's', region: 'r', challenge: 'c' } }],
    ['a list', []],
    ['nothing', undefined],
  ])('is refused with %s', (_name, body) => {
    expect(() => readOpened(body, at(0, 0))).toThrow(/no usable/);
  });
});

describe('the configuration', () => {
  const local = { mode: 'local', apiBase: '/api/', region: 'us-east-1', streamEndpoint: 'https://localhost:8443' };

  it('is read, without the slash at the end', () => {
    expect(parseConfig(local)).toMatchObject({
      mode: 'local',
      apiBase: '/api',
      streamEndpoint: 'https://localhost:8443',
      policy: undefined,
    });
  });

  it('takes no link that could run a script', () => {
    expect(parseConfig({ ...local, alternativeUrl: 'javascript:alert(1)', returnUrl: '/done' })).toMatchObject({
      alternativeUrl: undefined,
      returnUrl: '/done',
    });
  });

  it('is refused when it names no mode', () => {
    expect(() => parseConfig({ ...local, mode: 'test' })).toThrow(/`mode`/);
  });
});
