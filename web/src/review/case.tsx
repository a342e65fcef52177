// One case: the pictures side by side, what was measured beside what is asked for, and the verdict. The session that
// the verdict is about stands first; earlier ones can be unfolded.

import { useSecondsUntil } from '../screens/patience.tsx';
import type { Evidence, SessionEvidence } from './answers.ts';
import { FailureBody, said } from './failure.tsx';
import { Measures } from './measures-table.tsx';
import { Pictures } from './pictures.tsx';
import { Key, Title } from './shell.tsx';
import type { Event, Looking } from './state.ts';
import { reviewTexts as words } from './texts.ts';
import { VerdictPanel } from './verdict.tsx';

interface CaseViewProps {
  readonly state: Looking;
  readonly send: (event: Event) => void;
  readonly singleKeys: boolean;
  readonly large: boolean;
  readonly onResize: () => void;
}

/** A verdict rests on a look that is no older than this. */
const LOOK_HOLDS_FOR = 30 * 60_000;

export function CaseView({ state, send, singleKeys, large, onResize }: CaseViewProps) {
  const { evidence, waiting } = state;
  const [latest, ...earlier] = [...evidence.sessions].sort((a, b) => b.number - a.number);
  return (
    <article className="case" aria-labelledby="case-title">
      <div className="review-head">
        <div>
          <Title id="case-title">{words.case.title[waiting.kind]}</Title>
          <Because codes={waiting.because} />
        </div>
        <button type="button" className="button" onClick={() => send({ type: 'went-back' })} aria-keyshortcuts="Escape">
          {words.back} <Key>Esc</Key>
        </button>
      </div>
      <div className="case-columns">
        <section aria-labelledby="pictures-title">
          <div className="review-head">
            <h2 id="pictures-title">{words.case.pictures}</h2>
            <div className="case-tools">
              <button type="button" className="button" aria-pressed={large} onClick={onResize} aria-keyshortcuts="Z">
                {words.case.larger} <Key>Z</Key>
              </button>
              <button
                type="button"
                className="button"
                aria-disabled={state.reloading || state.may === 'over'}
                onClick={() => send({ type: 'looked-again' })}
                aria-keyshortcuts="R"
              >
                {state.reloading ? words.case.lookingAgain : words.case.lookAgain} <Key>R</Key>
              </button>
            </div>
          </div>
          {latest === undefined ? (
            <p>{words.case.noSessions}</p>
          ) : (
            <Pictures pictures={[...(evidence.source ? [evidence.source] : []), ...latest.images]} large={large} />
          )}
        </section>
        <div className="case-side">
          {latest !== undefined && <SessionFacts session={latest} evidence={evidence} />}
          <Facts state={state} />
        </div>
      </div>
      {earlier.length > 0 && (
        <section aria-labelledby="earlier-title">
          <h2 id="earlier-title">{words.case.earlier}</h2>
          {earlier.map((session) => (
            <details key={session.number} className="case-earlier">
              <summary>{sessionTitle(session)}</summary>
              <div className="case-columns">
                <Pictures pictures={session.images} large={large} />
                <SessionFacts session={session} evidence={evidence} />
              </div>
            </details>
          ))}
        </section>
      )}
      <div className="case-verdict">
        <Obstacle state={state} send={send} />
        <VerdictPanel state={state} send={send} singleKeys={singleKeys} />
      </div>
    </article>
  );
}

function Because({ codes }: { readonly codes: readonly string[] }) {
  if (codes.length === 0) return <p className="lead">{words.queue.sampled}</p>;
  return (
    <ul className="chips" aria-label={words.case.why}>
      {codes.map((code) => (
        <li key={code}>{words.reasons[code] ?? code}</li>
      ))}
    </ul>
  );
}

function SessionFacts({ session, evidence }: { readonly session: SessionEvidence; readonly evidence: Evidence }) {
  return (
    <section aria-label={sessionTitle(session)}>
      <h2>{sessionTitle(session)}</h2>
      <Measures session={session} thresholds={evidence.thresholds} sourceGiven={evidence.source !== undefined} />
      {session.reasons.length > 0 && (
        <ul className="plain">
          {session.reasons.map((code) => (
            <li key={code}>{words.reasons[code] ?? code}</li>
          ))}
        </ul>
      )}
      {session.feedback.length > 0 && (
        <p className="quiet">
          {words.measures.feedback}: {session.feedback.map((code) => words.feedback[code] ?? code).join(', ')}
        </p>
      )}
    </section>
  );
}

function Facts({ state: { evidence, waiting } }: { readonly state: Looking }) {
  const { facts } = words.case;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [facts.verification, evidence.verificationId],
    [facts.subject, evidence.subject],
    [facts.reference, evidence.externalReference],
    [facts.policy, `${evidence.policy} ${evidence.policyVersion}`],
    [facts.opened, said(evidence.createdAt)],
    [facts.waiting, said(waiting.since)],
    [facts.approvals, waiting.needed > 1 ? words.queue.approvals(waiting.approvals, waiting.needed) : undefined],
    [facts.hold, waiting.claim && said(waiting.claim.until)],
  ];
  return (
    <section aria-labelledby="facts-title">
      <h2 id="facts-title">{words.case.about}</h2>
      <dl className="facts">
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

/** What stands between the reviewer and a verdict, announced as soon as it does. */
function Obstacle({ state, send }: { readonly state: Looking; readonly send: (event: Event) => void }) {
  const lookOver = useSecondsUntil(state.lookedAt + LOOK_HOLDS_FOR) === 0;
  const holdOver = useSecondsUntil(state.waiting.claim?.until) === 0 && state.waiting.claim !== undefined;
  const { failure, may } = state;
  const over = may === 'over';
  const hint = over ? undefined : lookOver ? words.case.lookOver : holdOver ? words.case.holdOver : undefined;
  return (
    <div role="alert">
      {(failure !== undefined || hint !== undefined) && (
        <div className="review-alert">
          {failure !== undefined && <h2>{words.failures[failure.kind].title}</h2>}
          {failure !== undefined && <FailureBody failure={failure} />}
          {failure === undefined && <p>{hint}</p>}
          {(may === 'reload' || hint !== undefined) && (
            <button type="button" className="button" onClick={() => send({ type: 'looked-again' })}>
              {words.case.lookAgain} <Key>R</Key>
            </button>
          )}
          {over && (
            <button type="button" className="button" onClick={() => send({ type: 'went-back' })}>
              {words.back} <Key>Esc</Key>
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function sessionTitle({ number, outcome }: SessionEvidence): string {
  return words.case.session(number, words.case.outcomes[outcome]);
}
