// Whole journeys through everything: a service opens, a person in front of the camera, a reviewer at the console, an
// enrolment, an erasure. The faces are of different people; what is compared is compared for real.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage, picture } from './browser.mjs';
import { endWith } from './script.mjs';
import { startServer } from './server.mjs';
import { choosePortrait, openAsService, openService, portraitOf, seenByService, youngerPortrait } from './service.mjs';
import { begin, HEADING, press, record, seeHeading, seePictures, seeResult } from './steps.mjs';

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

const IN_REVIEW = 'We are taking a closer look';
const DENIED = 'Let us verify you another way';
const QUEUE = 'Waiting for a review';
const DECIDE = 'Is this a live person, and the right one?';
/** Between what `onboarding` looks at and what it approves. */
const DOUBTFUL = { status: 'SUCCEEDED', confidence: 70, referenceImage: true, auditImages: 4 };
const LIVE = { ...DOUBTFUL, confidence: 97.5 };

/**
 * One journey, with a backend of its own: who is enrolled and what waits for a review is seen by everybody. Every page
 * that it opens has a storage, and so a subject, of its own.
 */
function journey(name, run) {
  test(name, { timeout: 300_000 }, async () => {
    const server = await startServer();
    const pages = [];
    const open = async (path, heading, options = {}) => {
      const opened = await openPage(browser, server.url, { also: [server.aws], expect: ['aws', 'refusal'], ...options });
      pages.push(opened);
      await opened.page.goto(server.url + path);
      await seeHeading(opened.page, heading);
      return opened.page;
    };
    try {
      await run({ visit: (options) => open('/', HEADING.ready, options), review: () => open('/review', QUEUE) });
      for (const { check } of pages) await check();
    } catch (failure) {
      for (const [at, { page }] of pages.entries()) {
        await picture(page, `failed-${name.replace(/\W+/g, '-')}-${at}`).catch(() => undefined);
      }
      throw failure;
    } finally {
      await Promise.all(pages.map(({ page }) => page.context().close()));
      await server.stop();
    }
  });
}

/** A whole check in front of the simulated camera. */
async function check(page, result, button = 'Start the check') {
  await begin(page, button);
  await record(page);
  await seeResult(page, result);
}

async function enrol(page) {
  const panel = await openService(page);
  await panel.getByRole('button', { name: 'Enrol the face' }).click();
  await panel.getByText('Enrolment: enrolled').waitFor();
  await panel.getByRole('button', { name: 'Close' }).click();
}

/** Opens the case that waits longest, gives a verdict by keys, and waits for what the console says of it. */
async function judge(page, keys, said) {
  await press(page, 'Load again');
  await page.locator('.queue-row').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await seeHeading(page, DECIDE);
  await seePictures(page);
  for (const key of keys) await page.keyboard.press(key);
  await page.getByText(said).waitFor();
}

journey('onboarding against the picture on record, then a step-up: the same person passes, another does not', async ({ visit }) => {
  const page = await visit({ camera: 'live' });
  await openAsService(page, 'onboarding', { source: "The presenter's portrait" });
  await check(page, HEADING.passed);
  await seenByService(page, ({ Status }) => Status === 'approved');
  await page.keyboard.press('Escape');
  await enrol(page);

  await openAsService(page, 'step-up');
  await check(page, HEADING.passed);
  await page.reload();

  await choosePortrait(page, portraitOf('obama'));
  await openAsService(page, 'step-up');
  await check(page, HEADING.failed);
  // It looks like any check that failed: whether the face or the light was wrong is not told.
  assert.ok(!/face match|same person|somebody else|enrol/i.test(await page.locator('main').innerText()));
  const seen = await seenByService(page, ({ Sessions }) => Sessions !== undefined);
  assert.deepEqual([seen.Status, seen.Sessions], ['open', '1 failed']);
});

journey('onboarding against the picture of somebody else fails', async ({ visit }) => {
  const page = await visit({ camera: 'live' });
  await openAsService(page, 'onboarding', { source: portraitOf('obama') });
  await check(page, HEADING.failed);
});

journey('a step-up of somebody who is not enrolled is refused when it is opened', async ({ visit }) => {
  const page = await visit({ camera: 'own' });
  const { status } = await openAsService(page, 'step-up');
  assert.equal(status, 422);
  await page.getByRole('alert').getByText('Refused: not_enrolled').waitFor();
});

journey('an age gate lets an adult through', async ({ visit }) => {
  const page = await visit({ camera: 'live' });
  await choosePortrait(page, portraitOf('obama'));
  await openAsService(page, 'age-gate');
  await check(page, HEADING.passed);
});

journey('an age gate sends whom it cannot tell from a minor the other way', async ({ visit }) => {
  const folder = await mkdtemp(join(tmpdir(), 'prooflight-e2e-'));
  try {
    const page = await visit({ camera: 'live' });
    await choosePortrait(page, await youngerPortrait(folder));
    await openAsService(page, 'age-gate');
    await check(page, DENIED);
    // The person is not told that it was about the age, the service is.
    assert.ok(!/\bage\b|\d\d/i.test(await page.locator('main').innerText()));
    const seen = await seenByService(page);
    assert.deepEqual([seen.Status, seen['Closed because'], seen.Sessions], ['denied', 'age_uncertain', '1 denied']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

journey('what is in doubt waits for a reviewer, who closes it by keyboard', async ({ visit, review }) => {
  const page = await visit({ camera: 'live' });
  await openAsService(page, 'onboarding', { source: "The presenter's portrait" });
  await endWith(page, DOUBTFUL);
  await seeResult(page, IN_REVIEW);

  const reviewer = await review();
  await judge(reviewer, ['d', '3', 'Enter'], 'Denied. The decision stands and has been passed on.');
  await reviewer.getByText('Nothing is waiting').waitFor();

  await press(page, 'See whether there is news');
  await seeHeading(page, DENIED);
  const seen = await seenByService(page);
  assert.deepEqual([seen.Status, seen['Closed because']], ['denied', 'review_denied']);
});

journey('a face that is enrolled as somebody else takes two reviewers', async ({ visit, review }) => {
  const first = await visit({ camera: 'live' });
  await openAsService(first, 'onboarding');
  await endWith(first, LIVE);
  await seeResult(first, HEADING.passed);
  await enrol(first);

  const second = await visit({ camera: 'live' });
  await openAsService(second, 'onboarding');
  await endWith(second, LIVE);
  await seeResult(second, IN_REVIEW);

  const reviewer = await review();
  await reviewer.getByText('Somebody else is enrolled with this face').waitFor();
  await judge(reviewer, ['a', '1', 'Enter'], 'Your approval is noted: 1 of 2.');
  await press(second, 'See whether there is news');
  await seeHeading(second, IN_REVIEW);

  await reviewer.getByLabel('Reviewer').fill('reviewer-2');
  await Promise.all([reviewer.waitForEvent('load'), press(reviewer, 'Use')]);
  await seeHeading(reviewer, QUEUE);
  await judge(reviewer, ['a', '1', 'Enter'], 'Approved. The decision stands and has been passed on.');
  await press(second, 'See whether there is news');
  await seeHeading(second, HEADING.passed);
});

journey('a case that one reviewer has taken is not opened by another', async ({ visit, review }) => {
  const page = await visit({ camera: 'live' });
  await openAsService(page, 'onboarding');
  await endWith(page, DOUBTFUL);
  await seeResult(page, IN_REVIEW);

  const holder = await review();
  await holder.locator('.queue-row').first().click();
  await seeHeading(holder, DECIDE);
  const other = await review();
  await other.getByLabel('Reviewer').fill('reviewer-2');
  await Promise.all([other.waitForEvent('load'), press(other, 'Use')]);
  await other.getByText('With another reviewer until').waitFor();
  await other.locator('.queue-row').first().click();
  await seeHeading(other, 'Another reviewer is at this case');
  for (const key of ['a', '2', 'Enter']) await holder.keyboard.press(key);
  await holder.getByText('Approved. The decision stands and has been passed on.').waitFor();
});

journey('after an erasure there is nothing left to carry on with', async ({ visit }) => {
  const page = await visit({ camera: 'live' });
  await openAsService(page, 'liveness');
  await endWith(page, LIVE);
  await seeResult(page, HEADING.passed);
  const panel = await openService(page);
  await panel.getByRole('button', { name: 'Erase the subject' }).click();
  await panel.getByText(/era_\S+: (sweeping|done)/).waitFor();
  await page.reload();
  await seeHeading(page, HEADING.ready);
});
