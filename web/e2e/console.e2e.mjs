// The reviewer console in every state that a reviewer can meet, at two widths, in light and dark, and its keyboard.
// The backend is played (`reviews.mjs`); `journeys.e2e.mjs` goes the whole way against the real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESKTOP, PHONE, picture } from './browser.mjs';
import { ahead, playReviews, problem, waiting } from './reviews.mjs';
import { openStage } from './stage.mjs';
import { assertAccessible, assertFits, press, seeHeading } from './steps.mjs';

const stage = openStage({ aws: true, expect: ['refusal'], reducedMotion: 'reduce' });

const FIRST = 'ver_first';
const CASES = [
  waiting(FIRST),
  waiting('ver_second', { because: ['face_known_elsewhere'], needed: 2, approvals: 1 }),
  waiting('ver_third', { claim: { by: 'another', until: ahead(7) }, because: ['device_suspicious', 'confidence_too_low'] }),
  waiting('ver_fourth', { kind: 'quality', because: [] }),
];
const DECIDE = 'Is this a live person, and the right one?';
const QUEUE = 'Waiting for a review';

async function openConsole(options = {}) {
  const opened = await stage.open(options);
  opened.start = async (play) => {
    const sent = await playReviews(opened.page, stage.server.aws, { cases: CASES, ...play });
    await opened.page.goto(`${stage.server.url}/review`);
    return sent;
  };
  return opened;
}

const pick = (page, row = 0) => page.locator('.queue-row').nth(row).click();
const deny = async (page) => {
  for (const key of ['d', '2', 'Enter']) await page.keyboard.press(key);
};

/** What is played, how one gets there, and what is seen. */
const STATES = [
  { name: 'queue', heading: QUEUE, see: '4 cases wait, the oldest first.' },
  { name: 'queue-empty', cases: [], heading: QUEUE, see: 'Nothing is waiting' },
  { name: 'queue-not-allowed', queue: problem(403, 'scope_missing'), heading: QUEUE, see: 'You may not review' },
  { name: 'queue-signed-out', queue: problem(401, 'unauthenticated'), heading: QUEUE, see: 'You are not signed in' },
  { name: 'case', go: pick, heading: DECIDE, see: 'Likeness to the source picture' },
  { name: 'case-two-reviewers', go: (page) => pick(page, 1), heading: DECIDE, see: 'an approval takes two reviewers' },
  { name: 'case-quality', go: (page) => pick(page, 3), heading: 'Was this approval right?', see: 'Taken at random' },
  { name: 'case-claimed', claim: problem(409, 'claimed'), go: pick, heading: 'Another reviewer is at this case' },
  { name: 'case-own', claim: problem(403, 'own_verification'), go: pick, heading: 'This case is your own' },
  { name: 'case-closed', claim: problem(409, 'verification_closed'), go: pick, heading: 'There is nothing to review any more' },
  { name: 'case-erased', look: problem(404, 'not_found'), go: pick, heading: 'This case is not there any more' },
  { name: 'case-links-over', pictures: false, go: pick, heading: DECIDE, see: 'The link to this picture has run out.' },
  {
    name: 'case-not-kept',
    change: { source: { sha256: 'c0ffee' } },
    go: pick,
    heading: DECIDE,
    see: 'This picture is not kept any more.',
  },
  {
    name: 'verdict-reasons',
    go: async (page) => {
      await pick(page);
      await seeHeading(page, DECIDE);
      await page.keyboard.press('d');
    },
    heading: DECIDE,
    see: 'Not a live person',
  },
  { name: 'verdict-late', judge: problem(409, 'look_first'), go: judged, heading: DECIDE, see: 'Your look is too long ago' },
  { name: 'verdict-changed', judge: problem(412, 'evidence_changed'), go: judged, heading: DECIDE, see: 'The evidence has changed' },
  {
    name: 'verdict-second',
    judge: problem(409, 'already_reviewed', { verdict: 'approved', decidedAt: ahead(-1) }),
    go: judged,
    heading: DECIDE,
    see: 'It was approved at',
  },
];

async function judged(page) {
  await pick(page);
  await seeHeading(page, DECIDE);
  await deny(page);
}

for (const state of STATES) {
  test(`the console: ${state.name}`, { timeout: 120_000 }, async () => {
    const { page, start, check } = await openConsole();
    await start(state);
    await seeHeading(page, QUEUE);
    await state.go?.(page);
    await seeHeading(page, state.heading);
    if (state.see !== undefined) await page.getByText(state.see).first().waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    for (const [view, viewport, colorScheme] of [
      ['desktop', DESKTOP, 'light'],
      ['desktop-dark', DESKTOP, 'dark'],
      ['phone', PHONE, 'light'],
    ]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await assertFits(page, `${state.name} (${view})`);
      await assertAccessible(page, `${state.name} (${view})`);
      await picture(page, `console-${state.name}-${view}`);
    }
    await check();
  });
}

test('a verdict by keyboard alone, on the evidence that was looked at', { timeout: 120_000 }, async () => {
  const { page, start, check } = await openConsole();
  const sent = await start({});
  await seeHeading(page, QUEUE);
  await page.locator('.queue-row').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await seeHeading(page, DECIDE);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the heading takes the focus');

  await page.keyboard.press('a');
  await page.keyboard.press('Enter');
  await page.getByText('Please choose a reason.').waitFor();
  assert.deepEqual(sent, [], 'nothing is sent without a reason');
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  await page.keyboard.press('2');
  await page.keyboard.press('Enter');
  await page.getByText('Denied. The decision stands and has been passed on.').waitFor();
  assert.deepEqual(sent, [{ verdict: 'denied', reason: 'not_live', ifMatch: '"the-evidence"' }]);
  await page.getByText('3 cases wait').waitFor();
  await check();
});

test('an approval that needs a second reviewer stays in the queue', { timeout: 120_000 }, async () => {
  const { page, start, check } = await openConsole();
  const sent = await start({ cases: [waiting(FIRST, { needed: 2, because: ['face_known_elsewhere'] })] });
  await pick(page);
  await seeHeading(page, DECIDE);
  for (const key of ['a', '1', 'Enter']) await page.keyboard.press(key);
  await page.getByText('Your approval is noted: 1 of 2.').waitFor();
  await page.getByText('1 of 2 approvals').waitFor();
  assert.deepEqual(sent, [{ verdict: 'approved', reason: 'same_person', ifMatch: '"the-evidence"' }]);
  await check();
});

test('pictures are shown at once, and again after another look', { timeout: 120_000 }, async () => {
  const { page, start, check } = await openConsole();
  await start({});
  await pick(page);
  await seeHeading(page, DECIDE);
  const shown = () =>
    page.waitForFunction(() => {
      const images = [...document.querySelectorAll('.pictures img')];
      return images.length === 6 && images.every((image) => image.complete && image.naturalWidth > 0);
    });
  await shown();
  const names = await page.locator('.pictures img').evaluateAll((images) => images.map((image) => image.alt));
  assert.deepEqual(names.slice(0, 3), ['Source picture', 'Reference picture', 'Audit picture 1']);
  const looked = page.waitForResponse('**/evidence');
  await page.keyboard.press('r');
  await looked;
  await shown();
  const audit = () =>
    page
      .locator('.picture-audit')
      .first()
      .evaluate((tile) => tile.clientWidth);
  const small = await audit();
  await page.keyboard.press('z');
  await page.locator('.pictures-large').waitFor();
  assert.ok((await audit()) > 2 * small, 'the pictures are not larger');
  await check();
});

test('single keys can be switched off, and stay off', { timeout: 120_000 }, async () => {
  const { page, start, check } = await openConsole();
  await start({});
  await page.getByRole('checkbox', { name: 'Single-key shortcuts' }).uncheck();
  await page.reload();
  await pick(page);
  await seeHeading(page, DECIDE);
  await page.keyboard.press('d');
  await page.getByRole('heading', { name: 'Your verdict' }).waitFor();
  assert.equal(await page.locator('.verdict .key').count(), 0, 'no key is promised that does nothing');
  await page.keyboard.press('Escape');
  await seeHeading(page, QUEUE);
  await check();
});

test('the reviewer is whoever is named, with the scope of reviews alone', { timeout: 120_000 }, async () => {
  const { page, start, check } = await openConsole();
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/dev/token') && asked.push(request.postDataJSON()));
  await start({});
  await seeHeading(page, QUEUE);
  await page.getByLabel('Reviewer').fill('reviewer-2');
  await Promise.all([page.waitForEvent('load'), press(page, 'Use')]);
  await page.locator('.queue-row').first().waitFor();
  assert.deepEqual(asked, [
    { subject: 'reviewer-1', scope: 'review' },
    { subject: 'reviewer-2', scope: 'review' },
  ]);
  await check();
});

test("an end user's page loads nothing of the console", { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open({ camera: 'own', aws: false, expect: [] });
  const scripts = [];
  page.on('response', async (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response.text());
  });
  await page.goto(stage.server.url, { waitUntil: 'networkidle' });
  const loaded = await Promise.all(scripts);
  assert.ok(loaded.length > 0);
  for (const script of loaded) assert.ok(!script.includes('Likeness to'), 'a script of the console was loaded');
  await check();
});
