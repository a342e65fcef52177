import { describe, expect, it } from 'vitest';
import type { Opened } from '../api/answers.ts';
import type { Client } from '../api/client.ts';
import type { Outcome } from '../api/transport.ts';
import { createRunner, type Runner } from './runner.ts';

class MemoryStorage implements Storage {
  readonly #held = new Map<string, string>();
  get length(): number {
    return this.#held.size;
  }
  clear(): void {
    this.#held.clear();
  }
  getItem(key: string): string | null {
    return this.#held.get(key) ?? null;
  }
  key(at: number): string | null {
    return [...this.#held.keys()][at] ?? null;
  }
  removeItem(key: string): void {
    this.#held.delete(key);
  }
  setItem(key: string, value: string): void {
    this.#held.set(key, value);
  }
}

interface Opens {
  readonly key: string;
  readonly consentVersion: string | undefined;
}

/** A runner whose creates are answered one after another by `answers`; records what was sent. */
function running(storage: Storage, answers: Outcome<Opened>[]): { runner: Runner; opens: Opens[] } {
  const opens: Opens[] = [];
  const ids = ['first', 'second', 'third', 'fourth'];
  const unused = async (): Promise<never> => {
    throw new Error('not expected here');
  };
  const client: Client = {
    open: async ({ consentVersion }, key) => {
      opens.push({ key, consentVersion });
      return answers.shift() ?? { ok: false, failure: { kind: 'unreachable' } };
    },
    next: unused,
    complete: unused,
    look: unused,
  };
  const runner = createRunner({
    client,
    policy: () => undefined,
    consentVersion: '2026-11',
    askCamera: async () => undefined,
    sessionStorage: storage,
    localStorage: new MemoryStorage(),
    now: () => 0,
    randomId: () => ids.shift() ?? 'last',
    setTimer: () => undefined,
  });
  runner.send({ type: 'started', remembered: {} });
  return { runner, opens };
}

/** Until the runner stands somewhere else than it did. */
const reached = (runner: Runner, at: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (runner.state().at === at) resolve();
    };
    runner.subscribe(look);
    look();
  });

const down: Outcome<Opened> = { ok: false, failure: { kind: 'unreachable' } };

describe('the key of the first create', () => {
  it('stays the same however often the request is repeated, also after a reload', async () => {
    const storage = new MemoryStorage();
    const first = running(storage, [down, down]);
    first.runner.send({ type: 'began', consent: false });
    await reached(first.runner, 'trouble');
    first.runner.send({ type: 'tried-again' });
    await reached(first.runner, 'trouble');

    const reloaded = running(storage, [down]);
    reloaded.runner.send({ type: 'began', consent: false });
    await reached(reloaded.runner, 'trouble');
    const keys = new Set([...first.opens, ...reloaded.opens].map(({ key }) => key));
    expect(first.opens).toHaveLength(2);
    expect(keys.size).toBe(1);
  });

  it('is made anew once, when the body had to change', async () => {
    const { runner, opens } = running(new MemoryStorage(), [
      { ok: false, failure: { kind: 'consent-required' } },
      { ok: false, failure: { kind: 'key-reused' } },
      down,
    ]);
    runner.send({ type: 'began', consent: false });
    await reached(runner, 'opening').then(() => reached(runner, 'ready'));
    runner.send({ type: 'began', consent: true });
    await reached(runner, 'trouble');
    expect(opens.map(({ consentVersion }) => consentVersion)).toEqual([undefined, '2026-11', '2026-11']);
    expect(opens[1]?.key).toBe(opens[0]?.key);
    expect(opens[2]?.key).not.toBe(opens[1]?.key);
  });
});

describe('listeners', () => {
  it('hear of changes until they stop listening', () => {
    const { runner } = running(new MemoryStorage(), []);
    let heard = 0;
    const stop = runner.subscribe(() => {
      heard += 1;
    });
    runner.send({ type: 'chose-alternative' });
    runner.send({ type: 'chose-alternative' });
    stop();
    runner.send({ type: 'went-back' });
    expect(heard).toBe(1);
  });
});
