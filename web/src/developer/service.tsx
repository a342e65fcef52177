// The relying service of the developer menu: what a customer's server would do before and after a check, by hand. It
// hands a verification to the page as a host application does, through the session storage.

import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { localSubject } from '../identity.ts';
import { fields, optionalText } from '../json.ts';
import { remember } from '../memory.ts';
import { portraitFile } from '../presenters/portrait.ts';
import { CONSENT_VERSION } from '../texts.ts';
import { type Answered, ASKS, createService, POLICIES, type Policy, type Seen } from './service-client.ts';
import './service.css';
import { serviceTexts as words } from './service-texts.ts';

type SourceChoice = 'none' | 'portrait' | 'file';
const SOURCES: readonly SourceChoice[] = ['none', 'portrait', 'file'];

const service = createService({
  apiBase: '/api',
  fetch: window.fetch.bind(window),
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => window.setTimeout(resolve, ms)),
  isOnline: () => navigator.onLine,
});

/** How often an undecided verification is looked at while the panel is open (ms). */
const LOOK_EVERY = 2_000;

export function RelyingService() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useState<Seen>();
  const [said, setSaid] = useState<string>();
  const [failed, setFailed] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [erasure, setErasure] = useState<string>();
  const title = useId();
  const subject = localSubject();

  /** Does one thing at a time, and says what went wrong. */
  const act = useCallback(async <Value,>(asked: Promise<Answered<Value>>, done: (value: Value) => void): Promise<void> => {
    setBusy(true);
    setFailed(undefined);
    const answer = await asked;
    if (answer.ok) done(answer.value);
    else setFailed(words.failed(answer.failure.code ?? answer.failure.kind));
    setBusy(false);
  }, []);

  useEffect(() => {
    if (!open) return undefined;
    const known = seen?.verificationId ?? recallOpened(subject);
    if (known === undefined || !isUndecided(seen)) return undefined;
    const look = async (): Promise<void> => {
      const answer = await service.look(known);
      if (answer.ok) setSeen(answer.value);
    };
    if (seen === undefined) void look();
    const timer = window.setInterval(() => void look(), LOOK_EVERY);
    return () => window.clearInterval(timer);
  }, [open, seen, subject]);

  useEffect(() => {
    if (!open || erasure === undefined) return undefined;
    const look = async (): Promise<void> => {
      const answer = await service.erasure(erasure);
      setSaid(words.erasure(erasure, answer.ok ? answer.value : (answer.failure.code ?? answer.failure.kind)));
      if (answer.ok && answer.value === 'done') setErasure(undefined);
    };
    void look();
    const timer = window.setInterval(() => void look(), LOOK_EVERY);
    return () => window.clearInterval(timer);
  }, [open, erasure]);

  function opened(verification: Seen): void {
    noteOpened(subject, verification.verificationId);
    setSaid(words.opened);
    setSeen(verification);
  }

  function handOver({ verificationId }: Seen): void {
    remember(window.sessionStorage, { verificationId });
    window.location.reload();
  }

  function erasing(erasureId: string): void {
    // What was open for the subject is closed by it.
    window.localStorage.removeItem(OPENED_KEY);
    setSeen(undefined);
    setErasure(erasureId);
  }

  function show(): void {
    dialog.current?.showModal();
    setOpen(true);
  }

  return (
    <>
      <button type="button" className="developer-open" aria-haspopup="dialog" onClick={show}>
        {words.open}
      </button>
      <dialog className="developer service" ref={dialog} aria-labelledby={title} onClose={() => setOpen(false)}>
        <header>
          <h2 id={title}>{words.title}</h2>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {words.close}
          </button>
        </header>
        <p className="quiet">{words.intro(subject)}</p>
        <div className="service-columns">
          <Opening busy={busy} onOpen={(order) => act(openFor(subject, order), opened)} />
          <div>
            {seen === undefined && recallOpened(subject) === undefined && <p className="quiet">{words.nothing}</p>}
            {seen !== undefined && (
              <section className="service-seen" aria-label={words.seen}>
                <h3>{words.seen}</h3>
                <Standing seen={seen} />
                <div className="developer-row">
                  {seen.status === 'open' && (
                    <button type="button" className="button primary" onClick={() => handOver(seen)}>
                      {words.handOver}
                    </button>
                  )}
                  {seen.status === 'approved' && (
                    <button
                      type="button"
                      className="button"
                      onClick={() => act(service.enrol(seen.verificationId), (state) => setSaid(words.enrolled(state)))}
                    >
                      {words.enrol}
                    </button>
                  )}
                  {['open', 'in_review'].includes(seen.status) && (
                    <button
                      type="button"
                      className="button"
                      onClick={() => act(service.cancel(seen.verificationId), () => setSaid(words.cancelled))}
                    >
                      {words.cancel}
                    </button>
                  )}
                </div>
              </section>
            )}
            <p className="error" role="alert">
              {failed ?? ''}
            </p>
            <p role="status">{said ?? ''}</p>
            <button type="button" className="button" aria-disabled={busy} onClick={() => act(service.erase(subject), erasing)}>
              {words.erase}
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}

interface Wanted {
  readonly policy: Policy;
  readonly consent: boolean;
  readonly source: SourceChoice;
  readonly file: File | undefined;
}

async function openFor(subject: string, { policy, consent, source, file }: Wanted): Promise<Answered<Seen>> {
  const picture = !ASKS[policy].source || source === 'none' ? undefined : source === 'portrait' ? await portraitFile() : file;
  return service.open({ subject, policy, consentVersion: ASKS[policy].consent && consent ? CONSENT_VERSION : undefined, source: picture });
}

function Opening({ busy, onOpen }: { readonly busy: boolean; readonly onOpen: (wanted: Wanted) => void }) {
  const [wanted, setWanted] = useState<Wanted>({ policy: 'onboarding', consent: true, source: 'portrait', file: undefined });
  const group = useId();
  const asks = ASKS[wanted.policy];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onOpen(wanted);
      }}
    >
      <label className="developer-field">
        <span>{words.policy}</span>
        <select
          value={wanted.policy}
          onChange={(event) => setWanted({ ...wanted, policy: POLICIES.find((policy) => policy === event.target.value) ?? 'liveness' })}
        >
          {POLICIES.map((policy) => (
            <option key={policy}>{policy}</option>
          ))}
        </select>
        <small>{words.policies[wanted.policy]}</small>
      </label>
      {asks.source && (
        <fieldset>
          <legend>{words.source}</legend>
          {SOURCES.map((source) => (
            <label key={source}>
              <input
                type="radio"
                name={`${group}-source`}
                checked={wanted.source === source}
                onChange={() => setWanted({ ...wanted, source })}
              />
              <span>{words.sources[source]}</span>
            </label>
          ))}
          {wanted.source === 'file' && (
            <input
              type="file"
              accept="image/jpeg,image/png"
              required
              aria-label={words.sources.file}
              onChange={(event) => setWanted({ ...wanted, file: event.target.files?.[0] })}
            />
          )}
        </fieldset>
      )}
      {asks.consent && (
        <label className="service-consent">
          <input type="checkbox" checked={wanted.consent} onChange={(event) => setWanted({ ...wanted, consent: event.target.checked })} />
          <span>{words.consent(CONSENT_VERSION)}</span>
        </label>
      )}
      <button type="submit" className="button primary" aria-disabled={busy}>
        {words.openVerification}
      </button>
    </form>
  );
}

function Standing({ seen }: { readonly seen: Seen }) {
  const rows: readonly (readonly [string, string | undefined])[] = [
    [words.facts.verification, seen.verificationId],
    [words.facts.policy, seen.policy],
    [words.facts.status, seen.status],
    [words.facts.because, seen.closedBecause],
    [words.facts.next, seen.nextStep],
    [words.facts.sessions, seen.sessions.length > 0 ? seen.sessions.join(', ') : undefined],
    [words.facts.review, seen.review],
  ];
  return (
    <dl>
      {rows.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function isUndecided(seen: Seen | undefined): boolean {
  return seen === undefined || seen.status === 'open' || seen.status === 'in_review';
}

const OPENED_KEY = 'prooflight.service';

/** The last verification that was opened for this subject: a reload of the page is not one of the service. */
function recallOpened(subject: string): string | undefined {
  try {
    const from = fields(JSON.parse(window.localStorage.getItem(OPENED_KEY) ?? '{}'));
    return from.subject === subject ? optionalText(from, 'verificationId') : undefined;
  } catch {
    return undefined;
  }
}

function noteOpened(subject: string, verificationId: string): void {
  window.localStorage.setItem(OPENED_KEY, JSON.stringify({ subject, verificationId }));
}
