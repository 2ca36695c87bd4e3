import { afterEach, describe, expect, test } from 'vitest';

import { memoryStore, open, type Client, type Config, type Store } from '../src/index.js';
import { fault, isFault } from '../src/fault.js';
import { count, hexOf, keyOf, nothing } from '../src/replica/digest.js';
import type { Row } from '../src/replica/replica.js';
import { fakeServer, type FakeServer } from './fake.js';

// What sync/digest.go computes.
test.each([
  ['report000000001', 1, 'c5b0c735', 'e3238f83df1cacadc6fe82b8f32a1580'],
  ['report000000001', 2, 'c5b0c735', 'ba162ba35670555bcd2eb0f6620621e6'],
  ['zzzzzzzzzzzzzzz', 4294967303, '5cdc8457', 'ce00f1f765b4c4b42e266d64b81117a3'],
  ['', 0, '00000000', '00000000000000000000000000000000'],
  ['è', 3, 'c62df4a2', 'b6a58b9ed47b536499c84ae724e4073e'],
  ['abcdefghijklmnopqrs', 9007199254740991, 'a589317f', '5cd42f0f5a6c1cde84ed05dbca410213'],
  ['a', 1, 'ca0d3648', 'c9a5f3e04bee96551369caf939e79a80'],
])('the mix of %s version %d', (id, ver, key, sum) => {
  const d = nothing();
  count(d, 1, id, ver);
  expect([keyOf(id)[0].toString(16).padStart(8, '0'), hexOf(d)]).toEqual([key, sum]);
});

test('a digest is a sum, and what is taken out never was in', () => {
  const d = nothing();
  for (let i = 0; i < 100; i++) count(d, 1, `r${String(i).padStart(14, '0')}`, i);
  count(d, -1, 'r00000000000007', 7);
  expect([d[0], hexOf(d)]).toEqual([99, '94464dd91a50da3028c552458bbce5e2']);
});

describe('a device that differs from the server', () => {
  const opened: Client[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((c) => c.close())));

  async function device(s: FakeServer, store: Store, more: Partial<Config> = {}): Promise<Client> {
    const c = await open({ name: 't', store: { ...store, close: async () => undefined }, exchange: s.exchange, verify: s.verify, random: () => 0, ...more });
    opened.push(c);
    return c;
  }

  const id = (n: number): string => `report${String(n).padStart(9, '0')}`;

  function town(n: number): FakeServer {
    const s = fakeServer();
    s.scopes = [1, 2];
    for (let i = 0; i < n; i++) s.put('reports', id(i), { state: 'assigned', title: `n. ${i}` }, i % 3 === 0 ? [1, 2] : [1]);
    return s;
  }

  /** What happens to a store that nobody should touch. */
  async function damage(store: Store): Promise<void> {
    await store.write(['base'], async (tx) => {
      tx.delete('base', ['reports', id(17)]);
      const stale = (await tx.get<Row>('base', ['reports', id(33)])) as Row;
      tx.put('base', ['reports', id(33)], { ...stale, ver: 99, body: '{"id":"x"}' });
      tx.put('base', ['reports', id(9999)], { ...stale, id: id(9999) });
    });
  }

  const titles = async (c: Client): Promise<string[]> => (await c.list('reports')).map((v) => `${v.id} ${v.row.title}`);
  const whole = (n: number): string[] => Array.from({ length: n }, (_, i) => `${id(i)} n. ${i}`);

  test('and does not, knows it', async () => {
    const s = town(30);
    const c = await device(s, memoryStore());
    await c.sync();
    expect((await c.health()).lastVerified).toBeDefined();
    s.put('reports', id(3), { title: 'n. 3' }, [2]);
    s.remove('reports', id(29));
    await c.sync();
    s.scopes = [2];
    await c.sync();
    s.scopes = [1, 2];
    await c.sync();
    await c.submit({ title: 'x' });
    await c.sync();
    expect(s.questions).toEqual([]);
    expect((await c.health()).last).toBeUndefined();
  });

  test('is put right by the difference alone', async () => {
    const s = town(1000);
    const store = memoryStore();
    await (await device(s, store)).sync();
    await opened.pop()?.close();
    await damage(store);
    const c = await device(s, store);
    const before = s.sent;
    await c.sync();
    expect(await titles(c)).toEqual(whole(1000));
    expect([...new Set(s.repaired)].sort()).toEqual([id(17), id(33), id(9999)]);
    expect(s.sent - before).toBeLessThan(3000);
    expect((await c.health()).lastVerified).toBeDefined();
  });

  test('keeps what waits while it is put right', async () => {
    const s = town(100);
    const store = memoryStore();
    await (await device(s, store)).sync();
    await opened.pop()?.close();
    await damage(store);
    s.defer = true;
    const c = await device(s, store);
    const made = await c.submit({ title: 'waits' });
    await c.sync().catch(() => undefined);
    expect((await c.get('reports', made))?.pending).toBe(1);
    s.defer = false;
    await c.sync();
    expect(s.effects).toHaveLength(1);
    expect(await titles(c)).toEqual([...whole(100), `${made} waits`].sort());
  });

  test.each([
    ['without a way to compare', {}],
    ['when the server cannot compare', { verify: () => Promise.reject(fault('busy', 'client.http', 'Something answered 404.')) }],
  ])('begins anew %s', async (_, more) => {
    const s = town(50);
    const store = memoryStore();
    const { verify, ...rest } = { verify: undefined, ...more } as Partial<Config>;
    const plain = async (): Promise<Client> => {
      const c = await open({ name: 't', store: { ...store, close: async () => undefined }, exchange: s.exchange, random: () => 0, ...rest, ...(verify && { verify }) });
      opened.push(c);
      return c;
    };
    await (await plain()).sync();
    await opened.pop()?.close();
    await damage(store);
    const c = await plain();
    await c.sync();
    expect(await titles(c)).toEqual(whole(50));
  });

  test('says so when nothing helps, and does not ask in a ring', async () => {
    const s = town(20);
    s.dig = (said) => said.map(([i, c, n]) => [i, c, n, 'f'.repeat(32)]);
    const c = await device(s, memoryStore());
    const thrown = await c.sync().catch((e: unknown) => e);
    expect(isFault(thrown, 'device.corrupt')).toBe(true);
    expect(s.requests.length).toBeLessThan(12);
    expect(await titles(c)).toEqual(whole(20)); // what is there is shown all the same
  });
});
