import { describe, expect, it } from 'vitest';
import { localWhen } from './when.ts';

const NOW = Date.parse('2026-11-24T13:30:20Z');
const at = (text: string): number => Date.parse(text);

describe('an instant as people say it', () => {
  it.each([
    ['the minute is rounded up', '2026-11-24T14:00:01Z', 'UTC', 'h23', 'today 14:01'],
    ['a full minute stays', '2026-11-24T14:00:00Z', 'UTC', 'h23', 'today 14:00'],
    ['by the habit of twelve hours', '2026-11-24T14:00:00Z', 'UTC', 'h12', 'today 2:00 PM'],
    ['today is where the person is', '2026-11-24T23:30:00Z', 'America/New_York', 'h23', 'today 18:30'],
    ['and so is tomorrow', '2026-11-24T14:30:00Z', 'Pacific/Auckland', 'h23', 'today 03:30'],
    ['over midnight', '2026-11-25T00:10:00Z', 'UTC', 'h23', 'tomorrow 00:10'],
    ['days away', '2026-11-27T09:05:00Z', 'UTC', 'h23', 'another 09:05'],
    ['days ago', '2026-11-20T09:05:00Z', 'UTC', 'h23', 'another 09:05'],
  ] as const)('%s', (_name, instant, zone, hourCycle, said) => {
    const { day, time } = localWhen(at(instant), NOW, zone, hourCycle);
    expect(`${day} ${time.replace(/\s/, ' ')}`).toBe(said);
  });

  it('names the day that is not near', () => {
    expect(localWhen(at('2026-11-27T09:05:00Z'), NOW, 'UTC').date).toBe('Friday 27 November');
  });
});
