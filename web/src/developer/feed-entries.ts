// What left the system, as the page lists it: newest first, bounded, in words. Everything here is a value; the stream
// itself is in `feed.tsx`.

import { type Fields, fields, optionalInstant, optionalText, texts } from '../json.ts';
import { feedTexts as words } from './feed-texts.ts';

export type Tone = 'calm' | 'good' | 'careful' | 'wrong';

export interface FeedEntry {
  readonly id: string;
  readonly kind: string;
  /** Milliseconds since 1970, by the clock of the local services. */
  readonly at: number | undefined;
  readonly said: string;
  /** What it is about beside the verification: a policy, a queue, the end of a task's token. */
  readonly about: string | undefined;
  readonly verificationId: string | undefined;
  readonly tone: Tone;
  /** Everything that is known of it, as JSON to read. */
  readonly details: string;
}

export interface Feed {
  readonly entries: readonly FeedEntry[];
  /** `live` from the moment that the past has been told; `ended` when the browser will not try again. */
  readonly line: 'connecting' | 'live' | 'lost' | 'ended';
  /** What a screen reader says; nothing of the past. */
  readonly heard: string;
}

export type FeedInput =
  | { readonly type: 'told'; readonly id: string; readonly data: string }
  | { readonly type: 'present' }
  | { readonly type: 'lost'; readonly forGood: boolean };

export const EMPTY_FEED: Feed = { entries: [], line: 'connecting', heard: '' };

/** More than anybody scrolls through, and few enough to draw. */
export const MOST_ENTRIES = 200;

export function feedAfter(feed: Feed, input: FeedInput): Feed {
  switch (input.type) {
    case 'present':
      return { ...feed, line: 'live' };
    case 'lost':
      return { ...feed, line: input.forGood ? 'ended' : 'lost' };
    case 'told': {
      // After a break the server may tell again what was told.
      if (feed.entries.some(({ id }) => id === input.id)) return feed;
      const entry = readEntry(input.id, input.data);
      const entries = [entry, ...feed.entries].slice(0, MOST_ENTRIES);
      return { ...feed, entries, heard: feed.line === 'live' ? `${words.kinds(entry.kind)}: ${entry.said}` : feed.heard };
    }
  }
}

/** Whatever cannot be read stays to be looked at as it came. */
export function readEntry(id: string, data: string): FeedEntry {
  let told: Fields = {};
  let details = data;
  try {
    told = fields(JSON.parse(data));
    details = JSON.stringify(told.what ?? told, null, 2);
  } catch {
    // It is shown as text.
  }
  const kind = optionalText(told, 'kind') ?? '';
  return { id, kind, at: optionalInstant(told, 'at'), details, ...meaning(kind, fields(told.what)) };
}

type Meaning = Pick<FeedEntry, 'said' | 'about' | 'verificationId' | 'tone'>;

function meaning(kind: string, what: Fields): Meaning {
  switch (kind) {
    case 'event':
      return ofEvent(what);
    case 'answer':
      return ofAnswer(what);
    case 'deadLetter':
      return ofDeadLetter(what);
    default:
      return { said: words.unknown, about: undefined, verificationId: undefined, tone: 'careful' };
  }
}

const TONES: Readonly<Record<string, Tone>> = { approved: 'good', denied: 'wrong', expired: 'careful', in_review: 'careful' };

function ofEvent(event: Fields): Meaning {
  const detail = fields(event.detail);
  const kind = optionalText(event, 'detailType') ?? words.unknown;
  const status = optionalText(detail, 'status') ?? '';
  const decided = kind === 'VerificationDecided';
  return {
    said: decided ? withReasons(words.statuses(status), texts(detail, 'reasons')) : words.events(kind),
    about: optionalText(detail, 'policy'),
    verificationId: optionalText(detail, 'verificationId'),
    tone: decided || kind === 'VerificationInReview' ? (TONES[status] ?? 'calm') : kind === 'VerificationOverturned' ? 'wrong' : 'calm',
  };
}

function ofAnswer(call: Fields): Meaning {
  const told = fields(call.told);
  const output = fields(told.output);
  const refused = optionalText(call, 'refused');
  const about = optionalText(call, 'taskToken');
  const verificationId = optionalText(output, 'verificationId');
  // Somebody was told before, or nobody waits any more: that happens, and is no error of anybody's.
  if (refused !== undefined) return { said: words.refused(refused), about, verificationId, tone: 'careful' };
  switch (told.state) {
    case 'succeeded':
      return { said: words.goesOn(words.statuses(optionalText(output, 'status') ?? '')), about, verificationId, tone: 'good' };
    case 'failed':
      return { said: words.fails(optionalText(told, 'error') ?? ''), about, verificationId, tone: 'careful' };
    default:
      return { said: words.waits, about, verificationId, tone: 'calm' };
  }
}

function ofDeadLetter(dead: Fields): Meaning {
  return { said: words.givenUp, about: optionalText(dead, 'destination'), verificationId: inBody(fields(dead.letter)), tone: 'wrong' };
}

/** A message of a queue says in its body what it is about. */
function inBody(letter: Fields): string | undefined {
  try {
    return optionalText(fields(JSON.parse(optionalText(letter, 'body') ?? '')), 'verificationId');
  } catch {
    return undefined;
  }
}

function withReasons(said: string, reasons: readonly string[]): string {
  return reasons.length === 0 ? said : `${said}: ${reasons.join(', ').replaceAll('_', ' ')}`;
}

/** The time of day, and the day where it is not today: the clock of the local services may be far ahead. */
export function entryTime(at: number, now: number, zone?: string): string {
  const timeZone = zone === undefined ? {} : { timeZone: zone };
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...timeZone });
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', ...timeZone }).format(at);
  return day.format(at) === day.format(now) ? time : `${day.format(at)}, ${time}`;
}
