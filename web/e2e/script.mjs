// Results without a camera: Rekognition's answer to a session is written down (`/dev/outcome`), and the page asks for it
// as it does after a reload in the middle of a check.

import { begin } from './steps.mjs';

/** Answers of the liveness check. */
export const LIVE = { status: 'SUCCEEDED', confidence: 97.5, referenceImage: true, auditImages: 2 };
export const NOT_LIVE = { status: 'SUCCEEDED', confidence: 12, referenceImage: true, auditImages: 2 };

/** Begins a session and lets it end with a result. Resolves to the answer that opened it. */
export async function endWith(page, outcome, button = 'Start the check') {
  const opened = await begin(page, button);
  await fromPage(page, '/dev/outcome', { sessionId: opened.session.sessionId, ...outcome });
  await page.evaluate(
    ([verificationId, sessionId]) =>
      sessionStorage.setItem('prooflight.verification', JSON.stringify({ verificationId, begun: true, sessionId })),
    [opened.verificationId, opened.session.sessionId],
  );
  await page.reload();
  return opened;
}

/** Moves the clock of the local services. */
export const advance = (page, advanceSeconds) => fromPage(page, '/dev/clock', { advanceSeconds });

/** Asks the page's own server from the page, which trusts its certificate; with a body it is a POST. Resolves to the answer. */
export async function fromPage(page, path, body, headers = {}) {
  const [status, answer] = await page.evaluate(
    async ([path, options]) => {
      const answer = await fetch(path, options);
      return [answer.status, await answer.json()];
    },
    [
      path,
      body === undefined ? { headers } : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    ],
  );
  if (status !== 200) throw new Error(`${path} answered ${status}`);
  return answer;
}
