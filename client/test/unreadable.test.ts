import { describe, expect, test } from 'vitest';

import { memoryStore, type Store } from '../src/index.js';
import { A, device, id, shows } from './device.js';
import { fakeServer } from './fake.js';

describe('a record that cannot be read', () => {
  test.each([
    ['is not what its hash says, however often it comes', (t: string) => t.replace(`"id":"${id(2)}","v":1,"m":[1],"h":"`, `"id":"${id(2)}","v":1,"m":[1],"h":"00`)],
    ['is no object', (t: string) => t.replace(/"v":1,"m":\[1\],"h":"[0-9a-f]+","d":\{"id":"report000000002"[^}]*\}/, '"v":1,"m":[1],"h":"4f53cda18c2baa0c0354bb5f9a3ecbe5","d":[]')],
  ])('keeps no other from being shown: it %s', async (_, spoil) => {
    const s = fakeServer();
    for (const n of [1, 2, 3]) s.put('reports', id(n), { state: 'assigned', title: `${n}` });
    s.wire = spoil;
    const c = await device(s, { verify: s.verify });
    await c.sync().catch(() => c.sync()); // torn once
    expect((await c.list('reports')).map((v) => v.row.title)).toEqual(['1', '3']);
    expect(await c.get('reports', id(2))).toBeUndefined();
    expect(await c.health()).toMatchObject({ unreadable: 1, seq: 3 });
    expect((await c.health()).lastVerified, 'it is held all the same').toBeDefined();
    await c.call('report.start', id(1), {});
    await c.call('report.comment', id(2), { text: 'x', audience: 'internal' }); // it was on paper
    await c.sync();
    expect(s.effects).toHaveLength(2); // the second writes the record anew
    expect(await c.health()).toMatchObject({ unreadable: 0, waiting: 0 });
    expect((await c.list('reports')).map((v) => v.row.title)).toEqual(['1', '2', '3']);
  });

  test('is asked for again when the app starts again', async () => {
    const s = fakeServer();
    for (const n of [1, 2]) s.put('reports', id(n), { title: `${n}` });
    s.wire = (t) => t.replace('"title":"2"', '"title":"x"');
    const store: Store = { ...memoryStore(), close: async () => undefined };
    const c = await device(s, { store });
    await c.sync().catch(() => c.sync());
    await c.sync();
    expect((await c.health()).unreadable).toBe(1);
    await c.close();
    s.wire = (t) => t;
    const again = await device(s, { store });
    expect(await again.list('reports')).toHaveLength(1);
    await again.sync();
    expect((await again.list('reports')).map((v) => v.row.title)).toEqual(['1', '2']);
    expect((await again.health()).unreadable).toBe(0);
  });

  test('and goes is no longer counted', async () => {
    const s = fakeServer();
    for (const n of [1, 2]) s.put('reports', id(n), { title: `${n}` }, [n]);
    s.scopes = [1, 2];
    s.wire = (t) => t.replace(`"id":"${id(2)}","v":1,"m":[2],"h":"`, `"id":"${id(2)}","v":1,"m":[2],"h":"00`);
    const c = await device(s);
    await c.sync().catch(() => c.sync());
    expect((await c.health()).unreadable).toBe(1);
    s.scopes = [1];
    await c.sync();
    expect((await c.health()).unreadable).toBe(0);
  });

  test('is kept when its line says not even which record it is', async () => {
    const s = fakeServer();
    for (const n of [1, 2]) s.put('reports', id(n), { title: `${n}` });
    const odd = ['{"t":"p","q":1,"c":"reports","id":7,"v":1,"m":[1],"h":"","d":{}}', '{"t":"p","c":"reports","id":"report000000009","d":{"a":1}}', '{"t":"x"}'];
    s.wire = (t) => t.replace('{"t":"cp"', `${odd.join('\n')}\n{"t":"cp"`);
    const store = memoryStore();
    const c = await device(s, { store });
    await c.sync();
    expect((await c.list('reports')).map((v) => v.row.title)).toEqual(['1', '2']);
    expect((await c.health()).unreadable).toBe(3);
    await c.sync();
    expect((await c.health()).unreadable, 'each is kept once').toBe(3);
    const kept = await store.read(['base'], (tx) => tx.all<{ body: string }>('base', ['']));
    expect(kept.map((r) => r.body).sort()).toEqual([...odd].sort());
  });
});

test('passes over lines and fields of a later version', async () => {
  const s = fakeServer();
  s.put('reports', A, { state: 'assigned' });
  s.wire = (t) => t.replace('{"t":"cp"', '{"t":"news","x":[1]}\n{"mood":1,"t":"cp"');
  const c = await device(s);
  await c.sync();
  expect(await shows(c)).toHaveLength(1);
});
