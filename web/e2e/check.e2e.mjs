// The whole job in a real browser: Amplify's unmodified detector on the page, the functions and the local
// Rekognition behind it, simulated presenters in front. One after another, as one camera would.

import assert from 'node:assert/strict';
import { picture } from './browser.mjs';
import { openStage } from './stage.mjs';
import {
  assertAccessible,
  begin,
  colours,
  HEADING,
  press,
  record,
  seeHeading,
  seeResult,
  seeRetryOffered,
  verificationOf,
} from './steps.mjs';

const { scenario } = openStage();

scenario('a live person is approved', { camera: 'live' }, async (page) => {
  await picture(page, 'check-1-ready');
  const { session } = await begin(page);
  assert.equal(session.challenge, 'FaceMovementAndLightChallenge');
  await picture(page, 'check-2-start');
  await assertAccessible(page, 'the start screen of the detector');
  await record(page, async () => {
    await picture(page, 'check-3-recording');
    await colours(page);
    await picture(page, 'check-4-colours');
  });
  await seeResult(page, HEADING.passed);
  await picture(page, 'check-5-passed');
  assert.equal((await verificationOf(page)).status, 'approved');

  await page.reload();
  await seeHeading(page, HEADING.passed);
});

for (const [camera, name] of [
  ['photo', 'a printed photo is not approved, and another try is offered'],
  ['replay', 'a replay with other colours is not approved, and another try is offered'],
]) {
  scenario(name, { camera }, async (page) => {
    const first = await begin(page);
    await record(page, () => colours(page));
    await seeResult(page, HEADING.failed);
    await picture(page, `check-${camera}-failed`);
    await seeRetryOffered(page);
    assert.equal((await verificationOf(page)).status, 'open');

    const second = await begin(page, 'Try again');
    assert.equal(second.verificationId, first.verificationId);
    assert.notEqual(second.session.sessionId, first.session.sessionId);
  });
}

scenario('nobody in the picture: the time runs out, and the next session is had at once', { camera: 'nobody' }, async (page) => {
  const first = await begin(page);
  await record(page);
  await seeResult(page, HEADING.notSeen);
  await seeRetryOffered(page);
  const second = await begin(page, 'Try again');
  assert.equal(second.verificationId, first.verificationId);
  assert.notEqual(second.session.sessionId, first.session.sessionId);
});

scenario('movement only: a live person is approved without colours', { camera: 'live', policy: 'bot-check' }, async (page) => {
  const { session } = await begin(page);
  assert.equal(session.challenge, 'FaceMovementChallenge');
  assert.equal(await page.getByText('Flashing colours').count(), 0);
  await record(page);
  await seeResult(page, HEADING.passed);
  assert.equal((await verificationOf(page)).policy, 'bot-check');
});

scenario('a reload carries on with the same verification', { camera: 'live' }, async (page) => {
  const first = await begin(page);
  await page.reload();
  await page.getByText('You can carry on where you left off.').waitFor();
  await picture(page, 'check-resumed');
  const second = await begin(page, 'Continue the check');
  assert.equal(second.verificationId, first.verificationId);
  await record(page);
  await seeResult(page, HEADING.passed);
});

scenario('a check that is left and taken up again', { camera: 'live' }, async (page) => {
  const first = await begin(page);
  await press(page, 'Leave the check');
  await seeHeading(page, HEADING.ready);
  const second = await begin(page, 'Continue the check');
  assert.equal(second.verificationId, first.verificationId);
  await record(page);
  await seeResult(page, HEADING.passed);
});

scenario('a whole check by keyboard alone', { camera: 'live' }, async (page) => {
  const focusOn = async (name) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.textContent)) === name) return;
    }
    assert.fail(`the tabulator never reaches "${name}"`);
  };
  await focusOn('Start the check');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'I am ready' }).waitFor();
  await focusOn('I am ready');
  await page.keyboard.press('Enter');
  await seeHeading(page, HEADING.passed);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the result takes the focus');
});

scenario('the developer menu chooses who sits in front of the camera', { camera: 'own' }, async (page) => {
  await page.getByRole('button', { name: /^Developer/ }).click();
  await picture(page, 'developer-menu');
  await assertAccessible(page, 'the developer menu');
  await page.getByRole('radio', { name: /^A live person/ }).check();
  await page.getByLabel('Policy').selectOption('bot-check');
  await page.keyboard.press('Escape');
  const { session } = await begin(page);
  assert.equal(session.challenge, 'FaceMovementChallenge');
});

scenario('a moved clock lapses the session, and the next one is had', { camera: 'live' }, async (page) => {
  const first = await begin(page);
  await page.getByRole('button', { name: /^Developer/ }).click();
  // The page reloads by itself once the clock has been moved.
  await Promise.all([page.waitForEvent('load'), press(page, 'Advance 180 s')]);
  await page.getByText('You can carry on where you left off.').waitFor();
  const second = await begin(page, 'Continue the check');
  assert.equal(second.verificationId, first.verificationId);
  assert.notEqual(second.session.sessionId, first.session.sessionId);
  await record(page);
  await seeResult(page, HEADING.passed);
});
