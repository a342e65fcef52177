// The HTTP API as four calls. Every call may be repeated (the backend is idempotent), so what is worth
// repeating is repeated here, and everything else comes back as a value: no caller has to catch.

import { type Identity, SignedOut } from '../identity.ts';
import { MalformedAnswer } from '../json.ts';
import {
  type Completed,
  type Opened,
  readCompleted,
  readOpened,
  readProblemCode,
  readVerification,
  type Timing,
  type Verification,
} from './answers.ts';
import { type Failure, failureOf, parseRetryAfter } from './failure.ts';

export type Outcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: Failure };

export interface OpenRequest {
  readonly policy: string | undefined;
  readonly deviceId: string | undefined;
  readonly consentVersion: string | undefined;
}

export interface Client {
  /** Opens a verification and its first session. The same key and body always open the same one. */
  open(request: OpenRequest, idempotencyKey: string): Promise<Outcome<Opened>>;
  /** The next session of an open verification. */
  next(verificationId: string): Promise<Outcome<Opened>>;
  /** The result of a session; asks again while it is pending, until `deadline` (ms), then answers `pending`. */
  complete(verificationId: string, sessionId: string, deadline: number): Promise<Outcome<Completed>>;
  look(verificationId: string): Promise<Outcome<Verification>>;
}

/** The outside world, as arguments, so that tests need neither a network nor patience. */
export interface Surroundings {
  readonly apiBase: string;
  readonly identity: Identity;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isOnline: () => boolean;
}

const TRIES = 3;
/** Waiting longer than this is the person's decision, not ours. */
const LONGEST_SILENT_WAIT = 4_000;
const REQUEST_TIMEOUT = 20_000;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: number | undefined;
  readonly timing: Timing;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function createClient(around: Surroundings): Client {
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
      timing: { sentAt, receivedAt, serverDate: Number.isNaN(serverDate) ? undefined : serverDate },
    };
  }

  /** One answer, after as many tries as make sense: a renewed token, a lost connection, a short Retry-After. */
  async function send(request: Request): Promise<Outcome<Answer>> {
    let renewed = false;
    let renew = false;
    for (let tried = 1; ; tried += 1) {
      let failure: Failure;
      try {
        const answer = await once(request, renew);
        renew = false;
        if (answer.status < 300) return { ok: true, value: answer };
        if (answer.status === 401 && !renewed) {
          renewed = true;
          renew = true;
          continue;
        }
        failure = failureOf(answer.status, readProblemCode(answer.body), answer.retryAfter);
      } catch (thrown) {
        failure = failureOfThrown(thrown, around.isOnline());
      }
      const wait = silentWait(failure, tried);
      if (wait === undefined) return { ok: false, failure };
      await around.sleep(wait);
    }
  }

  async function read<Value>(request: Request, reader: (answer: Answer) => Value): Promise<Outcome<Value>> {
    const sent = await send(request);
    if (!sent.ok) return sent;
    try {
      return { ok: true, value: reader(sent.value) };
    } catch (thrown) {
      return { ok: false, failure: failureOfThrown(thrown, around.isOnline()) };
    }
  }

  return {
    open: (request, idempotencyKey) =>
      read({ method: 'POST', path: '/verifications', body: openBody(request), headers: { 'idempotency-key': idempotencyKey } }, (answer) =>
        readOpened(answer.body, answer.timing),
      ),
    next: (verificationId) =>
      read({ method: 'POST', path: `/verifications/${encodeURIComponent(verificationId)}/sessions`, body: {} }, (answer) =>
        readOpened(answer.body, answer.timing),
      ),
    look: (verificationId) =>
      read({ method: 'GET', path: `/verifications/${encodeURIComponent(verificationId)}` }, (answer) => readVerification(answer.body)),
    complete: async (verificationId, sessionId, deadline) => {
      const path = `/verifications/${encodeURIComponent(verificationId)}/sessions/${encodeURIComponent(sessionId)}/complete`;
      for (;;) {
        const asked = await read({ method: 'POST', path, body: {} }, (answer) => ({
          completed: readCompleted(answer.body),
          wait: pollWait(answer.retryAfter),
        }));
        if (!asked.ok) return asked;
        const { completed, wait } = asked.value;
        if (completed.session !== 'pending' || around.now() + wait > deadline) return { ok: true, value: completed };
        await around.sleep(wait);
      }
    },
  };
}

function openBody(request: OpenRequest): Record<string, unknown> {
  return {
    ...(request.policy !== undefined && { policy: request.policy }),
    ...(request.deviceId !== undefined && { deviceId: request.deviceId }),
    ...(request.consentVersion !== undefined && { consent: { version: request.consentVersion } }),
  };
}

/** How long to wait before another try nobody is told about; undefined when the failure has to be shown. */
function silentWait(failure: Failure, tried: number): number | undefined {
  if (tried >= TRIES) return undefined;
  if (failure.kind === 'unreachable') return 400 * 2 ** tried;
  if (failure.kind === 'busy' && failure.retryAfter <= LONGEST_SILENT_WAIT) return Math.max(failure.retryAfter, 250);
  return undefined;
}

function pollWait(retryAfter: number | undefined): number {
  return Math.min(Math.max(retryAfter ?? 1_000, 250), 10_000);
}

function failureOfThrown(thrown: unknown, online: boolean): Failure {
  if (thrown instanceof SignedOut) return { kind: 'signed-out' };
  if (thrown instanceof MalformedAnswer) return { kind: 'refused', code: 'malformed_answer' };
  return { kind: online ? 'unreachable' : 'offline' };
}
