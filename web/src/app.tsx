// The page: one screen per state of the flow. The detector, with TensorFlow.js the heavy part, is loaded while
// a person reads the first screen.

import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Config } from './config.ts';
import type { Developer } from './developer/load.ts';
import type { Runner } from './flow/runner.ts';
import type { State } from './flow/state.ts';
import { Boundary, BrokenScreen } from './screens/boundary.tsx';
import { Waiting } from './screens/frame.tsx';
import { AlternativeScreen, ExpiredScreen, LockedScreen, PassedScreen, RetryScreen, ReviewScreen } from './screens/outcome.tsx';
import { Page } from './screens/page.tsx';
import { ReadyScreen } from './screens/ready.tsx';
import { TroubleScreen } from './screens/trouble.tsx';
import { texts } from './texts.ts';

const loadDetector = (): Promise<typeof import('./detector/detector.tsx')> => import('./detector/detector.tsx');
const Detector = lazy(loadDetector);

interface AppProps {
  readonly config: Config;
  readonly runner: Runner;
  readonly developer: Developer | undefined;
}

export function App({ config, runner, developer }: AppProps) {
  const state = useSyncExternalStore(runner.subscribe, runner.state);
  useEffect(() => {
    // Fetched early so that a session's 180 s are not spent on a download; a failure shows when it is needed.
    loadDetector().catch(() => undefined);
  }, []);
  const checked = useLastChecked(state);
  const DeveloperMenu = developer?.Menu;
  return (
    <>
      <Page wide={state.at === 'checking' || state.at === 'ready'}>
        <Boundary fallback={<BrokenScreen />}>
          <Screen state={state} config={config} runner={runner} />
        </Boundary>
      </Page>
      {DeveloperMenu !== undefined && <DeveloperMenu onStartOver={() => runner.send({ type: 'started-over' })} checked={checked} />}
    </>
  );
}

/** The session whose video was delivered last: the developer menu can ask why its check ended as it did. */
function useLastChecked(state: State): string | undefined {
  const [checked, setChecked] = useState<string>();
  const delivered = state.at === 'deciding' ? state.of.sessionId : undefined;
  if (delivered !== undefined && delivered !== checked) setChecked(delivered);
  return checked;
}

interface ScreenProps {
  readonly state: State;
  readonly config: Config;
  readonly runner: Runner;
}

function Screen({ state, config, runner }: ScreenProps) {
  const again = useCallback(() => runner.send({ type: 'tried-again' }), [runner]);
  const alternative = useCallback(() => runner.send({ type: 'chose-alternative' }), [runner]);
  switch (state.at) {
    case 'loading':
      return <Waiting title={texts.loading.title} body={texts.loading.body} />;
    case 'ready':
      return <ReadyScreen state={state} onBegin={(consent) => runner.send({ type: 'began', consent })} onAlternative={alternative} />;
    case 'opening': {
      const { title, body } = state.camera === 'asking' ? texts.camera : texts.opening;
      return <Waiting title={title} body={body} />;
    }
    case 'checking':
      return (
        <Suspense fallback={<Waiting title={texts.checking.title} body={texts.checking.loading} />}>
          <Detector key={state.session.sessionId} session={state.session} streamEndpoint={config.streamEndpoint} send={runner.send} />
        </Suspense>
      );
    case 'deciding':
      return <Waiting title={texts.deciding.title} body={texts.deciding.body} />;
    case 'passed':
      return <PassedScreen config={config} />;
    case 'retry':
      return <RetryScreen state={state} onAgain={again} onAlternative={alternative} />;
    case 'locked':
      return <LockedScreen state={state} onAgain={again} onAlternative={alternative} />;
    case 'alternative':
      return <AlternativeScreen state={state} config={config} onBack={() => runner.send({ type: 'went-back' })} />;
    case 'review':
      return <ReviewScreen onAgain={again} />;
    case 'expired':
      return <ExpiredScreen onAgain={again} onAlternative={alternative} />;
    case 'trouble':
      return <TroubleScreen state={state} onAgain={again} onAlternative={alternative} />;
  }
}
