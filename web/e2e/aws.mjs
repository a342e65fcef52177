// The local AWS endpoint as an operator or a workflow asks it: signed requests, with the developer's key of the README.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
const REGION = 'us-east-1';

/** The digest as the signer wants it. */
class Sha256 {
  #hash;
  constructor(secret) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
}

/** Sends one request, and expects that it is answered with 200. */
async function ask(endpoint, service, { method = 'GET', path = '/', query = {}, headers = {}, body }) {
  const { host, hostname, port, protocol } = new URL(endpoint);
  const request = { method, protocol, hostname, port: Number(port), path, query, headers: { host, ...headers }, body };
  const signer = new SignatureV4({ credentials: CREDENTIALS, region: REGION, service, sha256: Sha256, uriEscapePath: service !== 's3' });
  const signed = await signer.sign(request);
  const address = new URL(path, endpoint);
  address.search = new URLSearchParams(query).toString();
  const answer = await fetch(address, { method, headers: signed.headers, body });
  assert.equal(answer.status, 200, `${service} ${path}: ${await answer.clone().text()}`);
  return answer;
}

/** Invokes a function as a step of a workflow does. */
export async function invoke(endpoint, name, event) {
  const path = `/2015-03-31/functions/${name}/invocations`;
  const answer = await ask(endpoint, 'lambda', { method: 'POST', path, body: JSON.stringify(event) });
  assert.equal(answer.headers.get('x-amz-function-error'), null, await answer.clone().text());
  return answer.json();
}

/** What Rekognition says of a session now. */
export async function livenessResults(endpoint, SessionId) {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'RekognitionService.GetFaceLivenessSessionResults' };
  const answer = await ask(endpoint, 'rekognition', { method: 'POST', headers, body: JSON.stringify({ SessionId }) });
  return answer.json();
}

/** Every object of the one bucket that begins with `prefix`, as keys with their bytes. */
export async function storedObjects(endpoint, prefix = '') {
  const [bucket] = named('Name', await (await ask(endpoint, 's3', {})).text());
  const listed = await ask(endpoint, 's3', { path: `/${bucket}`, query: { 'list-type': '2', prefix } });
  const keys = named('Key', await listed.text());
  const read = async (key) => [key, Buffer.from(await (await ask(endpoint, 's3', { path: `/${bucket}/${key}` })).arrayBuffer())];
  return new Map(await Promise.all(keys.map(read)));
}

const named = (name, xml) => [...xml.matchAll(new RegExp(`<${name}>([^<]+)</${name}>`, 'g'))].map(([, text]) => text);
