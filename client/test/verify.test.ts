import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';

import { memoryStore, open, type Client, type Config, type Store } from '../src/index.js';
import { fault, isFault } from '../src/fault.js';
import { agree, count, hexOf, keyOf, nothing, type Said } from '../src/replica/digest.js';
import type { Row } from '../src/replica/replica.js';
import { fakeServer, type FakeServer } from './fake.js';

// The examples that the server is tested with too.
const vectors = JSON.parse(readFileSync(new URL('../../sync/testdata/digest.json', import.meta.url), 'utf8')) as {
  records: { id: string; v: number; k0: string; mix: string }[];
  sum: Said;
};

test('the mix of a record is what the server computes', () => {
  for (const { id, v, k0, mix } of vectors.records) {
    const d = nothing();
    count(d, 1, id, v);
    expect([keyOf(id)[0].toString(16).padStart(8, '0'), hexOf(d)], `${id} version ${v}`).toEqual([k0, mix]);
  }
  expect(vectors.records.length).toBeGreaterThan(20);
});

test('a digest is a sum, and what is taken out never was in', () => {
  const d = nothing();
  for (const { id, v } of vectors.records) count(d, 1, id, v);
  count(d, 1, 'report000000007', 7);
  count(d, -1, 'report000000007', 7);
  const [scope, coll, n, sum] = vectors.sum;
  expect([d[0], hexOf(d)]).toEqual([n, sum]);
  expect(agree({ [`${scope}/${coll}`]: d }, [vectors.sum])).toBe(true);
  for (const { id, v } of vectors.records) count(d, -1, id, v);
  expect(d).toEqual(nothing());
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
