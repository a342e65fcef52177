// People without an account: a service sends a link, the page that it leads to works once and keeps no trace of it.

import assert from 'node:assert/strict';
import { PHONE, picture } from './browser.mjs';
import { openStage } from './stage.mjs';
import { assertAccessible, assertFits, begin, HEADING, record, seeHeading, seeResult } from './steps.mjs';

const stage = openStage();
const SPENT = 'This link has been used';

stage.scenario('a link leads through a whole check, and works once', { camera: 'live', expect: ['refusal'] }, async (page) => {
  const { link, verificationId } = await invite(page);
  const asked = [];
  page.on('request', (request) => asked.push(request));
  await page.goto('about:blank');
  await page.goto(`${stage.server.url}/#${link}`);
  await seeHeading(page, HEADING.ready);
  assert.equal(page.url(), `${stage.server.url}/`, 'the token is out of the address bar');
  assert.ok(!asked.some((request) => request.url().includes('plct_')), 'no request has it in its address');
  assert.ok(!asked.some((request) => request.url().endsWith('/dev/token')), 'nobody is signed in');
  await page.reload();
  await seeHeading(page, HEADING.ready);
  const opened = await begin(page);
  assert.equal(opened.verificationId, verificationId);
  await record(page);
  await seeResult(page, HEADING.passed);

  const second = await stage.open({ expect: ['refusal'] });
  await second.page.setViewportSize(PHONE);
  await second.page.goto(`${stage.server.url}/#${link}`);
  await seeHeading(second.page, SPENT);
  await picture(second.page, 'link-spent');
  await assertFits(second.page, 'a link that was used');
  await assertAccessible(second.page, 'a link that was used');
  await second.check();
});

/** What a service does on its server: opens a verification with a link for somebody. */
function invite(page) {
  return page.evaluate(async () => {
    const json = { 'content-type': 'application/json' };
    const signIn = await fetch('/dev/token', { method: 'POST', headers: json, body: JSON.stringify({ subject: 'shop', scope: 'open' }) });
    const authorization = `Bearer ${(await signIn.json()).token}`;
    const body = JSON.stringify({ clientToken: { minutes: 30 } });
    const answer = await fetch('/api/subjects/guest-7/verifications', { method: 'POST', headers: { ...json, authorization }, body });
    const { verificationId, clientToken } = await answer.json();
    return { verificationId, link: clientToken.token };
  });
}
