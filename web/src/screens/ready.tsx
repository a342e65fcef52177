// Before the check: what happens, what is recorded, the warning about flashing colours, consent where the
// policy asks for it, and the other way as an equal choice.

import { type FormEvent, useRef, useState } from 'react';
import type { Ready } from '../flow/state.ts';
import { texts } from '../texts.ts';
import { Actions, Frame } from './frame.tsx';
import { Icon } from './icon.tsx';

interface ReadyProps {
  readonly state: Ready;
  readonly onBegin: (consent: boolean) => void;
  readonly onAlternative: () => void;
}

export function ReadyScreen({ state, onBegin, onAlternative }: ReadyProps) {
  const { ready } = texts;
  const box = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (state.consent && box.current?.checked !== true) {
      setMissing(true);
      box.current?.focus();
      return;
    }
    onBegin(state.consent);
  }

  return (
    <Frame title={ready.title}>
      <p className="lead">{state.begun ? ready.again : ready.lead}</p>
      {state.attemptsLeft !== undefined && <p className="quiet">{ready.attempts(state.attemptsLeft)}</p>}

      <div className="columns">
        <div>
          <h2>{ready.stepsTitle}</h2>
          <ol className="steps">
            {ready.steps.map(([name, words]) => (
              <li key={name}>
                <strong>{name}</strong>
                <span>{words}</span>
              </li>
            ))}
          </ol>
        </div>
        <div>
          <h2>{ready.recordedTitle}</h2>
          <ul className="plain">
            {ready.recorded.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      </div>

      <div className="notice" role="note" aria-labelledby="flash-title">
        <Icon glyph="light" tone="careful" />
        <div>
          <h2 id="flash-title">{ready.flashTitle}</h2>
          <p>{ready.flash}</p>
        </div>
      </div>

      <form onSubmit={submit} noValidate>
        {state.consent && (
          <div className="consent">
            <input
              id="consent"
              type="checkbox"
              ref={box}
              required
              aria-invalid={missing}
              aria-describedby={missing ? 'consent-missing' : undefined}
              onChange={() => setMissing(false)}
            />
            <label htmlFor="consent">{ready.consent}</label>
            <p id="consent-missing" className="error" role="alert">
              {missing ? ready.consentMissing : ''}
            </p>
          </div>
        )}
        <Actions>
          <button type="submit" className="button primary">
            {state.begun ? ready.resume : ready.start}
          </button>
          <button type="button" className="button" onClick={onAlternative}>
            {ready.alternative}
          </button>
        </Actions>
      </form>
    </Frame>
  );
}
