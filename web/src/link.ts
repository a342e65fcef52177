// Whoever comes by a link has no account: the link carries a token after its `#`, which no server and no log gets to see. It is
// taken out of the address bar at once and exchanged for a token of this page's, once; the link is worth nothing from then on.

import type { components } from './api/contract.ts';
import { type Identity, SignedOut } from './identity.ts';
import { fields, optionalText, text } from './json.ts';
import { remember } from './memory.ts';

/** What this tab came by: session storage, so that a reload does not end it, and closing the tab does. */
const LINK_KEY = 'prooflight.link';

interface Kept {
  /** The link's token, until it is exchanged, with the key under which that is tried again. */
  readonly link?: string | undefined;
  readonly key?: string | undefined;
  /** This page's, from then on. */
  readonly token?: string | undefined;
}

export interface LinkSurroundings {
  readonly apiBase: string;
  readonly fetch: typeof fetch;
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly storage: Storage;
  readonly randomId: () => string;
}

/** `none`: this page was not opened by a link. `spent`: by one that has been used, or is over. */
export type Arrival = { readonly by: 'none' } | { readonly by: 'link'; readonly identity: Identity } | { readonly by: 'spent' };

/** Rejects when the API cannot be reached; the page then says so, and a reload tries again. */
export async function arrive(around: LinkSurroundings): Promise<Arrival> {
  const linked = /^#(plct_[\w.-]+)$/.exec(around.location.hash)?.[1];
  if (linked !== undefined) {
    around.history.replaceState(null, '', around.location.pathname + around.location.search);
    keep(around.storage, { link: linked, key: around.randomId() });
  }
  const { link, key, token } = kept(around.storage);
  if (token !== undefined) return { by: 'link', identity: holding(token) };
  if (link === undefined || key === undefined) return { by: 'none' };

  const answer = await around.fetch(`${around.apiBase}/client-token`, {
    method: 'POST',
    headers: { accept: 'application/json', authorization: `Bearer ${link}`, 'idempotency-key': key },
    cache: 'no-store',
  });
  if ([401, 403, 410].includes(answer.status)) {
    around.storage.removeItem(LINK_KEY);
    return { by: 'spent' };
  }
  if (!answer.ok) throw new Error(`the link cannot be exchanged: ${answer.status}`);
  const exchanged = fields<components['schemas']['ExchangedLink']>(await answer.json());
  const own = text(exchanged, 'token');
  remember(around.storage, { verificationId: text(fields(exchanged.verification), 'verificationId') });
  keep(around.storage, { token: own });
  return { by: 'link', identity: holding(own) };
}

function holding(token: string): Identity {
  return {
    token: async (renew) => {
      // There is no other one to be had.
      if (renew) throw new SignedOut();
      return token;
    },
  };
}

function kept(storage: Storage): Kept {
  try {
    const from = fields(JSON.parse(storage.getItem(LINK_KEY) ?? '{}'));
    return { link: optionalText(from, 'link'), key: optionalText(from, 'key'), token: optionalText(from, 'token') };
  } catch {
    return {};
  }
}

function keep(storage: Storage, what: Kept): void {
  storage.setItem(LINK_KEY, JSON.stringify(what));
}
