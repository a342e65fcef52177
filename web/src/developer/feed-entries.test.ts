import { describe, expect, it } from 'vitest';
import { EMPTY_FEED, entryTime, type Feed, type FeedInput, feedAfter, MOST_ENTRIES, readEntry } from './feed-entries.ts';

const AT = '2026-11-03T12:00:05Z';
const VERIFICATION = 'ver_0123456789abcdef0123456789abcdef';

function event(detailType: string, detail: object = {}): string {
  const told = { policy: 'liveness', verificationId: VERIFICATION, ...detail };
  return JSON.stringify({ kind: 'event', at: AT, what: { id: 'e1', detailType, detail: told } });
}

function answer(told: object, refused: string | null = null): string {
  return JSON.stringify({ kind: 'answer', at: AT, what: { operation: 'SendTask', taskToken: '…12345678', told, refused } });
}

const told = (id: string, data = event('VerificationOpened')): FeedInput => ({ type: 'told', id, data });
const feedOf = (...inputs: FeedInput[]): Feed => inputs.reduce(feedAfter, EMPTY_FEED);

describe('what is said of an entry', () => {
  it.each([
    [event('VerificationOpened', { status: 'open' }), 'Opened', 'liveness', 'calm'],
    [event('VerificationDecided', { status: 'approved' }), 'Approved', 'liveness', 'good'],
    [
      event('VerificationDecided', { status: 'denied', reasons: ['attempts_exhausted'] }),
      'Denied: attempts exhausted',
      'liveness',
      'wrong',
    ],
    [event('VerificationDecided', { status: 'expired', reasons: ['timed_out'] }), 'Expired: timed out', 'liveness', 'careful'],
    [event('VerificationInReview', { status: 'in_review' }), 'Waits for a reviewer', 'liveness', 'careful'],
    [event('VerificationOverturned', { status: 'approved' }), 'Approval found wrong', 'liveness', 'wrong'],
    [event('VerificationErased', { policy: undefined }), 'Erased', undefined, 'calm'],
    [event('SomethingNew'), 'SomethingNew', 'liveness', 'calm'],
    [
      answer({ state: 'succeeded', output: { status: 'approved', verificationId: VERIFICATION } }),
      'The step goes on: Approved',
      '…12345678',
      'good',
    ],
    [answer({ state: 'failed', error: 'VerificationExpired' }), 'The step fails: VerificationExpired', '…12345678', 'careful'],
    [answer({ state: 'waiting' }), 'The step is told to wait', '…12345678', 'calm'],
    [
      answer({ state: 'succeeded', output: { status: 'denied' } }, 'TaskTimedOut'),
      'The answer was not taken: TaskTimedOut',
      '…12345678',
      'careful',
    ],
    [
      JSON.stringify({ kind: 'deadLetter', at: AT, what: { destination: 'dead', letter: { batchSize: 1 } } }),
      'Given up after all tries',
      'dead',
      'wrong',
    ],
    [JSON.stringify({ kind: 'postcard', what: {} }), 'Something without a name', undefined, 'careful'],
  ])('%#', (data, said, about, tone) => {
    expect(readEntry('1-1', data)).toMatchObject({ id: '1-1', said, about, tone });
  });

  it('names the verification wherever it is told', () => {
    const letter = { body: JSON.stringify({ verificationId: VERIFICATION, sessionNumber: 1 }) };
    for (const data of [
      event('VerificationOpened'),
      answer({ state: 'succeeded', output: { status: 'approved', verificationId: VERIFICATION } }),
      JSON.stringify({ kind: 'deadLetter', what: { destination: 'dead', letter } }),
    ]) {
      expect(readEntry('1-1', data).verificationId).toBe(VERIFICATION);
    }
    expect(readEntry('1-1', JSON.stringify({ kind: 'deadLetter', what: { letter: { body: 'poison' } } })).verificationId).toBeUndefined();
  });

  it('has the details to read, and what is no JSON as it came', () => {
    expect(JSON.parse(readEntry('1-1', event('VerificationOpened')).details)).toMatchObject({ detailType: 'VerificationOpened' });
    expect(readEntry('1-1', 'not JSON')).toMatchObject({ said: 'Something without a name', details: 'not JSON', at: undefined });
  });
});

describe('the feed', () => {
  it('has the newest first, each once, and no more than a number', () => {
    const inputs = Array.from({ length: MOST_ENTRIES + 5 }, (_, number) => told(`1-${number}`));
    const { entries } = feedOf(...inputs, told(`1-${MOST_ENTRIES + 4}`), told(`1-${MOST_ENTRIES + 3}`));
    expect(entries).toHaveLength(MOST_ENTRIES);
    expect(entries[0]?.id).toBe(`1-${MOST_ENTRIES + 4}`);
    expect(entries.at(-1)?.id).toBe('1-5');
  });

  it('is heard from the present on, not of the past', () => {
    const past = feedOf(told('1-1'), told('1-2'), { type: 'present' });
    expect(past.heard).toBe('');
    expect(feedAfter(past, told('1-3')).heard).toBe('Event: Opened');
    expect(feedAfter(past, told('1-2')).heard).toBe('');
  });

  it('says how the line is, and keeps what it has when it breaks', () => {
    expect(EMPTY_FEED.line).toBe('connecting');
    const live = feedOf(told('1-1'), { type: 'present' });
    expect(live.line).toBe('live');
    const lost = feedAfter(live, { type: 'lost', forGood: false });
    expect([lost.line, lost.entries.length]).toEqual(['lost', 1]);
    expect(feedAfter(lost, { type: 'present' }).line).toBe('live');
    expect(feedAfter(lost, { type: 'lost', forGood: true }).line).toBe('ended');
  });
});

describe('the time of an entry', () => {
  const now = Date.parse('2026-11-03T13:00:00Z');
  it.each([
    ['2026-11-03T12:00:05Z', '12:00:05'],
    ['2026-11-03T23:59:59Z', '23:59:59'],
    ['2026-11-04T00:00:00Z', '4 Nov 2026, 00:00:00'],
    ['2027-11-03T12:00:05Z', '3 Nov 2027, 12:00:05'],
  ])('%s', (at, said) => {
    expect(entryTime(Date.parse(at), now, 'UTC')).toBe(said);
  });
});
