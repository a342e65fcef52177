// The browser is killed right after the last chunk of video. Nobody calls back any more, and yet the verification is
// decided, its images are stored, and the workflow that waits for it goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, livenessResults, storedObjects } from './aws.mjs';
import { launchToKill, openPage } from './browser.mjs';
import { advance, fromPage } from './script.mjs';
import { openStage } from './stage.mjs';
import { begin, HEADING, press, seeHeading } from './steps.mjs';

const stage = openStage();
const SUBJECT = 'somebody-whose-browser-dies';

test('a browser that is killed right after its last chunk of video loses nothing', { timeout: 240_000 }, async () => {
  const { url, aws } = stage.server;
  // An operator's window, which outlives the other browser and has the feed open.
  const operator = await stage.open({ camera: 'own' });
  const { page: window } = operator;
  await window.goto(url);
  await window.getByRole('button', { name: 'Events' }).click();

  const { taskToken } = await fromPage(window, '/dev/task', {});
  const { verificationId } = await invoke(aws, 'open-verification', {
    subject: { issuer: 'https://prooflight.local/', subject: SUBJECT },
    idempotencyKey: 'run-1/Open',
    taskToken,
    request: { policy: 'liveness' },
  });

  const { session, askedToComplete } = await streamAndDie(url, verificationId);
  assert.deepEqual(askedToComplete, [], 'the browser has called back before it died');
  const seen = () => standing(window, verificationId);
  assert.equal((await seen()).status, 'open');
  // What the video shows is analysed without anybody at the other end.
  await until(async () => (await livenessResults(aws, session.sessionId)).Status === 'SUCCEEDED');
  assert.equal((await seen()).status, 'open', 'nobody has fetched it yet');
  assert.equal((await told(window, taskToken)).state, 'waiting');
  assert.equal((await storedObjects(aws)).size, 0);

  const why = await fromPage(window, `/dev/sessions/${session.sessionId}/explain`);
  await advance(window, 61);
  const said = why.cues.map(({ name, contribution, explanation }) => `${name} leaves ${contribution}: ${explanation}`);
  assert.equal((await seen()).status, 'approved', said.join('\n'));
  const images = await storedObjects(aws);
  for (const [key, bytes] of images) {
    assert.ok(key.includes(verificationId), key);
    assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff], `${key} is no JPEG`);
  }
  assert.ok(
    [...images.keys()].some((key) => key.includes('reference')),
    `no reference image: ${[...images.keys()]}`,
  );
  assert.ok(
    [...images.keys()].some((key) => key.includes('audit')),
    `no audit image: ${[...images.keys()]}`,
  );

  await until(async () => (await told(window, taskToken)).state !== 'waiting');
  const { state, output } = await told(window, taskToken);
  assert.deepEqual([state, output.verificationId, output.status], ['succeeded', verificationId, 'approved']);
  const feed = window.getByRole('complementary', { name: 'What leaves the system' });
  for (const said of ['Opened', 'Approved', 'The step goes on: Approved']) await feed.getByText(said, { exact: true }).waitFor();
  assert.ok(!(await feed.innerHTML()).includes(taskToken), 'the feed shows a whole token');
  await operator.check();
});

/** A check in a browser of its own that is killed when the empty chunk, which ends the video, has gone out. */
async function streamAndDie(url, verificationId) {
  const { browser, kill } = await launchToKill();
  try {
    const { page } = await openPage(browser, url);
    await page.addInitScript(
      ([subject, given]) => {
        localStorage.setItem('prooflight.subject', subject);
        sessionStorage.getItem('prooflight.verification') ?? sessionStorage.setItem('prooflight.verification', given);
      },
      [SUBJECT, JSON.stringify({ verificationId })],
    );
    const askedToComplete = [];
    page.on('request', (request) => request.url().endsWith('/complete') && askedToComplete.push(request.url()));
    const allSent = new Promise((resolve) => {
      page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => payload.includes('"VideoChunk":""') && resolve()));
    });
    await page.goto(url);
    await seeHeading(page, HEADING.ready);
    const opened = await begin(page);
    assert.equal(opened.verificationId, verificationId);
    await press(page, 'I am ready');
    await allSent;
    await kill();
    return { session: opened.session, askedToComplete };
  } finally {
    await kill();
  }
}

/** The verification as its subject sees it. */
async function standing(page, verificationId) {
  const { token } = await fromPage(page, '/dev/token', { subject: SUBJECT, scope: 'verify' });
  return fromPage(page, `/api/verifications/${verificationId}`, undefined, { authorization: `Bearer ${token}` });
}

/** How the step of the workflow stands. */
const told = (page, token) => fromPage(page, `/dev/task?token=${encodeURIComponent(token)}`);

/** Asks again until it is so; the test's own time-out is the end. */
async function until(isSo) {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100));
}
