// A headless Chromium without a real camera, and pages in it that notice what they should never do: ask
// another origin for anything that they were not allowed, or complain on the console.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };

const CHROMIUM = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: false, args: FLAGS };

export function launch() {
  return chromium.launch(CHROMIUM);
}

/** A browser of one test's own, and a way to end it as a power cut would: no page in it gets to say goodbye. */
export async function launchToKill() {
  const started = await chromium.launchServer(CHROMIUM);
  return { browser: await chromium.connect(started.wsEndpoint()), kill: () => started.kill() };
}

/** Console messages that are part of the case, or of no concern; whatever is not here fails the test. */
const EXPECTED_ON_CONSOLE = [
  // A refused request that the case provokes; the browser reports every status from 400 on by itself.
  { when: 'refusal', text: /^Failed to load resource: (the server responded with a status of [45]\d\d|net::ERR_)/ },
  // Locally pictures come over http from a loopback address, which Chromium shows and remarks on.
  { when: 'aws', text: /^Mixed Content: .* insecure element 'http:\/\/127\.0\.0\.1:\d+\/.* was not upgraded to HTTPS/ },
  // React reports what a boundary has caught.
  { when: 'crash', text: /Failed to fetch dynamically imported module/ },
];

/**
 * A page with storage of its own. `camera`: a presenter of the developer menu, or `own`; `policy`: undefined for
 * the default; `also`: origins that may be asked beside the page's own. `check()` asserts that nothing forbidden happened and closes it.
 */
export async function openPage(browser, url, { camera = 'live', policy, viewport = DESKTOP, expect = [], also = [], ...options } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, ...options });
  await context.addInitScript(
    ([key, settings]) => localStorage.getItem(key) ?? localStorage.setItem(key, settings),
    ['prooflight.developer', JSON.stringify({ camera, policy })],
  );
  const page = await context.newPage();
  const origin = new URL(url).origin;
  const complaints = [];
  const foreign = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    const known = EXPECTED_ON_CONSOLE.some(({ when, text }) => expect.includes(when) && text.test(message.text()));
    if (!known) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  context.on('request', (request) => noteForeign(request.url()));
  page.on('websocket', (socket) => noteForeign(socket.url()));

  function noteForeign(address) {
    const { origin: asked, protocol } = new URL(address.replace(/^wss:/, 'https:'));
    if (['data:', 'blob:'].includes(protocol) || asked === origin || also.includes(asked)) return;
    foreign.push(address.split('?')[0]);
  }

  return {
    page,
    check: async () => {
      await context.close();
      assert.deepEqual(foreign, [], 'requests to another origin');
      assert.deepEqual(complaints, [], 'complaints on the console');
    },
  };
}

/** Saves a picture when SCREENSHOTS is set, into the folder it names or into `e2e/screenshots`. */
export async function picture(page, name) {
  const wanted = process.env.SCREENSHOTS;
  if (!wanted) return;
  const folder = wanted === '1' ? join(import.meta.dirname, 'screenshots') : wanted;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
