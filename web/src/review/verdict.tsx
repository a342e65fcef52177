// The verdict in three keys: which one, why, confirm. Nothing is sent before a reason from the list is chosen.

import { type FormEvent, useEffect, useRef } from 'react';
import { VERDICT_KEYS } from './keys.ts';
import { Key } from './shell.tsx';
import { type Choice, type Event, type Looking, REASONS_OF, VERDICTS_OF } from './state.ts';
import { reviewTexts as words } from './texts.ts';

interface VerdictPanelProps {
  readonly state: Looking;
  readonly send: (event: Event) => void;
  /** Whether letters and digits are keys; otherwise none is shown. */
  readonly singleKeys: boolean;
}

export function VerdictPanel({ state, send, singleKeys }: VerdictPanelProps) {
  const { choice, waiting, may } = state;
  if (may !== 'judge') return null;
  if (choice.stage !== 'verdict') return <ReasonForm key={choice.verdict} choice={choice} send={send} singleKeys={singleKeys} />;
  return (
    <section className="verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{words.verdict.title}</h2>
      <div className="verdict-buttons">
        {VERDICTS_OF[waiting.kind].map((verdict) => (
          <button
            key={verdict}
            type="button"
            className={`button verdict-${verdict}`}
            aria-keyshortcuts={singleKeys ? VERDICT_KEYS[verdict] : undefined}
            aria-disabled={state.reloading}
            onClick={() => send({ type: 'chose-verdict', verdict })}
          >
            {words.verdict.verdicts[verdict]} {singleKeys && <Key>{VERDICT_KEYS[verdict]}</Key>}
          </button>
        ))}
      </div>
      {waiting.needed > 1 && <p className="quiet">{words.case.second}</p>}
    </section>
  );
}

interface ReasonFormProps {
  readonly choice: Exclude<Choice, { readonly stage: 'verdict' }>;
  readonly send: (event: Event) => void;
  readonly singleKeys: boolean;
}

function ReasonForm({ choice, send, singleKeys }: ReasonFormProps) {
  const reasons = useRef<HTMLDivElement>(null);
  const { verdict } = choice;
  const sending = choice.stage === 'sending';
  const missing = choice.stage === 'reason' && choice.missing;
  // The focus follows the keys: on the first reason, then on the chosen one, from where Enter confirms.
  const chosen = choice.reason ?? REASONS_OF[verdict][0];
  useEffect(() => {
    reasons.current?.querySelector<HTMLInputElement>(`input[value="${chosen}"]`)?.focus({ preventScroll: true });
  }, [chosen]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    send({ type: 'confirmed' });
  }

  return (
    <form className="verdict" onSubmit={submit} noValidate aria-labelledby="verdict-title">
      <fieldset aria-describedby="reason-missing" disabled={sending}>
        <legend id="verdict-title">{words.verdict.why[verdict]}</legend>
        <div className="verdict-reasons" ref={reasons}>
          {REASONS_OF[verdict].map((reason, at) => (
            <label key={reason} className={choice.reason === reason ? 'reason reason-chosen' : 'reason'}>
              <input
                type="radio"
                name="reason"
                value={reason}
                checked={choice.reason === reason}
                aria-keyshortcuts={singleKeys ? String(at + 1) : undefined}
                onChange={() => send({ type: 'chose-reason', reason })}
              />
              {words.verdict.reasons[reason]} {singleKeys && <Key>{String(at + 1)}</Key>}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="verdict-confirm">
        <button type="submit" className={`button primary verdict-${verdict}`} aria-disabled={sending} aria-keyshortcuts="Enter">
          {sending ? words.verdict.sending : words.verdict.confirm[verdict]} <Key>Enter</Key>
        </button>
        <button
          type="button"
          className="button"
          aria-disabled={sending}
          onClick={() => send({ type: 'went-back' })}
          aria-keyshortcuts="Escape"
        >
          {words.verdict.back} <Key>Esc</Key>
        </button>
        <p id="reason-missing" className="error" role="alert">
          {missing ? words.verdict.missing : ''}
        </p>
      </div>
    </form>
  );
}
