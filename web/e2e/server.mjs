// Starts `prooflight-local` for a test run: own ports, own data, gone afterwards. With PROOFLIGHT_URL set an
// instance that is already running is used instead; PROOFLIGHT_AWS then names its AWS endpoint.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WEB = join(import.meta.dirname, '..');
const READY_WITHIN = 30_000;

/** Resolves to the addresses of the page and of the AWS endpoint, and a way to stop what was started. */
export async function startServer() {
  const running = process.env.PROOFLIGHT_URL;
  const awsOfRunning = process.env.PROOFLIGHT_AWS ?? 'http://127.0.0.1:4566';
  if (running) return { url: new URL(running).origin, aws: awsOfRunning, stop: async () => undefined };
  const binary = process.env.PROOFLIGHT_LOCAL ?? join(WEB, '..', 'target', 'debug', 'prooflight-local');

  const folder = await mkdtemp(join(tmpdir(), 'prooflight-e2e-'));
  const flags = ['--https-port', '0', '--aws-port', '0', '--ephemeral', '--web-dir', join(WEB, 'dist')];
  const child = spawn(binary, [...flags, '--data-dir', join(folder, 'data'), '--ready-file', join(folder, 'ready.json')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = [];
  child.stdout.on('data', (bytes) => said.push(bytes));
  child.stderr.on('data', (bytes) => said.push(bytes));
  const ended = new Promise((_, reject) => {
    child.once('error', (cause) => reject(new Error(`cannot start ${binary} (set PROOFLIGHT_LOCAL)`, { cause })));
    child.once('exit', (code) => reject(new Error(`${binary} ended with ${code}:\n${Buffer.concat(said)}`)));
  });
  ended.catch(() => undefined);

  const waiting = new AbortController();
  const patience = setTimeout(() => waiting.abort(new Error(`${binary} is not ready after ${READY_WITHIN} ms`)), READY_WITHIN);
  try {
    const { https, aws } = await Promise.race([readyFile(folder, waiting.signal), ended]);
    return {
      url: `https://localhost:${https}`,
      aws: `http://127.0.0.1:${aws}`,
      stop: async () => {
        if (child.exitCode === null) {
          child.kill('SIGTERM');
          await once(child, 'exit');
        }
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (failure) {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw failure;
  } finally {
    clearTimeout(patience);
    waiting.abort();
  }
}

/** The ports, as soon as the server has written them. The file may be there before anybody watches, hence the first look. */
async function readyFile(folder, signal) {
  const read = () =>
    readFile(join(folder, 'ready.json'), 'utf8')
      .then(JSON.parse)
      .catch(() => undefined);
  const changes = watch(folder, { signal })[Symbol.asyncIterator]();
  for (let next = changes.next(); ; next = changes.next()) {
    const ports = await read();
    if (ports !== undefined) {
      next.catch(() => undefined);
      return ports;
    }
    await next;
  }
}
