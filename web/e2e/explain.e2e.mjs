// Why a check ended as it did: the developer asks the engine after a check with a real browser, and sees its reasons.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, picture } from './browser.mjs';
import { startServer } from './server.mjs';
import { assertAccessible, begin, colours, HEADING, press, record, seeHeading, seeResult } from './steps.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a photo is explained to the developer', { timeout: 240_000 }, async () => {
  const opened = await openPage(browser, server.url, { camera: 'photo' });
  const { page } = opened;
  try {
    await page.goto(server.url);
    await seeHeading(page, HEADING.ready);
    const why = page.getByRole('button', { name: 'Why?', exact: true });
    assert.equal(await why.count(), 0, 'before a check there is nothing to explain');
    await begin(page);
    await record(page, () => colours(page));
    await seeResult(page, HEADING.failed);

    await press(page, 'Why?');
    const panel = page.getByRole('dialog', { name: 'Why the check ended so' });
    await panel.getByRole('table', { name: 'Cues, the most costly first' }).waitFor();
    const first = await panel.getByRole('row').nth(1).innerText();
    assert.match(first, /^light\./, 'what failed is told first');
    assert.match(first, /\d/, 'with its numbers');
    assert.ok((await panel.getByRole('row').count()) > 20, 'all cues are told');
    assert.ok((await panel.locator('img').count()) >= 6, 'the recording is there in pictures');
    await panel.getByRole('img', { name: /^Solid: how the skin changed/ }).waitFor();
    await assertAccessible(page, 'the explanation');
    await picture(page, 'explain-photo');
    await panel.getByRole('row').nth(12).scrollIntoViewIfNeeded();
    await picture(page, 'explain-photo-cues');
    await panel.getByRole('button', { name: 'Close' }).click();

    await opened.check();
  } finally {
    await page.context().close();
  }
});
