// Makes the pictures of the documentation again (`npm run images`): the page, its outcomes, the console, the relying
// service and the feed, in a light window of one size, from the real functions. Not a test; it fails only if a screen does not come.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { invoke } from './aws.mjs';
import { DESKTOP, launch, openPage } from './browser.mjs';
import { endWith, fromPage, LIVE, NOT_LIVE } from './script.mjs';
import { startServer } from './server.mjs';
import { openAsService, seenByService } from './service.mjs';
import { begin, HEADING, press, record, seeHeading, seePictures, seeResult } from './steps.mjs';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'images');
const DOUBTFUL = { status: 'SUCCEEDED', confidence: 71.5, referenceImage: true, auditImages: 4, feedback: ['LOW_LIGHTING_DETECTED'] };
const SOURCE = { source: "The presenter's portrait" };

const server = await startServer();
const browser = await launch();
try {
  await pagesOfACheck();
  await outcomes();
  await consoleAndService();
  await feed();
} finally {
  await browser.close();
  await server.stop();
}

async function visit(path = '/', heading = HEADING.ready) {
  const { page } = await openPage(browser, server.url, {
    camera: 'live',
    viewport: DESKTOP,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  await page.goto(server.url + path);
  await seeHeading(page, heading);
  return page;
}

async function review(name) {
  const page = await visit('/review', 'Waiting for a review');
  await page.getByLabel('Reviewer').fill(name);
  await Promise.all([page.waitForEvent('load'), press(page, 'Use')]);
  await page.locator('.queue-row').first().waitFor();
  return page;
}

async function take(page, name) {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
}

/** Photographs make a large PNG: 256 colours are enough to show how the pictures stand beside one another. */
async function shrink(name) {
  const path = join(FOLDER, `${name}.png`);
  const folder = await mkdtemp(join(tmpdir(), 'prooflight-images-'));
  const small = join(folder, 'small.png');
  const palette = 'split[all][few];[few]palettegen=max_colors=256[colours];[all][colours]paletteuse=dither=none';
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', path, '-vf', palette, '-compression_level', '100', small]);
  await copyFile(small, path);
  await rm(folder, { recursive: true });
}

async function pagesOfACheck() {
  const page = await visit();
  await take(page, 'page');
  await begin(page);
  await record(page, async () => {
    // The words of the oval are what the picture is about; they come a moment after the recording has begun.
    await page.locator('.amplify-liveness-match-indicator').waitFor();
    await page.screenshot({ path: join(FOLDER, 'check.png') });
  });
  await page.context().close();
}

async function outcomes() {
  const page = await visit();
  await endWith(page, { ...NOT_LIVE, feedback: ['LOW_LIGHTING_DETECTED', 'FACE_OBSTRUCTION_DETECTED'] });
  await seeResult(page, HEADING.failed);
  await take(page, 'retry');
  for (const heading of [HEADING.failed, HEADING.failed, 'Let us verify you another way']) {
    await endWith(page, NOT_LIVE, 'Try again');
    await seeResult(page, heading);
  }
  await take(page, 'alternative');
  await page.getByRole('button', { name: /^Developer/ }).click();
  await press(page, 'New verification');
  await seeHeading(page, HEADING.ready);
  await endWith(page, { ...NOT_LIVE, feedback: ['FACE_NOT_ALIGNED'] });
  await seeResult(page, 'Please take a break');
  await take(page, 'locked');
  await page.context().close();
}

/** Somebody whose check waits for a reviewer. */
async function doubt() {
  const page = await visit();
  await openAsService(page, 'onboarding', SOURCE);
  await endWith(page, DOUBTFUL);
  await seeResult(page, 'We are taking a closer look');
  await page.context().close();
}

async function consoleAndService() {
  await doubt();
  await doubt();

  const enrolled = await visit();
  await openAsService(enrolled, 'onboarding', SOURCE);
  await endWith(enrolled, LIVE);
  await seeResult(enrolled, HEADING.passed);
  await seenByService(enrolled, ({ Status }) => Status === 'approved');
  await press(enrolled, 'Enrol the face');
  await enrolled.getByText('Enrolment: enrolled').waitFor();
  await take(enrolled, 'relying-service');
  await enrolled.context().close();

  const known = await visit();
  await openAsService(known, 'onboarding', SOURCE);
  await endWith(known, LIVE);
  await seeResult(known, 'We are taking a closer look');
  await known.context().close();
  await doubt();

  const other = await review('reviewer-2');
  await other.locator('.queue-row').nth(1).click();
  await seePictures(other);
  await other.context().close();

  const reviewer = await review('reviewer-1');
  await reviewer.locator('.queue-row').nth(3).waitFor();
  await take(reviewer, 'review-queue');
  await reviewer.keyboard.press('ArrowDown');
  await reviewer.keyboard.press('Enter');
  await seePictures(reviewer);
  await reviewer.keyboard.press('d');
  await reviewer.keyboard.press('2');
  await take(reviewer, 'review-case');
  await shrink('review-case');
  await reviewer.context().close();
}

/** A check that a workflow waits for, seen from beside it. */
async function feed() {
  const page = await visit();
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  const { taskToken } = await fromPage(page, '/dev/task', {});
  const subject = { issuer: 'https://prooflight.local/', subject: await page.evaluate(() => localStorage.getItem('prooflight.subject')) };
  const task = { subject, taskToken, request: { policy: 'liveness' } };
  const { verificationId } = await invoke(server.aws, 'open-verification', task);
  await page.evaluate((given) => sessionStorage.setItem('prooflight.verification', given), JSON.stringify({ verificationId }));
  await page.reload();
  await seeHeading(page, HEADING.ready);
  await endWith(page, LIVE);
  await seeResult(page, HEADING.passed);
  await page.getByText('The step goes on: Approved', { exact: true }).waitFor();
  // The stream stays open: the network is never idle.
  await page.screenshot({ path: join(FOLDER, 'feed.png'), animations: 'disabled' });
  await page.context().close();
}
