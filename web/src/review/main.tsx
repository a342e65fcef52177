// The start of the reviewer console, a page of its own at `/review/`: an end user's page loads nothing of it.

import { createRoot } from 'react-dom/client';
import { type Config, loadConfig } from '../config.ts';
import { identityFor, REVIEWER } from '../identity.ts';
import '../styles/page.css';
import '../styles/parts.css';
import { Boundary } from '../screens/boundary.tsx';
import { Console } from './app.tsx';
import { createReviewClient } from './client.ts';
import './review.css';
import { createReviewRunner } from './runner.ts';
import { Broken, Shell } from './shell.tsx';
import { reviewTexts as words } from './texts.ts';

const container = document.getElementById('root');
if (container === null) throw new Error('the page has no #root');
const root = createRoot(container);

loadConfig(window.fetch.bind(window)).then(start, () =>
  root.render(
    <Shell>
      <Broken message={words.unconfigured} />
    </Shell>,
  ),
);

async function start(config: Config): Promise<void> {
  // In local mode there is nobody to sign in: the name of the reviewer is typed in.
  const local = config.mode === 'local' ? (await import('../developer/reviewer.tsx')).ReviewerField : undefined;
  const client = createReviewClient({
    apiBase: config.apiBase,
    identity: identityFor(config, window.fetch.bind(window), REVIEWER),
    fetch: window.fetch.bind(window),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => window.setTimeout(resolve, ms)),
    isOnline: () => navigator.onLine,
  });
  const runner = createReviewRunner(client, () => Date.now());
  runner.send({ type: 'asked-for-queue' });
  root.render(
    <Boundary
      fallback={
        <Shell>
          <Broken message={words.broken} />
        </Shell>
      }
    >
      <Console runner={runner} Reviewer={local} />
    </Boundary>,
  );
}
