// The developer menu: quiet buttons in the corner, and a panel behind each. A native `dialog` brings focus handling,
// Escape and the return of the focus with it.

import { type FormEvent, lazy, Suspense, useId, useRef, useState } from 'react';
import { changeLocalSubject, localSubject } from '../identity.ts';
import { forget } from '../memory.ts';
import { PRESENTERS } from '../presenters/kinds.ts';
import { Why } from './explain/why.tsx';
import { feedTexts } from './feed-texts.ts';
import './menu.css';
import { PortraitField } from './portrait-field.tsx';
import { RelyingService } from './service.tsx';
import { type CameraChoice, readSettings, type Settings, USER_POLICIES, writeSettings } from './settings.ts';
import { developerTexts as words } from './texts.ts';

const FeedPanel = lazy(() => import('./feed.tsx'));

/** Kept by the tab: the page reloads when the clock is moved, and whoever watches wants to see what that does. */
const FEED_KEY = 'prooflight.feed';

const CAMERAS: readonly CameraChoice[] = ['own', ...PRESENTERS];

interface MenuProps {
  readonly onStartOver: () => void;
  /** The session whose check ended last, as long as this page is open. */
  readonly checked: string | undefined;
}

export function DeveloperMenu({ onStartOver, checked }: MenuProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [settings, setSettings] = useState(() => readSettings(window.localStorage));
  const [clockFailed, setClockFailed] = useState(false);
  const [watching, setWatching] = useState(() => window.sessionStorage.getItem(FEED_KEY) !== null);
  const feedButton = useRef<HTMLButtonElement>(null);
  const group = useId();

  function watch(open: boolean): void {
    if (open) window.sessionStorage.setItem(FEED_KEY, 'open');
    else window.sessionStorage.removeItem(FEED_KEY);
    setWatching(open);
    feedButton.current?.focus();
  }

  function change(next: Settings): void {
    writeSettings(window.localStorage, next);
    setSettings(next);
  }

  async function advance(seconds: number): Promise<void> {
    const answer = await fetch('/dev/clock', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ advanceSeconds: seconds }),
    }).catch(() => undefined);
    // Whatever is on the screen may be out of date now; a reload asks the backend where the verification stands.
    if (answer?.ok) window.location.reload();
    else setClockFailed(true);
  }

  function startOver(): void {
    dialog.current?.close();
    onStartOver();
  }

  return (
    <>
      <div className="developer-corner">
        {checked !== undefined && <Why sessionId={checked} />}
        <button
          type="button"
          className="developer-open"
          ref={feedButton}
          aria-expanded={watching}
          aria-controls={`${group}-feed`}
          onClick={() => watch(!watching)}
        >
          {feedTexts.open}
        </button>
        <RelyingService />
        <button type="button" className="developer-open" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
          {words.open}
          <span className="developer-camera">{words.cameras[settings.camera][0]}</span>
        </button>
      </div>
      {watching && (
        <Suspense fallback={null}>
          <FeedPanel id={`${group}-feed`} onClose={() => watch(false)} />
        </Suspense>
      )}
      <dialog className="developer" ref={dialog} aria-labelledby={`${group}-title`}>
        <header>
          <h2 id={`${group}-title`}>{words.title}</h2>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {words.close}
          </button>
        </header>
        <p className="quiet">{words.intro}</p>

        <fieldset>
          <legend>{words.camera}</legend>
          {CAMERAS.map((camera) => (
            <label key={camera}>
              <input
                type="radio"
                name={`${group}-camera`}
                value={camera}
                checked={settings.camera === camera}
                onChange={() => change({ ...settings, camera })}
              />
              <span>
                <strong>{words.cameras[camera][0]}</strong> {words.cameras[camera][1]}
              </span>
            </label>
          ))}
        </fieldset>

        <PortraitField />

        <label className="developer-field">
          <span>{words.policy}</span>
          <select
            value={settings.policy ?? ''}
            onChange={(event) => change({ ...settings, policy: USER_POLICIES.find((policy) => policy === event.target.value) })}
          >
            <option value="">{words.policyDefault}</option>
            {USER_POLICIES.map((policy) => (
              <option key={policy}>{policy}</option>
            ))}
          </select>
          <small>{words.policyHint}</small>
        </label>

        <SubjectField />

        <fieldset>
          <legend>{words.clock}</legend>
          <div className="developer-row">
            {words.clockSteps.map(([label, seconds]) => (
              <button key={label} type="button" className="button" onClick={() => void advance(seconds)}>
                {label}
              </button>
            ))}
          </div>
          <p className="error" role="alert">
            {clockFailed ? words.clockFailed : ''}
          </p>
        </fieldset>

        <div className="developer-row">
          <button type="button" className="button primary" onClick={startOver}>
            {words.startOver}
          </button>
          <a className="button" href="/review/">
            {words.console}
          </a>
        </div>
      </dialog>
    </>
  );
}

function SubjectField() {
  const [subject, setSubject] = useState(localSubject);
  function use(event: FormEvent): void {
    event.preventDefault();
    const chosen = subject.trim();
    if (chosen === '') return;
    changeLocalSubject(chosen);
    // The verification in progress belongs to the subject before.
    forget(window.sessionStorage);
    window.location.reload();
  }
  return (
    <form className="developer-field" onSubmit={use}>
      <label htmlFor="developer-subject">{words.subject}</label>
      <div className="developer-row">
        <input
          id="developer-subject"
          value={subject}
          maxLength={64}
          autoComplete="off"
          onChange={(event) => setSubject(event.target.value)}
        />
        <button type="submit" className="button">
          {words.subjectChange}
        </button>
      </div>
      <small>{words.subjectHint}</small>
    </form>
  );
}
