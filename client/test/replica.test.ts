import { expect, test } from 'vitest';

import { memoryStore } from '../src/kv/memory.js';
import type { Store } from '../src/kv/store.js';
import { bodyHash } from '../src/outbox/chain.js';
import { beDevice, readMeta } from '../src/outbox/meta.js';
import { overtaken, receive, type Row, type Staged } from '../src/replica/replica.js';

async function put(id: string, body = `{"id":"${id}"}`, m = [1]): Promise<Staged> {
  return { t: 'p', q: 1, c: 'reports', id, v: 1, m, h: await bodyHash(body), body };
}

const ids = (store: Store): Promise<string[]> => store.read(['base'], async (tx) => (await tx.all<Row>('base')).map((r) => r.id));

test('a pull that another tab has overtaken changes nothing', async () => {
  const store = memoryStore();
  const meta = await beDevice(store, []);
  const [a, b, late] = [receive(store, meta, false, new Set()), receive(store, meta, false, new Set()), receive(store, meta, false, new Set())];
  for (const one of [a, b, late]) one.open('e', [], true);
  a.stage(await put('a'));
  await a.page('page of a');
  b.stage(await put('b'));
  await expect(b.page('page of b')).rejects.toBe(overtaken);
  await expect(b.checkpoint(9, 'cursor of b', 0, undefined)).rejects.toBe(overtaken);
  await a.checkpoint(5, 'cursor of a', 0, undefined);
  late.stage(await put('late'));
  await expect(late.checkpoint(4, 'cursor of late', 0, undefined)).rejects.toBe(overtaken);
  expect(await ids(store)).toEqual(['a']);
  expect(await store.read(['meta'], readMeta)).toMatchObject({ cursor: 'cursor of a', seq: 5, page: '' });
});

test('a pull goes on with what was staged only from the page it asked for', async () => {
  const store = memoryStore();
  const first = receive(store, await beDevice(store, []), false, new Set());
  first.open('e', [], true);
  first.stage(await put('a'));
  await first.page('page');
  const resumed = receive(store, await store.read(['meta'], readMeta), false, new Set());
  resumed.open('e', [], false);
  resumed.stage(await put('b'));
  await resumed.checkpoint(2, 'cursor', 0, undefined);
  expect(await ids(store)).toEqual(['a', 'b']);

  const next = receive(store, await store.read(['meta'], readMeta), false, new Set());
  next.open('e', [], false);
  next.stage(await put('c'));
  await next.page('page');
  const anew = receive(store, await store.read(['meta'], readMeta), false, new Set());
  anew.open('e2', [], true); // the server was restored meanwhile
  anew.stage(await put('d'));
  await anew.checkpoint(1, 'cursor', 0, undefined);
  expect(await ids(store)).toEqual(['d']);
  expect(await store.read(['stage'], (tx) => tx.count('stage'))).toBe(0);
});

test('a line without a body changes the scopes alone', async () => {
  const store = memoryStore();
  const first = receive(store, await beDevice(store, []), false, new Set());
  first.open('e', [], true);
  first.stage(await put('a', '{"id":"a","title":"kept"}', [1, 2]));
  await first.checkpoint(1, 'c1', 0, undefined);
  const next = receive(store, await store.read(['meta'], readMeta), false, new Set());
  next.open('e', [], false);
  next.stage({ t: 'p', q: 2, c: 'reports', id: 'a', v: 1, m: [2], h: '' });
  await next.checkpoint(2, 'c2', 0, undefined);
  expect(await store.read(['base'], (tx) => tx.get('base', ['reports', 'a']))).toMatchObject({ in: [2], body: '{"id":"a","title":"kept"}' });
});
