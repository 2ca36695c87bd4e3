import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { expect, test } from 'vitest';

import { runAll } from '../src/kv/conformance.js';
import { idbStore } from '../src/kv/idb.js';
import { memoryStore } from '../src/kv/memory.js';

test('the store in memory does what every store must', async () => {
  expect(await runAll({ open: async () => memoryStore(), durable: false })).toHaveLength(10);
});

test('the store in IndexedDB does what every store must', async () => {
  globalThis.IDBKeyRange = IDBKeyRange;
  const factory = new IDBFactory();
  expect(await runAll({ open: (name) => idbStore(name, { factory }), durable: true })).toHaveLength(10);
});
