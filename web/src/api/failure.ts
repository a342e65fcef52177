// What can go wrong with a request, as the few cases that a person is told apart. Two bodies arrive here:
// problem+json with a stable `code` from our functions, and `{"message"}` from the gateway in front of them.

export type Failure =
  /** The network is down, or nothing answers. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'unreachable' }
  /** The service asks for patience: throttled, or not available just now. */
  | { readonly kind: 'busy'; readonly retryAfter: number }
  /** The last session that is allowed has not ended yet. */
  | { readonly kind: 'still-running'; readonly retryAfter: number }
  /** Too many failed checks: nothing may be tried for `retryAfter` ms. */
  | { readonly kind: 'locked'; readonly retryAfter: number }
  /** Too many checks were begun: none may be for `retryAfter` ms. */
  | { readonly kind: 'too-often'; readonly retryAfter: number }
  /** Far too many failed checks: only the other way is left, until somebody looks at it or days have passed. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'not-found' }
  /** The verification has been decided in the meantime. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'consent-required' }
  /** The Idempotency-Key was used with another body before. */
  | { readonly kind: 'key-reused' }
  /** The request was refused for a reason that a person cannot mend; `code` is for support. */
  | { readonly kind: 'refused'; readonly code: string };

const DEFAULT_WAIT = 5_000;

/** Sorts an answer that is not a success. `code` is that of a problem+json body; the gateway's bodies have none. */
export function failureOf(status: number, code: string | undefined, retryAfter: number | undefined): Failure {
  switch (code) {
    case 'locked_out':
      return { kind: 'locked', retryAfter: retryAfter ?? 60_000 };
    // The gateway's own 429 has no code: it throttles everybody, this one counts the subject's own requests.
    case 'rate_limited':
      return { kind: 'too-often', retryAfter: retryAfter ?? 60_000 };
    case 'blocked':
      return { kind: 'blocked' };
    case 'consent_required':
      return { kind: 'consent-required' };
    case 'idempotency_mismatch':
      return { kind: 'key-reused' };
    case 'verification_closed':
      return { kind: 'closed' };
    case 'session_in_progress':
      return { kind: 'still-running', retryAfter: retryAfter ?? DEFAULT_WAIT };
    // What is known of the subject is being erased; afterwards a check can be begun again.
    case 'erasure_in_progress':
    case 'idempotency_in_progress':
      return { kind: 'busy', retryAfter: retryAfter ?? 1_000 };
    default:
  }
  if (status === 401) return { kind: 'signed-out' };
  if (status === 404) return { kind: 'not-found' };
  if (status === 429 || status >= 500) return { kind: 'busy', retryAfter: retryAfter ?? DEFAULT_WAIT };
  return { kind: 'refused', code: code ?? `http_${status}` };
}

/** `Retry-After` in ms: seconds or an HTTP date, as RFC 9110 allows both. Never negative; undefined when unusable. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // `Date.parse` makes a date of nearly anything, so it is asked only about what looks like an HTTP date.
  const at = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
