// The HTTP API as an end user has it: four calls. Every call may be repeated (the backend is idempotent), so what
// is worth repeating is repeated, and everything else comes back as a value: no caller has to catch.

import { type Completed, type Opened, readCompleted, readOpened, readProblemCode, readVerification, type Verification } from './answers.ts';
import type { components } from './contract.ts';
import { type Failure, failureOf } from './failure.ts';
import { get, post } from './routes.ts';
import { createTransport, type Outcome, type Surroundings } from './transport.ts';

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

export function createClient(around: Surroundings): Client {
  const { read } = createTransport<Failure>(around, ({ status, body, retryAfter }) => failureOf(status, readProblemCode(body), retryAfter));
  return {
    open: (request, idempotencyKey) =>
      read({ ...post('/verifications', {}, openBody(request)), headers: { 'idempotency-key': idempotencyKey } }, (answer) =>
        readOpened(answer.body, answer.timing),
      ),
    next: (id) => read(post('/verifications/{id}/sessions', { id }, {}), (answer) => readOpened(answer.body, answer.timing)),
    look: (id) => read(get('/verifications/{id}', { id }), (answer) => readVerification(answer.body)),
    complete: async (id, sessionId, deadline) => {
      const request = post('/verifications/{id}/sessions/{sessionId}/complete', { id, sessionId }, {});
      for (;;) {
        const asked = await read(request, (answer) => ({
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

function openBody(request: OpenRequest): components['schemas']['OpenRequest'] {
  return {
    ...(request.policy !== undefined && { policy: request.policy }),
    ...(request.deviceId !== undefined && { deviceId: request.deviceId }),
    ...(request.consentVersion !== undefined && { consent: { version: request.consentVersion } }),
  };
}

function pollWait(retryAfter: number | undefined): number {
  return Math.min(Math.max(retryAfter ?? 1_000, 250), 10_000);
}
