// Where the page finds its backend. `/config.json` is served beside the page, so the same build runs on a
// laptop and deployed; nothing about an environment is compiled in.

import { fields, oneOf, optionalText, text } from './json.ts';

export interface Config {
  /** `local` is `prooflight-local` on this machine: tokens from /dev/token, and the developer menu. */
  readonly mode: 'local' | 'deployed';
  /** Prefix of the HTTP API, without a slash at the end. */
  readonly apiBase: string;
  readonly region: string;
  /** Where the video is streamed to; absent when deployed, the SDK then dials Rekognition in `region`. */
  readonly streamEndpoint: string | undefined;
  /** The policy to open; absent: the backend's default. */
  readonly policy: string | undefined;
  /** The customer's other way to verify, offered as readily as the video check. */
  readonly alternativeUrl: string | undefined;
  /** Where a person goes on to after the check. */
  readonly returnUrl: string | undefined;
}

/** Reads `/config.json`. Rejects when it is unreachable or malformed: the page cannot do anything without it. */
export async function loadConfig(fetchFrom: typeof fetch): Promise<Config> {
  const answer = await fetchFrom('/config.json', { cache: 'no-store', headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}`);
  return parseConfig(await answer.json());
}

export function parseConfig(value: unknown): Config {
  const from = fields(value);
  return {
    mode: oneOf(from, 'mode', ['local', 'deployed']),
    apiBase: text(from, 'apiBase').replace(/\/+$/, ''),
    region: text(from, 'region'),
    streamEndpoint: optionalText(from, 'streamEndpoint'),
    policy: optionalText(from, 'policy'),
    alternativeUrl: webLink(optionalText(from, 'alternativeUrl')),
    returnUrl: webLink(optionalText(from, 'returnUrl')),
  };
}

// A `javascript:` link in a configuration would run with the page's rights; only ordinary links are taken.
function webLink(link: string | undefined): string | undefined {
  return link !== undefined && /^(https:\/\/|\/)/.test(link) ? link : undefined;
}
