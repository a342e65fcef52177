// What survives a reload: which verification this tab is in the middle of. Session storage, because it is
// this tab's and gone with it, and unlike the address bar it reaches neither history nor a shared link. A host
// application of the same origin hands over what a service has opened by writing `{"verificationId": "..."}` here.

import { fields, optionalText } from './json.ts';

export interface Remembered {
  readonly verificationId?: string;
  /** This page has worked on it: whoever comes back carries on. */
  readonly begun?: boolean;
  /** A session whose video has been delivered and whose result has not been seen yet. */
  readonly sessionId?: string;
  /** The key of the first create: made once, used again for every repetition of that request. */
  readonly idempotencyKey?: string;
}

const VERIFICATION_KEY = 'prooflight.verification';
const DEVICE_KEY = 'prooflight.device';

export function recall(storage: Storage): Remembered {
  let stored: unknown;
  try {
    stored = JSON.parse(storage.getItem(VERIFICATION_KEY) ?? '{}');
  } catch {
    return {};
  }
  const from = fields(stored);
  return {
    ...pruned(optionalText(from, 'verificationId'), optionalText(from, 'sessionId'), optionalText(from, 'idempotencyKey')),
    ...(from.begun === true && { begun: true }),
  };
}

export function remember(storage: Storage, what: Remembered): void {
  storage.setItem(VERIFICATION_KEY, JSON.stringify(what));
}

export function forget(storage: Storage): void {
  storage.removeItem(VERIFICATION_KEY);
}

/** An opaque id of this browser profile: a hint for lock-out, never proof of anything. */
export function deviceId(storage: Storage, random: () => string): string {
  const known = storage.getItem(DEVICE_KEY);
  if (known !== null && known !== '') return known;
  const made = random();
  storage.setItem(DEVICE_KEY, made);
  return made;
}

function pruned(verificationId?: string, sessionId?: string, idempotencyKey?: string): Remembered {
  return { ...(verificationId && { verificationId }), ...(sessionId && { sessionId }), ...(idempotencyKey && { idempotencyKey }) };
}
