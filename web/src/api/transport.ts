// One request over the network, as often as makes sense: a renewed token, a lost connection, a short Retry-After.
// What an answer means is its caller's business; what happens on the way is the same for all of them.

import { type Identity, SignedOut } from '../identity.ts';
import { MalformedAnswer } from '../json.ts';
import type { Timing } from './answers.ts';
import { type Failure, parseRetryAfter } from './failure.ts';

export type Outcome<Value, Refusal = Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Refusal };

/** What can befall any request. */
export type Weather = Extract<Failure, { readonly kind: 'offline' | 'unreachable' | 'busy' | 'signed-out' | 'refused' }>;

/** The outside world, as arguments, so that tests need neither a network nor patience. */
export interface Surroundings {
  readonly apiBase: string;
  readonly identity: Identity;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isOnline: () => boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: number | undefined;
  readonly etag: string | undefined;
  readonly location: string | undefined;
  readonly timing: Timing;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Transport<Refusal> {
  /** The value of a successful answer, or why there is none. */
  read<Value>(request: Request, reader: (answer: Answer) => Value): Promise<Outcome<Value, Refusal | Weather>>;
}

const TRIES = 3;
/** Waiting longer than this is the person's decision, not ours. */
const LONGEST_SILENT_WAIT = 4_000;
const REQUEST_TIMEOUT = 20_000;

/** `refusalOf` sorts an answer that is not a success. */
export function createTransport<Refusal extends { readonly kind: string }>(
  around: Surroundings,
  refusalOf: (answer: Answer) => Refusal | Weather,
): Transport<Refusal> {
  async function once(request: Request, renewToken: boolean): Promise<Answer> {
    const token = await around.identity.token(renewToken);
    const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${token}`, ...request.headers };
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    const sentAt = around.now();
    const response = await around.fetch(around.apiBase + request.path, {
      method: request.method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      cache: 'no-store',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
    const receivedAt = around.now();
    const serverDate = Date.parse(response.headers.get('date') ?? '');
    return {
      status: response.status,
      // A gateway or proxy may answer a page instead of JSON; the status alone has to do then.
      body: await response.json().catch(() => undefined),
      retryAfter: parseRetryAfter(response.headers.get('retry-after'), receivedAt),
      etag: response.headers.get('etag') ?? undefined,
      location: response.headers.get('location') ?? undefined,
      timing: { sentAt, receivedAt, serverDate: Number.isNaN(serverDate) ? undefined : serverDate },
    };
  }

  async function send(request: Request): Promise<Outcome<Answer, Refusal | Weather>> {
    let renewed = false;
    let renew = false;
    for (let tried = 1; ; tried += 1) {
      let failure: Refusal | Weather;
      try {
        const answer = await once(request, renew);
        renew = false;
        if (answer.status < 300) return { ok: true, value: answer };
        if (answer.status === 401 && !renewed) {
          renewed = true;
          renew = true;
          continue;
        }
        failure = refusalOf(answer);
      } catch (thrown) {
        failure = failureOfThrown(thrown, around.isOnline());
      }
      const wait = silentWait(failure, tried);
      if (wait === undefined) return { ok: false, failure };
      await around.sleep(wait);
    }
  }

  return {
    read: async (request, reader) => {
      const sent = await send(request);
      if (!sent.ok) return sent;
      try {
        return { ok: true, value: reader(sent.value) };
      } catch (thrown) {
        return { ok: false, failure: failureOfThrown(thrown, around.isOnline()) };
      }
    },
  };
}

/** How long to wait before another try nobody is told about; undefined when the failure has to be shown. */
function silentWait(failure: { readonly kind: string; readonly retryAfter?: unknown }, tried: number): number | undefined {
  if (tried >= TRIES) return undefined;
  if (failure.kind === 'unreachable') return 400 * 2 ** tried;
  if (failure.kind !== 'busy' || typeof failure.retryAfter !== 'number') return undefined;
  return failure.retryAfter <= LONGEST_SILENT_WAIT ? Math.max(failure.retryAfter, 250) : undefined;
}

function failureOfThrown(thrown: unknown, online: boolean): Weather {
  if (thrown instanceof SignedOut) return { kind: 'signed-out' };
  if (thrown instanceof MalformedAnswer) return { kind: 'refused', code: 'malformed_answer' };
  return { kind: online ? 'unreachable' : 'offline' };
}
