// The picture that a developer has chosen as the presenter's portrait, kept in this browser profile's IndexedDB: it is
// too large for the local storage.

import type { Face } from './pose.ts';

export interface Chosen {
  readonly file: Blob;
  readonly name: string;
  /** Where the face is, px of the picture. */
  readonly face: Face;
}

const DATABASE = 'prooflight.developer';
const STORE = 'portrait';
/** There is one entry. */
const KEY = 'chosen';

export function readChosen(): Promise<Chosen | undefined> {
  return inStore<Chosen | undefined>('readonly', (store) => store.get(KEY));
}

export async function writeChosen(chosen: Chosen | undefined): Promise<void> {
  if (chosen === undefined) await inStore<undefined>('readwrite', (store) => store.delete(KEY));
  else await inStore<IDBValidKey>('readwrite', (store) => store.put(chosen, KEY));
}

function inStore<Value>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => {
        opening.result.close();
        resolve(request.result);
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}
