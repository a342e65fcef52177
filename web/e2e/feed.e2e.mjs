// The feed of the developer menu: a check is performed, and what leaves the system appears beside it by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESKTOP, NARROW, PHONE, picture } from './browser.mjs';
import { endWith, LIVE, NOT_LIVE } from './script.mjs';
import { openStage } from './stage.mjs';
import { assertAccessible, assertFits, begin, HEADING, press, record, seeHeading, seeResult, verificationOf } from './steps.mjs';

const stage = openStage();
const { scenario } = stage;

const openFeed = async (page) => {
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  const feed = page.getByRole('complementary', { name: 'What leaves the system' });
  await feed.getByText('Live', { exact: true }).waitFor();
  return feed;
};
/** What the entries say, the newest first, of one verification. */
const said = (feed, verificationId) =>
  feed
    .locator('li', { has: feed.page().locator(`code[title="${verificationId}"]`) })
    .locator('strong')
    .allTextContents();
const connections = (page) => {
  const asked = [];
  page.on('request', (request) => new URL(request.url()).pathname === '/dev/events' && asked.push(request));
  return asked;
};

scenario('a check is seen leaving beside it, as it happens and without a reload', { policy: 'bot-check' }, async (page) => {
  const asked = connections(page);
  const feed = await openFeed(page);
  await feed.getByText('Nothing has left yet').waitFor();
  await feed.getByText('Start a check, or open a verification under “Service”').waitFor();
  await picture(page, 'feed-empty');
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));

  const { verificationId } = await begin(page);
  await feed.getByText('Opened', { exact: true }).waitFor();
  assert.deepEqual(await said(feed, verificationId), ['Opened']);
  await record(page);
  await seeResult(page, HEADING.passed);
  await feed.getByText('Approved', { exact: true }).waitFor();
  assert.deepEqual(await said(feed, verificationId), ['Approved', 'Opened'], 'the newest first');
  assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was loaded again');
  assert.equal(asked.length, 1, 'one connection brings everything');
  assert.equal(await feed.getByText('Nothing has left yet').count(), 0);
  await page.locator('[aria-live=polite]', { hasText: 'Event: Approved' }).waitFor({ state: 'attached' });
  await picture(page, 'feed-approved');
});

scenario('by keyboard: opened, read, closed, and there again after a reload', {}, async (page) => {
  const asked = connections(page);
  await endWith(page, LIVE);
  await seeResult(page, HEADING.passed);
  assert.equal(asked.length, 0, 'nobody has asked for the feed');
  const button = page.getByRole('button', { name: 'Events', exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  const feed = page.getByRole('complementary', { name: 'What leaves the system' });
  await feed.getByText('Approved', { exact: true }).first().waitFor();
  const { verificationId } = await verificationOf(page);

  for (let presses = 0; (await page.evaluate(() => document.activeElement?.tagName)) !== 'SUMMARY'; presses += 1) {
    assert.ok(presses < 10, 'the tabulator never reaches an entry');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  const details = feed.locator('details[open] pre');
  assert.equal(JSON.parse(await details.textContent()).detail.verificationId, verificationId);

  await page.reload();
  await feed.getByText('Approved', { exact: true }).first().waitFor();
  await feed.getByRole('button', { name: 'Close' }).focus();
  await page.keyboard.press('Enter');
  await feed.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Events', 'the focus goes back to where it came from');
  await page.reload();
  await seeHeading(page, HEADING.passed);
  assert.equal(await feed.count(), 0);
});

scenario('it fits and can be read at every width, in light and dark', { reducedMotion: 'reduce' }, async (page) => {
  const feed = await openFeed(page);
  await endWith(page, NOT_LIVE);
  await seeResult(page, HEADING.failed);
  await feed.getByText('Opened', { exact: true }).first().waitFor();
  await feed.locator('summary').first().click();
  for (const [view, viewport, colorScheme] of [
    ['desktop', DESKTOP, 'light'],
    ['desktop-dark', DESKTOP, 'dark'],
    ['phone', PHONE, 'light'],
    ['narrow-dark', NARROW, 'dark'],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await assertFits(page, `the feed (${view})`);
    await assertAccessible(page, `the feed (${view})`);
    await picture(page, `feed-${view}`);
  }
});

scenario('a connection that breaks is made again from where it stopped', {}, async (page) => {
  const asked = connections(page);
  const told = {
    kind: 'event',
    at: '2026-11-03T12:00:05Z',
    what: { detailType: 'VerificationErased', detail: { verificationId: 'ver_gone' } },
  };
  const body = `event: present\ndata: {}\n\nid: 1-7\ndata: ${JSON.stringify(told)}\nretry: 50\n\n`;
  await page.route('**/dev/events', (route) => route.fulfill({ contentType: 'text/event-stream', body }), { times: 1 });
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  const feed = page.getByRole('complementary', { name: 'What leaves the system' });
  await feed.getByText('Erased', { exact: true }).waitFor();
  await begin(page);
  await feed.getByText('Opened', { exact: true }).first().waitFor();
  await feed.getByText('Live', { exact: true }).waitFor();
  assert.equal((await said(feed, 'ver_gone')).length, 1, 'what was told stays');
  const ids = await Promise.all(asked.map(async (request) => (await request.allHeaders())['last-event-id']));
  assert.deepEqual(ids, [undefined, '1-7']);
});

test("an end user's page loads nothing of the feed or the menu", { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open();
  const [scripts, helpers] = [[], []];
  page.on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response.text()));
  page.on('request', (request) => new URL(request.url()).pathname.startsWith('/dev/') && helpers.push(request.url()));
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), mode: 'deployed' } });
  });
  await page.goto(stage.server.url, { waitUntil: 'networkidle' });
  await seeHeading(page, HEADING.ready);
  for (const script of await Promise.all(scripts)) {
    for (const words of ['What leaves the system', 'Developer menu', 'Relying service']) assert.ok(!script.includes(words), words);
  }
  assert.ok(scripts.length > 0);
  assert.deepEqual(helpers, []);
  assert.equal(await page.getByRole('button', { name: 'Events' }).count(), 0);
  // The setting that puts a live person in front of the camera is there, and nobody who would heed it.
  await press(page, 'Start the check');
  await seeHeading(page, HEADING.noCamera);
  await check();
});
