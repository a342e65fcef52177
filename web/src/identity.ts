// Who is at the page, as a bearer token. This is the one file that knows how a token is come by: local
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
const REVIEWER_KEY = 'prooflight.reviewer';

/** As whom a token is asked for in local mode, and what it allows. */
export interface LocalRole {
  readonly scope: string;
  readonly subject: () => string;
}

/** Whoever is being verified. */
const VISITOR: LocalRole = { scope: 'verify', subject: localSubject };
/** Whoever works at the reviewer console. */
export const REVIEWER: LocalRole = { scope: 'review', subject: localReviewer };

export function identityFor(config: Config, fetchFrom: typeof fetch, role: LocalRole = VISITOR): Identity {
  return config.mode === 'local' ? localIdentity(fetchFrom, role) : hostIdentity();
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

export function localIdentity(fetchFrom: typeof fetch, role: LocalRole): Identity {
  let issued: { subject: string; token: Promise<string> } | undefined;
  return {
    token: async (renew) => {
      const subject = role.subject();
      if (renew || issued?.subject !== subject) issued = { subject, token: issueLocally(fetchFrom, subject, role.scope) };
      try {
        return await issued.token;
      } catch (failure) {
        issued = undefined;
        throw failure;
      }
    },
  };
}

async function issueLocally(fetchFrom: typeof fetch, subject: string, scope: string): Promise<string> {
  const answer = await fetchFrom('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject, scope }),
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

/** The reviewer of this browser profile in local mode: another name than the subject's, because nobody reviews himself. */
export function localReviewer(): string {
  return localStorage.getItem(REVIEWER_KEY) || 'reviewer-1';
}

export function changeLocalReviewer(name: string): void {
  localStorage.setItem(REVIEWER_KEY, name);
}
