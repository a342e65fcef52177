// What stands in the way of a list, a case or a verdict, in words; and the way on from it.

import { localWhen } from '../when.ts';
import type { ReviewFailure } from './client.ts';
import { Key, Title } from './shell.tsx';
import type { Event, State } from './state.ts';
import { reviewTexts as words } from './texts.ts';

interface FailureViewProps {
  readonly state: Extract<State, { readonly at: 'closed-door' }>;
  readonly send: (event: Event) => void;
}

/** Whether asking again may help, or only leaving does. */
const MAY_PASS: readonly ReviewFailure['kind'][] = ['offline', 'unreachable', 'busy', 'signed-out', 'refused', 'claimed'];

export function FailureView({ state, send }: FailureViewProps) {
  return (
    <section className="card" aria-labelledby="failure-title">
      <Title id="failure-title">{words.failures[state.failure.kind].title}</Title>
      <FailureBody failure={state.failure} />
      <div className="actions">
        {MAY_PASS.includes(state.failure.kind) && (
          <button type="button" className="button primary" onClick={() => send({ type: 'picked', verificationId: state.verificationId })}>
            {words.retry}
          </button>
        )}
        <button type="button" className="button" onClick={() => send({ type: 'went-back' })} aria-keyshortcuts="Escape">
          {words.back} <Key>Esc</Key>
        </button>
      </div>
    </section>
  );
}

export function FailureBody({ failure }: { readonly failure: ReviewFailure }) {
  return (
    <>
      <p>{words.failures[failure.kind].body}</p>
      {failure.kind === 'refused' && <p className="quiet">{words.code(failure.code)}</p>}
      {failure.kind === 'already-reviewed' && failure.verdict !== undefined && failure.decidedAt !== undefined && (
        <p>
          <strong>{words.winner[failure.verdict](said(failure.decidedAt))}</strong>
        </p>
      )}
    </>
  );
}

/** An instant in local time, short. */
export function said(instant: number): string {
  const { day, date, time } = localWhen(instant, Date.now());
  return day === 'today' ? time : `${time}, ${date}`;
}
