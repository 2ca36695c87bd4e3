import { describe, expect, test } from 'vitest';

import { callId } from '../src/outbox/chain.js';
import { A, device, eventually, faultOf, id, pass, shows, stopTime } from './device.js';
import { fakeServer, offline } from './fake.js';

describe('what the server decides', () => {
  test('a refusal waits for a person, and can be put right', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'in_progress' });
    const c = await device(s);
    await c.sync();
    s.decide = () => ({ st: 'rejected', code: 'report.needs_photo', msg: 'Serve una foto.', again: 'edit' });
    const mid = await c.call('report.resolve', A, { outcome: 'fixed' });
    await c.sync();
    expect(await shows(c)).toEqual([`${A} in_progress `]);
    expect(await c.attention()).toMatchObject([{ mid, result: { code: 'report.needs_photo', again: 'edit' } }]);
    expect((await c.health()).attention).toBe(1);
    s.decide = () => ({});
    await c.correct(mid, { outcome: 'not_found' });
    await c.sync();
    expect(await c.attention()).toEqual([]);
    expect(s.requests.findLast((r) => r.muts.length > 0)?.muts[0]).toMatchObject({ mid: 2, supersedes: 1, args: { outcome: 'not_found' } });
    expect(await shows(c)).toEqual([`${A} resolved `]);
  });

  test('a merge is shown until a person has seen it', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    s.decide = () => ({ st: 'merged' });
    const c = await device(s);
    await c.sync();
    const mid = await c.call('report.start', A, {});
    await c.sync();
    expect(await c.merges()).toMatchObject([{ mid, mutation: { name: 'report.start' }, result: { st: 'merged' } }]);
    expect((await c.health()).merged).toBe(1);
    await c.dismiss(mid);
    expect(await c.merges()).toEqual([]);
  });

  test('an effect is shown until a checkpoint shows it, and does not flicker', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.decide = () => ({ seq: 50 }); // as when the pull comes from a copy that is behind
    await c.call('report.start', A, {});
    s.wire = (t) => `${t.split('\n')[0]}\n`; // the answer to the push, and no more
    expect(await faultOf(c.sync())).toBe('device.torn');
    expect(await c.get('reports', A)).toMatchObject({ row: { state: 'in_progress' }, pending: 1 });
    s.wire = (t) => t;
    await c.sync();
    expect(await c.get('reports', A)).toMatchObject({ row: { state: 'in_progress' }, pending: 1 });
    expect(await c.health()).toMatchObject({ waiting: 0 });
    for (let n = 0; n < 50; n++) s.put('reports', id(2), { n });
    await c.sync();
    expect(await c.get('reports', A)).toMatchObject({ row: { state: 'in_progress' }, pending: 0 });
  });

  test('a deferred push waits as long as it was told, and the pull comes through', async () => {
    stopTime();
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    s.defer = true;
    const c = await device(s);
    await c.call('report.start', A, {});
    await pass(100);
    await eventually(async () => expect(await c.health()).toMatchObject({ loop: 'waiting', waiting: 1, last: { code: 'device.deferred' } }));
    expect(await shows(c)).toEqual([`${A} in_progress  +1`]);
    s.defer = false;
    await pass(6500);
    expect(s.effects).toEqual([]);
    await pass(1000);
    await eventually(async () => expect(s.effects).toHaveLength(1));
  });

  test('a fork gives the device a new id, and what waits is still the same', async () => {
    const s = fakeServer();
    const c = await device(s);
    s.decide = () => ({ st: 'merged' });
    await c.submit({ title: 'a' });
    await c.sync();
    s.decide = () => ({});
    const before = await c.device();
    const known = s.devices.get(before);
    if (known === undefined) throw new Error('the server does not know the device');
    s.before = offline;
    await c.submit({ title: 'b' });
    await c.submit({ title: 'c' });
    s.before = () => undefined;
    const waiting = (await c.waiting()).map((e) => e.mutation);
    Object.assign(known, { lmid: 2, chain: 'other', kept: known.kept.set(2, { content: 'other', result: { mid: 2, st: 'applied' } }) });
    await c.sync();
    expect(await c.device()).not.toBe(before);
    expect((await c.list('reports')).map((v) => v.row.title).sort()).toEqual(['a', 'b', 'c']);
    const last = s.requests.findLast((r) => r.muts.length > 0);
    const ids = await Promise.all(waiting.map((m) => callId(before, m)));
    expect(new Set(ids).size).toBe(2);
    expect(last?.muts.map((m) => [m.mid, m.call])).toEqual([[1, ids[0]], [2, ids[1]]]);
    expect(s.effects).toHaveLength(3);
    const merges = await c.merges();
    expect(merges.map((e) => e.mid < 0)).toEqual([true]);
    await c.dismiss(merges[0]?.mid ?? 0);
    expect(await c.merges()).toEqual([]);
    expect((await c.health()).waiting).toBe(0);
  });

  test('what was not sent yet has no end, whatever an answer says', async () => {
    const s = fakeServer();
    const c = await device(s);
    await c.sync();
    s.before = offline;
    const long = 'x'.repeat(600_000); // two of them do not fit into one push
    await c.call('report.comment', A, { text: long });
    const mine = 'y'.repeat(600_000);
    await c.call('report.comment', A, { text: mine });
    s.before = () => undefined;
    // Of the history of the phone that this one was restored from.
    const pushes: number[][] = [];
    s.wire = (t) => {
      pushes.push(s.requests.at(-1)?.muts.map((m) => m.mid) ?? []);
      return pushes.length === 1 ? t.replace('"res":[', '"res":[{"mid":2,"st":"applied","seq":1},') : t;
    };
    await c.sync();
    expect(pushes.slice(0, 2)).toEqual([[1], [2]]);
    expect(s.texts).toEqual([long, mine]);
    expect((await c.health()).waiting).toBe(0);
  });

  test('how a change of the lost history ended is not taken for the end of a new one', async () => {
    const s = fakeServer();
    const c = await device(s);
    await c.sync();
    s.devices.set(await c.device(), { lmid: 1, chain: 'other', kept: new Map([[1, { content: 'other', result: { mid: 1, st: 'applied' } }]]) });
    // What was held under the old numbers is released by the same answer.
    s.wire = (t) => t.replace('"res":[]', '"res":[{"mid":1,"st":"applied","seq":1}]');
    const made = await c.submit({ title: 'mine' });
    await c.sync();
    expect(s.effects).toHaveLength(1);
    expect((await c.get('reports', made))?.pending).toBe(0);
  });

  test('a locked device hands in and gets nothing, until it is unlocked', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.before = offline;
    await c.call('report.start', A, {});
    s.before = () => undefined;
    s.commands = ['lock'];
    expect(await faultOf(c.sync())).toBe('device.locked');
    expect(await c.health()).toMatchObject({ device: 'lock', waiting: 0, attention: 1 });
    expect(await faultOf(c.call('report.start', A, {}))).toBe('device.locked');
    s.commands = [];
    await c.sync();
    expect(await c.health()).toMatchObject({ device: '' });
    await c.call('report.start', A, {});
  });

  test('a wiped device holds nothing, once all that waited is handed in', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.before = offline;
    for (let n = 0; n < 600; n++) await c.call('report.comment', A, { text: `${n}` });
    s.before = () => undefined;
    s.commands = ['wipe'];
    expect(await faultOf(c.sync())).toBe('device.wiped');
    expect(await shows(c)).toEqual([]);
    expect(await c.health()).toMatchObject({ device: 'wipe', waiting: 0, loop: 'wiped', seq: 0 });
    expect(s.devices.get(await c.device())?.lmid).toBe(600);
    expect(await faultOf(c.submit({}))).toBe('device.wiped');
  });
});

describe('plain fields', () => {
  test('a patch is seen at once, says what was seen, and its conflict is shown', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned', addressNote: 'cortile', version: 4 });
    s.put('interventions', id(7), { report: A, checklist: ['a', 'b'], vehicle: 'x' });
    const c = await device(s);
    await c.sync();
    s.before = offline;
    await c.patch('reports', A, { addressNote: 'portone' });
    await c.patch('reports', A, { addressNote: 'portone verde' });
    await c.members('interventions', id(7), 'checklist', { add: ['c', 'a'], remove: ['b'] });
    expect(await c.get('reports', A)).toMatchObject({ row: { addressNote: 'portone verde', state: 'assigned' }, pending: 2 });
    expect((await c.get('interventions', id(7)))?.row.checklist).toEqual(['a', 'c']);
    s.before = () => undefined;
    s.decide = (m) => (m.op === 'patch' ? { st: 'merged', f: { addressNote: 'conflict' }, cid: ['cf1'] } : {});
    await c.sync();
    expect(s.requests.findLast((r) => r.muts.length > 0)?.muts).toMatchObject([
      { op: 'patch', c: 'reports', base: { seq: 2, ver: 4 }, set: { addressNote: { f: 'cortile', t: 'portone' } } },
      { op: 'patch', set: { addressNote: { f: 'portone', t: 'portone verde' } } },
      { op: 'sets', c: 'interventions', f: 'checklist', add: ['c', 'a'], rem: ['b'], base: { seq: 2, ver: 1 } },
    ]);
    expect((await c.merges()).map((e) => e.result?.f)).toEqual([{ addressNote: 'conflict' }, { addressNote: 'conflict' }]);
  });
});
