import { describe, expect, it } from 'vitest';
import { SignedOut } from './identity.ts';
import { arrive } from './link.ts';
import { recall } from './memory.ts';

const LINK = 'plct_ver_0f9c8a527d0e4a3b9d5e1c2b3a4d5e6f.1.1795350000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OWN = LINK.replace('.1.', '.2.');
const EXCHANGED = {
  token: OWN,
  expiresAt: '2026-11-22T13:00:00Z',
  verification: { verificationId: 'ver_0f9c8a527d0e4a3b9d5e1c2b3a4d5e6f' },
};

/** A tab on a scripted network: its storage outlives a reload, its address bar does not keep what was taken out. */
function tab(replies: (Response | Error)[]) {
  const values = new Map<string, string>();
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  } as Storage;
  const location = { hash: '', pathname: '/', search: '?lang=en' };
  const sent: Record<string, string>[] = [];
  let drawn = 0;
  const load = (hash = location.hash) => {
    location.hash = hash;
    return arrive({
      apiBase: '/api',
      fetch: async (url, init) => {
        sent.push({ url: String(url), ...Object.fromEntries(new Headers(init?.headers)) });
        const reply = replies.shift();
        if (reply === undefined) throw new Error('the script has no more replies');
        if (reply instanceof Error) throw reply;
        return reply;
      },
      location,
      history: {
        replaceState: (_, __, url) => {
          location.hash = new URL(String(url), 'https://page.example').hash;
        },
      },
      storage,
      randomId: () => `key-${++drawn}`,
    });
  };
  return { load, location, storage, sent };
}

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });

describe('arrive', () => {
  it('leaves a page alone that no link led to', async () => {
    for (const hash of ['', '#top', '#plct_', '#plct_a/b', `#x${LINK}`]) {
      const { load, sent } = tab([]);
      expect(await load(hash)).toEqual({ by: 'none' });
      expect(sent).toEqual([]);
    }
  });

  it('exchanges a link once, and works with what it got', async () => {
    const { load, location, storage, sent } = tab([json(200, EXCHANGED)]);
    const arrival = await load(`#${LINK}`);
    expect(location.hash).toBe('');
    expect(sent).toEqual([
      expect.objectContaining({ url: '/api/client-token', authorization: `Bearer ${LINK}`, 'idempotency-key': 'key-1' }),
    ]);
    expect(recall(storage)).toEqual({ verificationId: EXCHANGED.verification.verificationId });
    if (arrival.by !== 'link') throw new Error(arrival.by);
    expect(await arrival.identity.token(false)).toBe(OWN);
    await expect(arrival.identity.token(true)).rejects.toBeInstanceOf(SignedOut);
    expect(JSON.stringify([...Object.values(storage)])).not.toContain(LINK);
    const again = await load();
    expect(again.by).toBe('link');
    expect(sent.length).toBe(1);
  });

  it('asks again under the same key when the answer was lost', async () => {
    const { load, sent } = tab([new TypeError('network'), json(503, {}), json(200, EXCHANGED)]);
    await expect(load(`#${LINK}`)).rejects.toThrow('network');
    await expect(load()).rejects.toThrow('503');
    expect((await load()).by).toBe('link');
    expect(sent.map((request) => request['idempotency-key'])).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('says when a link is over, and forgets it', async () => {
    const { load, sent } = tab([json(410, { code: 'link_spent' })]);
    expect(await load(`#${LINK}`)).toEqual({ by: 'spent' });
    expect(await load()).toEqual({ by: 'none' });
    expect(sent.length).toBe(1);
  });
});
