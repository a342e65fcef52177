// Carries out what `step.ts` decides: holds the one state, runs its commands, feeds their results back as events.

import type { ReviewClient, ReviewOutcome } from './client.ts';
import type { Command, Event, Opened, State } from './state.ts';
import { INITIAL, step } from './step.ts';

export interface ReviewRunner {
  readonly state: () => State;
  readonly send: (event: Event) => void;
  /** Calls `listener` after every change of state; returns how to stop that. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function createReviewRunner(client: ReviewClient, now: () => number): ReviewRunner {
  let state: State = INITIAL;
  const listeners = new Set<() => void>();

  function send(event: Event): void {
    const before = state;
    const { state: after, commands } = step(state, event, now());
    state = after;
    for (const command of commands) void run(command);
    if (after !== before) for (const listener of listeners) listener();
  }

  async function run(command: Command): Promise<void> {
    switch (command.do) {
      case 'list':
        send({ type: 'listed', cursor: command.cursor, outcome: await client.queue(command.cursor) });
        return;
      case 'open':
        send({ type: 'opened', verificationId: command.verificationId, outcome: await open(command.verificationId) });
        return;
      case 'judge': {
        const { verificationId, etag, judgement } = command;
        send({ type: 'judged', verificationId, outcome: await client.judge(verificationId, etag, judgement) });
      }
    }
  }

  /** Taken first: evidence that somebody else is looking at is nobody's to look at meanwhile. */
  async function open(verificationId: string): Promise<ReviewOutcome<Opened>> {
    const claimed = await client.claim(verificationId);
    if (!claimed.ok) return claimed;
    const looked = await client.evidence(verificationId);
    return looked.ok ? { ok: true, value: { waiting: claimed.value, evidence: looked.value } } : looked;
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
