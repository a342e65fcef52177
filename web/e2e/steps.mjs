// The steps of a check as a person takes them, found by role and name like a screen reader finds them.

import assert from 'node:assert/strict';
import axe from 'axe-core';

export const HEADING = {
  ready: 'A quick check that it is really you',
  passed: 'Thank you, that worked',
  failed: 'That did not work yet',
  notSeen: 'We could not see your face in the oval',
  noCamera: 'We found no camera',
  cameraDenied: 'The camera is switched off for this page',
  cameraInUse: 'The camera is busy',
};

/** Generous, because the machine may be busy; every wait ends with its event. */
const PATIENCE = 90_000;

export async function seeHeading(page, name) {
  await page.getByRole('heading', { level: 1, name }).waitFor({ timeout: PATIENCE });
}

const WAITING = ['Looking at the result', 'One moment'];

/** The screen that follows a recording, once it is not one that waits: at once wrong when it is another than expected. */
export async function seeResult(page, name) {
  await page.waitForFunction(
    (waiting) => {
      const heading = document.querySelector('.card h1')?.textContent;
      return heading !== undefined && !waiting.includes(heading);
    },
    WAITING,
    { timeout: PATIENCE },
  );
  assert.equal(await page.locator('.card h1').textContent(), name);
}

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click({ timeout: PATIENCE });

/** From the first screen to the start screen of the detector. Resolves to the session that was opened. */
export async function begin(page, button = 'Start the check') {
  const answered = page.waitForResponse((response) => isCreate(response.request()), { timeout: PATIENCE });
  await press(page, button);
  const response = await answered;
  assert.equal(response.status(), 201, `no session was opened: ${await response.text()}`);
  const answer = await response.json();
  await page.getByRole('button', { name: 'I am ready' }).waitFor({ timeout: PATIENCE });
  return answer;
}

function isCreate(request) {
  return request.method() === 'POST' && /\/api\/verifications(\/[^/]+\/sessions)?$/.test(new URL(request.url()).pathname);
}

/** Runs the video check to the end of its recording. Resolves when the page shows its next screen. */
export async function record(page, during = async () => undefined) {
  await press(page, 'I am ready');
  await page.locator('.amplify-liveness-recording-icon').waitFor({ timeout: PATIENCE });
  await during();
  await page.locator('.card h1').waitFor({ timeout: PATIENCE });
}

/** Resolves while colours are on the screen. */
export async function colours(page) {
  await page.waitForFunction(
    () => {
      const canvas = document.querySelector('canvas.amplify-liveness-freshness-canvas');
      return canvas?.style.display === 'block' && canvas.width > 0;
    },
    undefined,
    { timeout: PATIENCE },
  );
}

/** What the backend says of the verification that the page remembers, asked with the page's own subject. */
export async function verificationOf(page) {
  return page.evaluate(async () => {
    const { verificationId } = JSON.parse(sessionStorage.getItem('prooflight.verification') ?? '{}');
    const subject = localStorage.getItem('prooflight.subject');
    const headers = { 'content-type': 'application/json' };
    const issued = await fetch('/dev/token', { method: 'POST', headers, body: JSON.stringify({ subject, scope: 'verify' }) });
    const { token } = await issued.json();
    const answer = await fetch(`/api/verifications/${verificationId}`, { headers: { authorization: `Bearer ${token}` } });
    return answer.json();
  });
}

/** Every picture of a case is there to be looked at. */
export async function seePictures(page) {
  await page.locator('.pictures img').first().waitFor();
  // Rejects when one of them is no picture.
  await page.locator('.pictures img').evaluateAll((images) => Promise.all(images.map((image) => image.decode())));
}

/** Tries are offered again, the other way stands beside, and at least one piece of advice is given. */
export async function seeRetryOffered(page) {
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await page.getByRole('button', { name: 'Use another way' }).waitFor();
  assert.ok((await page.locator('.card ul.plain li').count()) > 0, 'no advice is given');
}

/** Nothing may stick out to the right: that is what makes people scroll sideways. */
export async function assertFits(page, what) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${what} is ${content} px wide in a window of ${window} px`);
}

/** WCAG 2.2 A and AA, as far as a program can tell: contrast, names, roles, order. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  assert.deepEqual(violations, [], `${what} breaks accessibility rules`);
}
