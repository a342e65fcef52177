// Who is being verified, as a bearer token. This is the one file that knows how a token is come by: local
// mode asks `/dev/token`, a deployed page takes the one its signed-in host application left for it.

import type { Config } from './config.ts';
import { fields, text } from './json.ts';

export interface Identity {
  /** A token for the API. `renew` asks for another one, after the API refused the last. Rejects with SignedOut. */
  token(renew: boolean): Promise<string>;
}

/** Nobody is signed in, or the sign-in has run out: only the host application can help. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** The key under which a signed-in host application of the same origin puts the token of its user. */
export const TOKEN_KEY = 'prooflight.token';
const SUBJECT_KEY = 'prooflight.subject';

export function identityFor(config: Config, fetchFrom: typeof fetch): Identity {
  return config.mode === 'local' ? localIdentity(fetchFrom) : hostIdentity();
}

function hostIdentity(): Identity {
  return {
    token: async (renew) => {
      const token = sessionStorage.getItem(TOKEN_KEY);
      // The host application renews its tokens; one that was just refused is not worth a second try.
      if (token === null || token === '' || renew) throw new SignedOut();
      return token;
    },
  };
}

function localIdentity(fetchFrom: typeof fetch): Identity {
  let issued: { subject: string; token: Promise<string> } | undefined;
  return {
    token: async (renew) => {
      const subject = localSubject();
      if (renew || issued?.subject !== subject) issued = { subject, token: issueLocally(fetchFrom, subject) };
      try {
        return await issued.token;
      } catch (failure) {
        issued = undefined;
        throw failure;
      }
    },
  };
}

async function issueLocally(fetchFrom: typeof fetch, subject: string): Promise<string> {
  const answer = await fetchFrom('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject, scope: 'verify' }),
  });
  if (!answer.ok) throw new SignedOut();
  return text(fields(await answer.json()), 'token');
}

/** The subject of this browser profile in local mode: made once, so that limits and lock-outs can be seen at work. */
export function localSubject(): string {
  const known = localStorage.getItem(SUBJECT_KEY);
  if (known !== null && known !== '') return known;
  const made = `visitor-${crypto.randomUUID().slice(0, 8)}`;
  localStorage.setItem(SUBJECT_KEY, made);
  return made;
}

export function changeLocalSubject(subject: string): void {
  localStorage.setItem(SUBJECT_KEY, subject);
}
