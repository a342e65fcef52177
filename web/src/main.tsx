// The start of the page: reads the configuration, wires identity, API and flow together, renders. Nothing is
// decided here, and nothing waits for React: the flow is running before the first screen is drawn.

import { createRoot } from 'react-dom/client';
import { createClient } from './api/client.ts';
import { App } from './app.tsx';
import { type Config, loadConfig } from './config.ts';
import { checkCamera, isSupported } from './detector/camera-check.ts';
import { loadDeveloper } from './developer/load.ts';
import { createRunner } from './flow/runner.ts';
import { identityFor } from './identity.ts';
import { arrive } from './link.ts';
import { recall } from './memory.ts';
import { StartFailure } from './screens/start-failure.tsx';
import './styles/page.css';
import './styles/parts.css';
import { CONSENT_VERSION } from './texts.ts';

const container = document.getElementById('root');
if (container === null) throw new Error('the page has no #root');
const root = createRoot(container);

loadConfig(window.fetch.bind(window))
  .then(start)
  .catch(() => root.render(<StartFailure />));

async function start(config: Config): Promise<void> {
  if (!isSupported()) return void root.render(<StartFailure why="unsupported" />);
  const fetchFrom = window.fetch.bind(window);
  const arrival = await arrive({
    apiBase: config.apiBase,
    fetch: fetchFrom,
    location: window.location,
    history: window.history,
    storage: window.sessionStorage,
    randomId: () => crypto.randomUUID(),
  });
  if (arrival.by === 'spent') return void root.render(<StartFailure why="linkSpent" />);
  const developer = config.mode === 'local' ? await loadDeveloper() : undefined;
  const runner = createRunner({
    client: createClient({
      apiBase: config.apiBase,
      identity: arrival.by === 'link' ? arrival.identity : identityFor(config, fetchFrom),
      fetch: fetchFrom,
      now: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => window.setTimeout(resolve, ms)),
      isOnline: () => navigator.onLine,
    }),
    policy: () => developer?.policy() ?? config.policy,
    consentVersion: CONSENT_VERSION,
    askCamera: checkCamera,
    sessionStorage: window.sessionStorage,
    localStorage: window.localStorage,
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    setTimer: (run, ms) => void window.setTimeout(run, ms),
  });
  window.addEventListener('online', () => {
    const state = runner.state();
    if (state.at === 'trouble' && state.trouble === 'offline') runner.send({ type: 'tried-again' });
  });
  runner.send({ type: 'started', remembered: recall(window.sessionStorage) });
  // No StrictMode: in development it mounts everything twice, and the detector opens its stream when it mounts.
  // A session is good for one stream, so the second one would be refused.
  root.render(<App config={config} runner={runner} developer={developer} />);
}
