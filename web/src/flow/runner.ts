// Carries out what `step.ts` decides: holds the one state, runs its commands, feeds their results back as
// events. It lives outside React, so that no remount can open a second session.

import type { Client } from '../api/client.ts';
import type { Config } from '../config.ts';
import { deviceId, forget, recall, remember } from '../memory.ts';
import type { CameraTrouble, Command, Event, Opening, State } from './state.ts';
import { INITIAL, step } from './step.ts';

export interface Runner {
  readonly state: () => State;
  readonly send: (event: Event) => void;
  /** Calls `listener` after every change of state; returns how to stop that. */
  readonly subscribe: (listener: () => void) => () => void;
}

export interface RunnerSurroundings {
  readonly client: Client;
  readonly policy: () => Config['policy'];
  /** The version of the consent text that is shown; sent when a person has agreed to it. */
  readonly consentVersion: string;
  readonly askCamera: () => Promise<CameraTrouble | undefined>;
  readonly sessionStorage: Storage;
  readonly localStorage: Storage;
  readonly now: () => number;
  readonly randomId: () => string;
  readonly setTimer: (run: () => void, ms: number) => void;
}

export function createRunner(around: RunnerSurroundings): Runner {
  let state = INITIAL;
  const listeners = new Set<() => void>();

  function send(event: Event): void {
    const before = state;
    const { state: after, commands } = step(state, event, around.now());
    state = after;
    for (const command of commands) void run(command);
    if (after !== before) for (const listener of listeners) listener();
  }

  async function run(command: Command): Promise<void> {
    switch (command.do) {
      case 'ask-camera': {
        const trouble = await around.askCamera();
        send(trouble === undefined ? { type: 'camera-ready' } : { type: 'camera-failed', trouble });
        return;
      }
      case 'look':
        send({ type: 'looked', outcome: await around.client.look(command.verificationId) });
        return;
      case 'open':
        send({ type: 'opened', outcome: await open(command.of) });
        return;
      case 'complete': {
        const { verificationId, sessionId, deadline } = command.of;
        send({ type: 'completed', sessionId, outcome: await around.client.complete(verificationId, sessionId, deadline) });
        return;
      }
      case 'watch-session': {
        const { sessionId, endsAt } = command.session;
        around.setTimer(() => send({ type: 'session-ended', sessionId }), Math.max(0, endsAt - around.now()));
        return;
      }
      case 'remember': {
        const { verificationId, sessionId } = command;
        remember(around.sessionStorage, { verificationId, begun: true, ...(sessionId !== undefined && { sessionId }) });
        return;
      }
      case 'forget':
        forget(around.sessionStorage);
    }
  }

  async function open(of: Opening): ReturnType<Client['open']> {
    if (of.verificationId !== undefined) return around.client.next(of.verificationId);
    const request = {
      policy: around.policy(),
      deviceId: deviceId(around.localStorage, around.randomId),
      consentVersion: of.consent ? around.consentVersion : undefined,
    };
    const outcome = await around.client.open(request, idempotencyKey(false));
    // The remembered key belongs to another body (consent given meanwhile, another policy): that create was never
    // answered with a session that this page could use, so a fresh key is safe.
    if (!outcome.ok && outcome.failure.kind === 'key-reused') return around.client.open(request, idempotencyKey(true));
    return outcome;
  }

  /** Kept across reloads until the create is answered, so that no repetition opens a second verification. */
  function idempotencyKey(fresh: boolean): string {
    const known = recall(around.sessionStorage).idempotencyKey;
    if (known !== undefined && !fresh) return known;
    const made = around.randomId();
    remember(around.sessionStorage, { idempotencyKey: made });
    return made;
  }

  return {
    state: () => state,
    send,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
