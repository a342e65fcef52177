// The relying service of the developer menu, and other faces in front of the camera: what a service opens is handed
// to the page, checked, and seen again by the service.

import assert from 'node:assert/strict';
import { PHONE, picture } from './browser.mjs';
import { choosePortrait, openAsService, openService, portraitOf, seenByService } from './service.mjs';
import { openStage } from './stage.mjs';
import { assertAccessible, assertFits, begin, HEADING, press, record, seeHeading, seeResult, verificationOf } from './steps.mjs';

const { scenario } = openStage({ aws: true });

scenario('a service opens a verification, the page carries it out, the service sees it', { camera: 'live' }, async (page) => {
  const { body } = await openAsService(page, 'liveness');
  const { verificationId } = body;
  assert.equal(await page.getByText('You can carry on where you left off.').count(), 0, 'nobody has begun with it yet');
  const opened = await begin(page);
  assert.equal(opened.verificationId, verificationId, 'the page asks for a session of that verification');
  await record(page);
  await seeResult(page, HEADING.passed);
  assert.equal((await verificationOf(page)).status, 'approved');
  const seen = await seenByService(page, ({ Status }) => Status === 'approved');
  assert.equal(seen.Verification, verificationId);
  assert.equal(seen.Sessions, '1 passed');
  await picture(page, 'service-approved');
  await assertAccessible(page, 'the relying service');
});

scenario('a verification that the service calls off has run out for the page', { camera: 'live' }, async (page) => {
  await openAsService(page, 'liveness');
  const panel = await openService(page);
  await panel.getByRole('button', { name: 'Call it off' }).click();
  const seen = await seenStatus(panel, 'expired');
  assert.equal(seen, 'expired');
  await panel.getByRole('button', { name: 'Close' }).click();
  await page.reload();
  await seeHeading(page, 'This check has run out');
});

scenario('consent that the subject has not given is asked for by the backend', { camera: 'live', expect: ['refusal'] }, async (page) => {
  const { status } = await openAsService(page, 'age-gate', { consent: false });
  assert.equal(status, 422);
  await page.getByRole('alert').getByText('Refused: consent_required').waitFor();
  await page.setViewportSize(PHONE);
  await assertFits(page, 'the relying service on a phone');
});

scenario("another person's face in front of the camera is live too", { camera: 'live' }, async (page) => {
  await choosePortrait(page, portraitOf('obama'));
  await begin(page);
  await picture(page, 'portrait-chosen');
  await record(page);
  await seeResult(page, HEADING.passed);
  await page.reload();
  await page.getByRole('button', { name: /^Developer/ }).click();
  await page.getByText('obama.jpg').waitFor();
});

scenario('a print of another person is still a print', { camera: 'photo' }, async (page) => {
  await choosePortrait(page, portraitOf('obama'));
  await begin(page);
  await record(page);
  await seeResult(page, HEADING.failed);
});

scenario('a picture without a face is not taken', { camera: 'live' }, async (page) => {
  await page.getByRole('button', { name: /^Developer/ }).click();
  const menu = page.getByRole('dialog', { name: 'Developer menu' });
  const blank = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(320, 240);
    canvas.getContext('2d').fillRect(0, 0, 320, 240);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
    return [...bytes];
  });
  await menu.locator('input[type=file]').setInputFiles({ name: 'blank.png', mimeType: 'image/png', buffer: Buffer.from(blank) });
  await page.getByText('There is not exactly one face in this picture.').waitFor();
  await page.getByText('An astronaut (public domain)').waitFor();
  await assertAccessible(page, 'the developer menu');
  await press(page, 'Close');
});

async function seenStatus(panel, wanted) {
  const seen = panel.getByRole('region', { name: 'What the service sees' }).getByText(wanted, { exact: true });
  await seen.waitFor();
  return seen.textContent();
}
