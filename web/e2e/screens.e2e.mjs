// Every screen that a person can meet, at three widths, in light and dark: it fits, it has one heading that
// takes the focus, and its buttons can be hit. Rare answers of the backend are played by the browser's own
// request interception; the page cannot tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESKTOP, NARROW, PHONE, picture } from './browser.mjs';
import { openStage } from './stage.mjs';
import { assertAccessible, assertFits, HEADING, press, seeHeading } from './steps.mjs';

const stage = openStage();

const problem = (status, code, retryAfter) => ({
  status,
  contentType: 'application/problem+json',
  headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  body: JSON.stringify({ type: `urn:prooflight:problem:${code}`, title: 'No', status, code, requestId: 'r' }),
});
const gateway = (status, message, retryAfter) => ({
  status,
  contentType: 'application/json',
  headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  body: JSON.stringify({ message }),
});
const standing = (status, nextStep, more = {}) => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify({ verificationId: 'a-verification', status, nextStep, policy: 'liveness', attemptsLeft: 3, ...more }),
});
const completion = (more) => standing('open', 'retry', { session: 'failed', tips: ['MORE_LIGHT', 'FILL_THE_OVAL'], ...more });

/** `create`, `look` and `complete` are the answers played; `remembered` is what the tab has from before. */
const SCREENS = [
  { name: 'ready', heading: HEADING.ready },
  { name: 'ready-consent', create: problem(422, 'consent_required'), begin: true, heading: HEADING.ready, see: 'I agree that a video' },
  { name: 'resumed', look: standing('open', 'retry'), heading: HEADING.ready, see: 'You have 3 tries left.' },
  { name: 'given', look: standing('open', 'retry'), given: true, heading: HEADING.ready, see: 'Your camera looks at your face' },
  { name: 'passed', look: standing('approved', 'none'), heading: HEADING.passed },
  { name: 'denied', look: standing('denied', 'alternative'), heading: 'Let us verify you another way' },
  { name: 'review', look: standing('in_review', 'wait'), heading: 'We are taking a closer look' },
  { name: 'expired', look: standing('expired', 'retry'), heading: 'This check has run out' },
  { name: 'locked', create: problem(429, 'locked_out', 1_800), begin: true, heading: 'Please take a break', see: 'about 30 minutes' },
  {
    name: 'locked-by-result',
    complete: completion({ retryAfterSeconds: 7_200 }),
    heading: 'Please take a break',
    see: 'Go where it is brighter',
  },
  {
    name: 'locked-before',
    look: standing('open', 'retry', { retryAfterSeconds: 259_200 }),
    heading: 'Please take a break',
    see: 'about 3 days',
  },
  {
    name: 'begun-too-often',
    create: problem(429, 'rate_limited', 2_400),
    begin: true,
    heading: 'Please take a break',
    see: 'No try is used up by that.',
  },
  {
    name: 'blocked',
    create: problem(403, 'blocked'),
    begin: true,
    heading: 'Let us verify you another way',
    see: 'to keep your account safe',
  },
  { name: 'retry-failed', complete: completion({}), heading: HEADING.failed, see: 'Go where it is brighter' },
  { name: 'retry-timed-out', complete: completion({ session: 'lapsed', tips: [] }), heading: 'The time ran out' },
  { name: 'still-running', create: problem(409, 'session_in_progress', 90), begin: true, heading: 'Your last try is still being finished' },
  {
    name: 'busy',
    create: gateway(429, 'Too Many Requests', 30),
    begin: true,
    heading: 'A lot is going on right now',
    see: 'in 30 seconds',
  },
  { name: 'refused', create: gateway(403, 'Forbidden'), begin: true, heading: 'This check cannot be done here', see: 'http_403' },
  { name: 'signed-out', create: gateway(401, 'Unauthorized'), begin: true, heading: 'You are signed out' },
  { name: 'unreachable', create: 'abort', begin: true, heading: 'We cannot reach our service' },
  { name: 'no-camera', camera: 'NotFoundError', begin: true, heading: HEADING.noCamera },
  { name: 'camera-denied', camera: 'NotAllowedError', begin: true, heading: HEADING.cameraDenied },
  { name: 'camera-in-use', camera: 'NotReadableError', begin: true, heading: HEADING.cameraInUse },
];

const VIEWS = [
  ['desktop', DESKTOP, 'light'],
  ['phone', PHONE, 'light'],
  ['phone-dark', PHONE, 'dark'],
  ['narrow', NARROW, 'light'],
];

for (const screen of SCREENS) {
  test(`the screen "${screen.name}"`, { timeout: 120_000 }, async () => {
    const camera = screen.camera === undefined ? 'live' : 'own';
    const { page, check } = await stage.open({ camera, expect: ['refusal'], reducedMotion: 'reduce' });
    await play(page, screen);
    await page.goto(stage.server.url);
    if (screen.begin) {
      await seeHeading(page, HEADING.ready);
      await press(page, 'Start the check');
    }
    await seeHeading(page, screen.heading);
    if (screen.see !== undefined) await page.getByText(screen.see).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'the heading takes the focus');
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    // Less motion also means no fading between light and dark, whose half-way colours nobody has to read.
    for (const [view, viewport, colorScheme] of VIEWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await assertFits(page, `${screen.name} (${view})`);
      await assertLargeTargets(page);
      if (['desktop', 'phone-dark'].includes(view)) await assertAccessible(page, `${screen.name} (${view})`);
      await picture(page, `screen-${screen.name}-${view}`);
    }
    await check();
  });
}

test('consent has to be given where the policy asks for it', { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open({ expect: ['refusal'] });
  const bodies = [];
  await page.route('**/api/verifications', (route) => {
    bodies.push(route.request().postDataJSON());
    return route.fulfill(bodies.length === 1 ? problem(422, 'consent_required') : problem(429, 'locked_out', 60));
  });
  await page.goto(stage.server.url);
  await press(page, 'Start the check');
  const box = page.getByRole('checkbox');
  await box.waitFor();
  await press(page, 'Start the check');
  await page.getByRole('alert').getByText('Please tick the box').waitFor();
  assert.equal(bodies.length, 1, 'nothing is sent without consent');
  await box.check();
  await press(page, 'Start the check');
  await seeHeading(page, 'Please take a break');
  assert.deepEqual(
    bodies.map(({ consent }) => consent),
    [undefined, { version: '2026-11' }],
  );
  await check();
});

test('the other way is an equal choice and leads back', { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open();
  await page.goto(stage.server.url);
  const [start, other] = await Promise.all(
    ['Start the check', 'Use another way'].map((name) => page.getByRole('button', { name }).boundingBox()),
  );
  assert.deepEqual([start.width, start.height], [other.width, other.height]);
  await press(page, 'Use another way');
  await seeHeading(page, 'Another way to verify');
  await picture(page, 'screen-alternative-desktop');
  await press(page, 'Back to the video check');
  await seeHeading(page, HEADING.ready);
  await check();
});

test('a phone held sideways is asked to be turned, and the check goes on by itself', { timeout: 120_000 }, async () => {
  const userAgent = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36';
  const { page, check } = await stage.open({ userAgent, viewport: { width: 844, height: 390 } });
  await page.goto(stage.server.url);
  await press(page, 'Start the check');
  await seeHeading(page, 'Please turn your phone upright');
  await assertFits(page, 'landscape');
  await picture(page, 'screen-landscape-phone');
  await page.setViewportSize(PHONE);
  await page.getByRole('button', { name: 'I am ready' }).waitFor();
  await picture(page, 'screen-start-phone');
  await check();
});

test('a device that is offline says so and carries on when it is back', { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open({ expect: ['refusal'] });
  await page.goto(stage.server.url);
  await seeHeading(page, HEADING.ready);
  await page.waitForLoadState('networkidle');
  await page.context().setOffline(true);
  await press(page, 'Start the check');
  await seeHeading(page, 'You are offline');
  await picture(page, 'screen-offline-desktop');
  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'I am ready' }).waitFor();
  await check();
});

test('a browser without the means is told so before anything is asked of it', { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open();
  await page.addInitScript(() => Reflect.deleteProperty(window, 'MediaRecorder'));
  await page.goto(stage.server.url);
  await seeHeading(page, 'This browser cannot do the check');
  await check();
});

test('a part of the page that cannot be loaded does not leave it empty', { timeout: 120_000 }, async () => {
  const { page, check } = await stage.open({ expect: ['refusal', 'crash'] });
  await page.route('**/assets/detector-*.js', (route) => route.abort());
  await page.goto(stage.server.url);
  await press(page, 'Start the check');
  await seeHeading(page, 'The page needs a fresh start');
  await page.unroute('**/assets/detector-*.js');
  await press(page, 'Reload the page');
  await page.getByText('You can carry on where you left off.').waitFor();
  await check();
});

/** Plays the screen's answers, and a camera that refuses with its error. */
async function play(page, { create, look, complete, camera, given }) {
  await page.addInitScript(
    ([error, remembered]) => {
      if (error) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('refused', error));
      if (remembered) sessionStorage.setItem('prooflight.verification', remembered);
    },
    [camera, rememberedFor(look, complete, given)],
  );
  const answer = (reply) => (route) => (reply === 'abort' ? route.abort() : route.fulfill(reply));
  if (create) await page.route('**/api/verifications', answer(create));
  if (look) await page.route('**/api/verifications/a-verification', answer(look));
  if (complete) await page.route('**/api/verifications/*/sessions/*/complete', answer(complete));
}

function rememberedFor(look, complete, given = false) {
  if (complete) return JSON.stringify({ verificationId: 'a-verification', begun: true, sessionId: 'a-session' });
  return look ? JSON.stringify({ verificationId: 'a-verification', ...(!given && { begun: true }) }) : undefined;
}

/** 44 px, as WCAG 2.5.5 asks for; a checkbox is hit by its label too. */
async function assertLargeTargets(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a.button, label, select')]
      .filter((target) => target.checkVisibility() && !target.closest('dialog:not([open])'))
      .map((target) => [target.textContent, target.getBoundingClientRect()])
      .filter(([, box]) => box.height < 44 || box.width < 44)
      .map(([words]) => words),
  );
  assert.deepEqual(small, [], 'targets below 44 px');
}
