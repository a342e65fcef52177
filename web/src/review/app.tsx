// The console: one view per state, and the keyboard over all of them.

import { type ComponentType, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { CaseView } from './case.tsx';
import { FailureView } from './failure.tsx';
import { meaningOf } from './keys.ts';
import { moveAlong, QueueView } from './queue.tsx';
import type { ReviewRunner } from './runner.ts';
import { Shell, Title } from './shell.tsx';
import { reviewTexts as words } from './texts.ts';

interface ConsoleProps {
  readonly runner: ReviewRunner;
  /** Who reviews, in local mode. */
  readonly Reviewer: ComponentType | undefined;
}

const KEYS_SETTING = 'prooflight.review.keys';

export function Console({ runner, Reviewer }: ConsoleProps) {
  const state = useSyncExternalStore(runner.subscribe, runner.state);
  const [singleKeys, setSingleKeys] = useState(() => window.localStorage.getItem(KEYS_SETTING) !== 'off');
  const [large, setLarge] = useState(false);
  const resize = useCallback(() => setLarge((before) => !before), []);
  useKeyboard(runner, singleKeys, resize);

  function switchKeys(on: boolean): void {
    window.localStorage.setItem(KEYS_SETTING, on ? 'on' : 'off');
    setSingleKeys(on);
  }

  const tools = (
    <>
      <label className="review-keys">
        <input type="checkbox" checked={singleKeys} onChange={(event) => switchKeys(event.target.checked)} />
        {words.singleKeys}
      </label>
      {Reviewer !== undefined && <Reviewer />}
    </>
  );
  return (
    <Shell tools={tools}>
      {state.at === 'queue' && <QueueView state={state} send={runner.send} />}
      {state.at === 'opening' && (
        <section className="card" aria-labelledby="opening-title">
          <Title id="opening-title">{words.opening.title}</Title>
          <p className="lead" role="status">
            {words.opening.body}
          </p>
        </section>
      )}
      {state.at === 'closed-door' && <FailureView state={state} send={runner.send} />}
      {state.at === 'looking' && <CaseView state={state} send={runner.send} singleKeys={singleKeys} large={large} onResize={resize} />}
    </Shell>
  );
}

function useKeyboard(runner: ReviewRunner, singleKeys: boolean, resize: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      const typing = target?.matches('input:not([type="radio"], [type="checkbox"]), textarea, select') ?? false;
      const modified = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
      const meaning = meaningOf(runner.state(), { key: event.key, modified, typing }, singleKeys);
      if (meaning === undefined) return;
      event.preventDefault();
      if (meaning === 'resize') resize();
      else if (meaning === 'next' || meaning === 'previous') moveAlong(meaning);
      else runner.send(meaning);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [runner, singleKeys, resize]);
}
