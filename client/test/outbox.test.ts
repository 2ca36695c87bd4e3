import { describe, expect, test } from 'vitest';

import { fault } from '../src/fault.js';
import { memoryStore, open, type Store } from '../src/index.js';
import { A, device, faultOf, opened, shows } from './device.js';
import { fakeServer, offline } from './fake.js';

describe('the store', () => {
  /** A store whose writes fail from now on. */
  function breakable(): { store: Store; fail: { now: boolean } } {
    const inner = memoryStore();
    const fail = { now: false };
    return {
      fail,
      store: {
        ...inner,
        write: (over, fn) =>
          inner.write(over, async (tx) => {
            const value = await fn(tx);
            if (fail.now) throw fault('too_large', 'client.quota', 'There is no room left on this device.');
            return value;
          }),
      },
    };
  }

  test('without room an edit is refused, and nothing of it is kept', async () => {
    const s = fakeServer();
    const { store, fail } = breakable();
    const c = await device(s, { store });
    await c.sync();
    fail.now = true;
    expect(await faultOf(c.submit({ title: 'x' }))).toBe('client.quota');
    expect(await c.waiting()).toEqual([]);
    s.put('reports', A, { state: 'assigned' });
    expect(await faultOf(c.sync())).toBe('client.quota');
    expect(await shows(c)).toEqual([]);
    expect((await c.health()).last).toMatchObject({ code: 'client.quota', kind: 'too_large' });
    fail.now = false;
    await c.submit({ title: 'x' });
    await c.sync();
    expect(s.effects).toHaveLength(1);
    expect(await shows(c)).toHaveLength(2);
  });

  test('a device is the same when its store is opened again', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const inner = memoryStore();
    const store: Store = { ...inner, close: async () => undefined };
    const c = await device(s, { store });
    await c.sync();
    s.before = offline;
    await c.call('report.start', A, {});
    const was = await c.device();
    await c.close();
    const again = await open({ name: 't', store, exchange: s.exchange });
    opened.push(again);
    expect(await again.device()).toBe(was);
    expect(await shows(again)).toEqual([`${A} in_progress  +1`]); // the roles are remembered too
    s.before = () => undefined;
    await again.sync();
    expect(s.effects).toEqual([`${was}/1`]);
  });

  test('edits made at once are numbered without a gap, and chained', async () => {
    const s = fakeServer();
    const c = await device(s);
    const mids = await Promise.all(Array.from({ length: 30 }, (_, n) => c.call('report.comment', A, { text: `${n}` })));
    expect([...mids].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
    await c.sync();
    expect(s.effects).toHaveLength(30);
    expect(s.devices.size).toBe(1);
  });

  test('calls that stand or fall together are sent together', async () => {
    const s = fakeServer();
    s.before = offline;
    const c = await device(s);
    for (let n = 0; n < 498; n++) await c.call('report.comment', A, { text: 'x' });
    await c.group([1, 2, 3, 4].map((n) => ({ name: 'report.comment', report: A, args: { text: `${n}` } })));
    s.before = () => undefined;
    await c.sync();
    const sizes = s.requests.map((r) => r.muts.length).filter((n, i, all) => n > 0 && n !== all[i - 1]);
    expect(sizes.slice(-2)).toEqual([498, 4]);
    expect(new Set(s.requests.at(-1)?.muts.map((m) => m.tx))).toEqual(new Set(['t499']));
  });

  test('what cannot be sent is refused when it is made', async () => {
    const c = await device(fakeServer());
    expect(await faultOf(c.call('report.comment', 'short', { text: 'x' }))).toBe('client.args');
    expect(await faultOf(c.call('report.comment', A, { text: 'x'.repeat(1_000_000) }))).toBe('client.args');
    expect(await c.waiting()).toEqual([]);
  });
});
