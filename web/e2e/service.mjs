// The steps of the developer menu: who sits in front of the camera with whose face, and the relying service.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { press, seeHeading } from './steps.mjs';

/** Official portraits, fetched by `scripts/setup.sh test`. */
export function portraitOf(name) {
  const path = join(import.meta.dirname, '..', '..', '.tools', 'portraits', `${name}.jpg`);
  assert.ok(existsSync(path), `${path} is missing: run scripts/setup.sh test`);
  return path;
}

/**
 * The page's own portrait with the lines of the face smoothed away: a live person of whom nobody can tell that she is of
 * age. Resolves to the path of a file in `folder`.
 */
export async function youngerPortrait(folder) {
  const path = join(folder, 'younger.jpg');
  const portrait = join(import.meta.dirname, '..', 'src', 'presenters', 'portrait.jpg');
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', '-i', portrait, '-vf', 'bilateral=sigmaS=5:sigmaR=0.2', '-q:v', '2', path]);
  return path;
}

/** Gives the presenters another face. */
export async function choosePortrait(page, path) {
  await page.getByRole('button', { name: /^Developer/ }).click();
  const menu = page.getByRole('dialog', { name: 'Developer menu' });
  await menu.locator('input[type=file]').setInputFiles(path);
  await menu.getByRole('button', { name: 'Use the astronaut' }).waitFor();
  await page.keyboard.press('Escape');
}

export async function openService(page) {
  await page.getByRole('button', { name: 'Service', exact: true }).click();
  const panel = page.getByRole('dialog', { name: 'Relying service' });
  await panel.waitFor();
  return panel;
}

/**
 * Opens a verification as a service, and hands it to the page. `source`: a radio's name, or the path of a picture.
 * Resolves to the status and the body of the answer.
 */
export async function openAsService(page, policy, { source = 'None', consent = true, handOver = true } = {}) {
  const panel = await openService(page);
  await panel.getByLabel('Kind of verification').selectOption(policy);
  if (policy === 'onboarding') {
    const named = ['None', "The presenter's portrait"].includes(source);
    await panel.getByRole('radio', { name: named ? source : 'A picture from this computer' }).check();
    if (!named) await panel.locator('input[type=file]').setInputFiles(source);
  }
  const box = panel.getByRole('checkbox', { name: /^The subject has agreed/ });
  if ((await box.count()) > 0) await box.setChecked(consent);
  const answered = page.waitForResponse((response) => /\/api\/subjects\/[^/]+\/verifications$/.test(new URL(response.url()).pathname));
  await press(page, 'Open the verification');
  const response = await answered;
  const opened = { status: response.status(), body: await response.json() };
  if (opened.status !== 201 || !handOver) return opened;
  await panel.getByRole('button', { name: 'Hand it to the page' }).waitFor();
  await Promise.all([page.waitForEvent('load'), press(page, 'Hand it to the page')]);
  await seeHeading(page, 'A quick check that it is really you');
  return opened;
}

/** What the service sees of its verification, by the names of the panel, once `ready` holds. */
export async function seenByService(page, ready = () => true) {
  const panel = await openService(page);
  const seen = panel.getByRole('region', { name: 'What the service sees' });
  const read = () =>
    seen.evaluate((region) =>
      Object.fromEntries([...region.querySelectorAll('dl div')].map((row) => [row.children[0].textContent, row.children[1].textContent])),
    );
  await seen.waitFor();
  for (let facts = await read(); ; facts = await read()) {
    if (ready(facts)) return facts;
    await page.waitForResponse((response) => /\/api\/verifications\/[^/]+$/.test(new URL(response.url()).pathname));
  }
}
