import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterEach, expect, test, vi } from 'vitest';

import { isFault } from '../src/fault.js';
import { runAll } from '../src/kv/conformance.js';
import { dropIdb, idbStore } from '../src/kv/idb.js';
import { memoryStore } from '../src/kv/memory.js';

test('the store in memory does what every store must', async () => {
  expect(await runAll({ open: async () => memoryStore(), durable: false })).toHaveLength(10);
});

test('the store in IndexedDB does what every store must', async () => {
  globalThis.IDBKeyRange = IDBKeyRange;
  const factory = new IDBFactory();
  expect(await runAll({ open: (name) => idbStore(name, { factory }), durable: true })).toHaveLength(10);
});

afterEach(() => vi.unstubAllGlobals());

const code = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'none', (e: unknown) => (isFault(e) ? e.code : e));

/** A connection of another version of the app, which lets go only when it is told to. */
function held(factory: IDBFactory, name: string, version: number, polite = false): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      if (polite) db.onversionchange = () => db.close();
      resolve(db);
    };
  });
}

test('a store makes way for a newer version of the app, and does not touch what that wrote', async () => {
  const factory = new IDBFactory();
  const old = await idbStore('s', { factory });
  await old.write(['meta'], async (tx) => tx.put('meta', ['a'], 1));
  const newer = await held(factory, 's', 2); // not blocked by the old one
  expect(newer.version).toBe(2);
  expect(await code(old.read(['meta'], (tx) => tx.get('meta', ['a'])))).toBe('client.newer');
  expect(await code(idbStore('s', { factory }))).toBe('client.newer');
  newer.close();
});

test('a connection that the browser closed is opened again', async () => {
  const factory = new IDBFactory();
  const store = await idbStore('s', { factory });
  await store.write(['meta'], async (tx) => tx.put('meta', ['a'], 1));
  await dropIdb('s', { factory }); // as when the browser evicts it
  expect(await store.read(['meta'], (tx) => tx.get('meta', ['a']))).toBeUndefined();
  await store.close();
});

test('what another tab holds on to is not waited for without end', async () => {
  const factory = new IDBFactory();
  const other = await held(factory, 's', 1);
  expect(await code(dropIdb('s', { factory, blockedMs: 1 }))).toBe('client.blocked');
  other.close();
  await dropIdb('s', { factory });
  const patient = await held(factory, 't', 1, true);
  expect(await code(dropIdb('t', { factory, blockedMs: 1 }))).toBe('none');
  expect(patient.objectStoreNames).toHaveLength(0);
});

test.each([
  ['there is none', undefined],
  ['the browser forbids it', { open: () => { throw new DOMException('no', 'SecurityError'); } }],
  ['opening fails, as in a private window', { open: () => { const r: Record<string, unknown> = { error: new DOMException('no', 'InvalidStateError') }; queueMicrotask(() => (r.onerror as () => void)()); return r; } }],
])('without IndexedDB it says so: %s', async (_, factory) => {
  vi.stubGlobal('indexedDB', factory);
  expect(await code(idbStore('s'))).toBe('client.store');
});
