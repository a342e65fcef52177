// After the check: passed, another try with coaching, locked out for a while, in review, run out, and the
// other way. No screen tells a score or which part of the check failed: the answer does not carry it either.

import type { Config } from '../config.ts';
import type { State } from '../flow/state.ts';
import { texts } from '../texts.ts';
import { localWhen } from '../when.ts';
import { Actions, Frame } from './frame.tsx';
import { Patience, useSecondsUntil } from './patience.tsx';

type At<Name extends State['at']> = Extract<State, { readonly at: Name }>;

interface Choices {
  readonly onAgain: () => void;
  readonly onAlternative: () => void;
}

export function PassedScreen({ config }: { readonly config: Config }) {
  return (
    <Frame title={texts.passed.title} icon="check" tone="good">
      <p className="lead">{texts.passed.body}</p>
      {config.returnUrl === undefined ? (
        <p className="quiet">{texts.passed.close}</p>
      ) : (
        <Actions>
          <a className="button primary" href={config.returnUrl}>
            {texts.passed.go}
          </a>
        </Actions>
      )}
    </Frame>
  );
}

export function RetryScreen({ state, onAgain, onAlternative }: Choices & { readonly state: At<'retry'> }) {
  const { title, body } = texts.retry.reasons[state.why];
  const known = knownTips(state.tips);
  return (
    <Frame title={title} icon={state.why === 'timed-out' ? 'clock' : 'face'} tone="careful">
      <p className="lead">{body}</p>
      {state.attemptsLeft !== undefined && <p className="quiet">{texts.retry.attempts(state.attemptsLeft)}</p>}
      <Tips title={texts.retry.tipsTitle} tips={known.length > 0 ? known : texts.generalTips} />
      <AgainOrAlternative again={texts.retry.again} onAgain={onAgain} onAlternative={onAlternative} />
    </Frame>
  );
}

export function LockedScreen({ state, onAgain, onAlternative }: Choices & { readonly state: At<'locked'> }) {
  const { locked } = texts;
  const seconds = useSecondsUntil(state.until);
  const when = localWhen(state.until, Date.now());
  const tips = knownTips(state.tips);
  return (
    <Frame title={locked.title} icon="clock" tone="careful">
      <p className="lead">{locked.reasons[state.why]}</p>
      {seconds > 0 && (
        <p>
          <time className="until" dateTime={new Date(state.until).toISOString()}>
            {locked.until[when.day](when)}
          </time>
        </p>
      )}
      <Patience seconds={seconds} wait={texts.wait} over={texts.waitOver} />
      {seconds > 0 && <p className="quiet">{locked.meanwhile}</p>}
      {tips.length > 0 && <Tips title={locked.tipsTitle} tips={tips} />}
      <AgainOrAlternative again={locked.again} waiting={seconds > 0} onAgain={onAgain} onAlternative={onAlternative} />
    </Frame>
  );
}

/** The advice to the codes of an answer. A code that a later backend adds has none here and is left out. */
function knownTips(codes: readonly string[]): readonly string[] {
  return codes.map((code) => texts.tips[code]).filter((tip) => tip !== undefined);
}

function Tips({ title, tips }: { readonly title: string; readonly tips: readonly string[] }) {
  return (
    <>
      <h2>{title}</h2>
      <ul className="plain">
        {tips.map((tip) => (
          <li key={tip}>{tip}</li>
        ))}
      </ul>
    </>
  );
}

export function ReviewScreen({ onAgain }: Pick<Choices, 'onAgain'>) {
  return (
    <Frame title={texts.review.title} icon="eye">
      <p className="lead">{texts.review.body}</p>
      <Actions>
        <button type="button" className="button" onClick={onAgain}>
          {texts.review.again}
        </button>
      </Actions>
    </Frame>
  );
}

export function ExpiredScreen({ onAgain, onAlternative }: Choices) {
  return (
    <Frame title={texts.expired.title} icon="clock">
      <p className="lead">{texts.expired.body}</p>
      <AgainOrAlternative again={texts.expired.again} onAgain={onAgain} onAlternative={onAlternative} />
    </Frame>
  );
}

interface AlternativeProps {
  readonly state: At<'alternative'>;
  readonly config: Config;
  readonly onBack: () => void;
}

export function AlternativeScreen({ state, config, onBack }: AlternativeProps) {
  const { alternative } = texts;
  const { title, body } = alternative.reasons[state.why];
  return (
    <Frame title={title} icon="person">
      <p className="lead">{body}</p>
      {config.alternativeUrl === undefined && <p>{alternative.how}</p>}
      <Actions>
        {config.alternativeUrl !== undefined && (
          <a className="button primary" href={config.alternativeUrl}>
            {alternative.go}
          </a>
        )}
        {state.back !== undefined && (
          <button type="button" className="button" onClick={onBack}>
            {alternative.back}
          </button>
        )}
      </Actions>
    </Frame>
  );
}

/** Trying again and the other way, side by side. While one has to wait the button stays reachable and says so. */
export function AgainOrAlternative({ again, waiting = false, onAgain, onAlternative }: Choices & { again: string; waiting?: boolean }) {
  return (
    <Actions>
      <button type="button" className="button primary" aria-disabled={waiting} onClick={() => waiting || onAgain()}>
        {again}
      </button>
      <button type="button" className="button" onClick={onAlternative}>
        {texts.ready.alternative}
      </button>
    </Actions>
  );
}
