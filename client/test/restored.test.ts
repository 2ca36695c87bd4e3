import { describe, expect, test } from 'vitest';

import type { Client } from '../src/index.js';
import { A, device, faultOf } from './device.js';
import { fakeServer, offline } from './fake.js';

describe('a server that was restored', () => {
  const comment = (c: Client, text: string): Promise<number> => c.call('report.comment', A, { text, audience: 'internal' });

  test('gets again what it lost and the device still has, once, and nothing else', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    const ends: Record<string, { st: 'merged' | 'rejected' }> = { 'merged before': { st: 'merged' }, 'merged after': { st: 'merged' }, refused: { st: 'rejected' } };
    s.decide = (m) => ends[String((m.args as { text?: string }).text)] ?? {};
    await comment(c, 'shown before');
    await comment(c, 'merged before');
    await c.sync();
    const restore = s.backup();
    await comment(c, 'shown after');
    await comment(c, 'merged after');
    await comment(c, 'refused');
    await c.sync();
    s.wire = (t) => `${t.split('\n')[0]}\n`; // the answer to the push, and no checkpoint
    await comment(c, 'answered');
    await c.group([{ name: 'report.comment', report: A, args: { text: 'group 1' } }, { name: 'report.comment', report: A, args: { text: 'group 2' } }]);
    expect(await faultOf(c.sync())).toBe('device.torn');
    expect(await c.waiting()).toEqual([]);
    s.before = offline;
    await comment(c, 'waiting');
    s.before = () => undefined;
    s.wire = (t) => t;
    const was = await c.device();
    const refusal = (await c.attention()).map((e) => e.mutation);
    restore();
    await c.sync();
    expect(await c.device()).not.toBe(was);
    // "shown after" is lost: the device had no more of it than its effect.
    expect(s.texts).toEqual(['shown before', 'merged before', 'merged after', 'answered', 'group 1', 'group 2', 'waiting']);
    const sent = s.requests.findLast((r) => r.muts.length > 0)?.muts ?? [];
    expect(sent.map((m) => [m.mid, m.tx])).toEqual([[1, undefined], [2, undefined], [3, 't3'], [4, 't3'], [5, undefined]]);
    expect((await c.merges()).map((e) => (e.mutation.args as { text: string }).text)).toEqual(['merged before', 'merged after']);
    expect((await c.attention()).map((e) => e.mutation)).toEqual(refusal);
    expect(await c.health()).toMatchObject({ waiting: 0, attention: 1, merged: 2 });
    const effects = s.effects.length;
    await c.sync();
    expect(s.effects).toHaveLength(effects);
  });

  test('is noticed when nothing waits', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    const restore = s.backup(); // it does not know the device at all
    await comment(c, 'lost');
    await c.sync();
    const was = await c.device();
    restore();
    await c.sync();
    expect(await c.device()).not.toBe(was);
    await comment(c, 'new');
    await c.sync();
    expect(s.texts).toEqual(['new']);
    expect(await c.health()).toMatchObject({ waiting: 0, attention: 0 });
  });

  test('does not take the numbers of its old log for new ones', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    const old = s.epoch;
    const restore = s.backup();
    s.defer = true;
    await comment(c, 'of the old epoch');
    await c.sync().catch(() => undefined);
    restore();
    await c.sync().catch(() => undefined); // the pull comes through, the push does not
    await comment(c, 'of the new epoch');
    s.defer = false;
    s.requests.length = 0;
    await c.sync();
    const told = s.requests.filter((r) => r.muts.length > 0).map((r) => [r.epoch, r.muts.map((m) => (m.args as { text: string }).text)]);
    expect(told).toEqual([[old, ['of the old epoch']], [s.epoch, ['of the new epoch']]]);
    expect(s.texts).toEqual(['of the old epoch', 'of the new epoch']);
  });

  test('is told which refusal was put right by the number it had', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    const restore = s.backup();
    s.decide = () => ({ st: 'rejected', again: 'edit' });
    const mids = [await comment(c, 'no'), await comment(c, 'never')];
    await c.sync();
    const was = await c.device();
    s.decide = () => ({});
    s.before = offline;
    await c.correct(mids[0] as number, { text: 'yes', audience: 'internal' });
    s.before = () => undefined;
    restore();
    await c.sync();
    const left = await c.attention();
    expect(left.map((e) => e.was)).toEqual([{ did: was, mid: 2 }]);
    await c.correct(left[0]?.mid ?? 0, { text: 'yes too', audience: 'internal' });
    await c.sync();
    expect(s.texts).toEqual(['yes', 'yes too']);
    const sent = s.requests.flatMap((r) => (r.did === was ? [] : r.muts)).map((m) => [m.mid, m.supersedes, m.of]);
    expect(sent).toEqual([[1, 1, was], [2, 2, was]]);
    expect(await c.attention()).toEqual([]);
  });

  test('shows what it still has at the next checkpoint, whatever number that bears', async () => {
    const s = fakeServer();
    for (let n = 0; n < 20; n++) s.put('reports', A, { state: 'assigned', n }); // a log that has come far
    const c = await device(s);
    await c.sync();
    s.wire = (t) => `${t.split('\n')[0]}\n`;
    await c.call('report.start', A, {});
    expect(await faultOf(c.sync())).toBe('device.torn');
    s.wire = (t) => t.replaceAll('"seq":21', '"seq":3').replaceAll('"q":21', '"q":3'); // the same, counted anew
    s.epoch = 'e2';
    await c.sync();
    expect(await c.get('reports', A)).toMatchObject({ row: { state: 'in_progress' }, pending: 0 });
    expect(s.effects).toHaveLength(1);
    expect(await c.health()).toMatchObject({ seq: 3, waiting: 0 });
  });
});
