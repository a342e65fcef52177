// Coaching, tries, the pause and the other way, with the real functions behind the page; the results are scripted,
// because it takes five failures in three minutes to be paused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { picture } from './browser.mjs';
import { advance, endWith, LIVE, NOT_LIVE } from './script.mjs';
import { openStage } from './stage.mjs';
import { HEADING, press, seeHeading, seeResult, verificationOf } from './steps.mjs';

const stage = openStage();

const DENIED = 'Let us verify you another way';
const PAUSED = 'Please take a break';

async function open() {
  const opened = await stage.open({ expect: ['refusal'] });
  await opened.page.goto(stage.server.url);
  await seeHeading(opened.page, HEADING.ready);
  return opened;
}

const startOver = async (page) => {
  await page.getByRole('button', { name: /^Developer/ }).click();
  await press(page, 'New verification');
  await seeHeading(page, HEADING.ready);
};

test('what Rekognition saw becomes advice, and nothing else is told', { timeout: 240_000 }, async () => {
  const { page, check } = await open();
  await endWith(page, { ...NOT_LIVE, feedback: ['LOW_LIGHTING_DETECTED', 'FACE_OBSTRUCTION_DETECTED'] });
  await seeResult(page, HEADING.failed);
  await page.getByText('3 tries are left.').waitFor();
  const tips = await page.locator('.card ul.plain li').allTextContents();
  assert.deepEqual(tips, [
    'Take off sunglasses, mask, hat or headphones, and brush hair from your face.',
    'Go where it is brighter, with the light in front of you.',
  ]);
  assert.ok(!/\d{2}|score|confidence/i.test(await page.locator('main').innerText()), 'the page tells more than it may');
  await check();
});

test('the last try that fails leads the other way, and stays there', { timeout: 240_000 }, async () => {
  const { page, check } = await open();
  const sessions = new Set();
  for (const [left, button] of [
    ['3 tries are left.', 'Start the check'],
    ['2 tries are left.', 'Try again'],
    ['One try is left.', 'Try again'],
  ]) {
    const { session } = await endWith(page, NOT_LIVE, button);
    sessions.add(session.sessionId);
    await seeResult(page, HEADING.failed);
    await page.getByText(left).waitFor();
  }
  const { session } = await endWith(page, NOT_LIVE, 'Try again');
  sessions.add(session.sessionId);
  await seeResult(page, DENIED);
  assert.equal(sessions.size, 4, 'every try has a session of its own');
  assert.equal(await page.getByRole('button', { name: 'Back to the video check' }).count(), 0);
  const { status, nextStep } = await verificationOf(page);
  assert.deepEqual([status, nextStep], ['denied', 'alternative']);
  await page.reload();
  await seeHeading(page, DENIED);

  // The fifth failure within three minutes pauses the check, whatever verification it belongs to.
  await startOver(page);
  await endWith(page, { ...NOT_LIVE, feedback: ['FACE_NOT_ALIGNED'] });
  await seeResult(page, PAUSED);
  await page.getByText(/^You can come back (today|tomorrow) at \d/).waitFor();
  await page.getByText('You can try again in about 30 minutes.').waitFor();
  await page.getByText('Face the camera straight on').waitFor();
  await picture(page, 'limits-locked');
  // The button can be reached, says that it has to wait, and does nothing.
  const again = page.getByRole('button', { name: 'Try again' });
  assert.equal(await again.getAttribute('aria-disabled'), 'true');
  await again.click({ force: true });
  await seeHeading(page, PAUSED);

  // Neither a reload nor a new verification gets around it, and the other way is open all the while.
  await page.reload();
  await seeHeading(page, PAUSED);
  await startOver(page);
  await press(page, 'Start the check');
  await seeHeading(page, PAUSED);
  await press(page, 'Use another way');
  await seeHeading(page, 'Another way to verify');

  await advance(page, 1_801);
  await startOver(page);
  await endWith(page, LIVE);
  await seeResult(page, HEADING.passed);
  await check();
});

test('ten checks begun in an hour are enough for now', { timeout: 240_000 }, async () => {
  const { page, check } = await open();
  const answers = await page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ subject: localStorage.getItem('prooflight.subject'), scope: 'verify' });
    const { token } = await (await fetch('/dev/token', { method: 'POST', headers, body })).json();
    const create = () =>
      fetch('/api/verifications', { method: 'POST', headers: { ...headers, authorization: `Bearer ${token}` }, body: '{}' });
    const statuses = [];
    for (let begun = 0; begun < 10; begun += 1) {
      statuses.push((await create()).status);
      // Past the life of its session, which would hold a try.
      await fetch('/dev/clock', { method: 'POST', headers, body: '{"advanceSeconds":200}' });
    }
    return statuses;
  });
  assert.deepEqual(new Set(answers), new Set([201]));
  await press(page, 'Start the check');
  await seeHeading(page, PAUSED);
  await page.getByText('No try is used up by that.').waitFor();
  await check();
});
