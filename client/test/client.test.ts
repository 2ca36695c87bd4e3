import { describe, expect, test } from 'vitest';

import { fault } from '../src/fault.js';
import { A, device, faultOf, id, shows } from './device.js';
import { fakeServer, offline } from './fake.js';

describe('a device', () => {
  test('works without a network and hands in what was done', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned', title: 'Buca', version: 3 });
    const c = await device(s);
    await c.sync();
    s.before = offline;
    await c.call('report.start', A, {});
    const made = await c.submit({ title: 'Albero' });
    expect(await shows(c)).toEqual([`${A} in_progress Buca +1`, `${made} registered Albero +1`].sort());
    expect(await faultOf(c.sync())).toBe('client.offline');
    expect((await c.health()).waiting).toBe(2);
    s.before = () => undefined;
    await c.sync();
    expect(await shows(c)).toEqual([`${A} in_progress Buca`, `${made} registered Albero`].sort());
    expect(await c.health()).toMatchObject({ waiting: 0, attention: 0, loop: 'idle', leading: true });
    const sent = s.requests.at(-1)?.muts;
    expect(sent?.[0]).toMatchObject({ mid: 1, op: 'call', c: 'reports', id: A, name: 'report.start', base: { seq: 1, ver: 3 } });
  });

  test('sends again what may have been lost, and nothing is done twice', async () => {
    const s = fakeServer();
    const c = await device(s);
    await c.sync();
    s.after = (r) => {
      if (r.muts.length === 0) return;
      s.after = () => undefined;
      offline();
    };
    await c.submit({ title: 'x' });
    await c.sync().catch(() => undefined);
    await c.sync();
    expect(s.effects).toHaveLength(1);
    expect(s.requests.filter((r) => r.muts.length > 0).length).toBeGreaterThan(1);
    expect((await c.health()).waiting).toBe(0);
  });

  test('comes through an answer that breaks off at any byte', async () => {
    const whole = fakeServer();
    for (let n = 1; n < 8; n++) whole.put('reports', id(n), { state: 'assigned', title: `città ${n}` });
    let length = 0;
    whole.wire = (t) => ((length = t.length), t);
    await (await device(whole)).sync();
    for (let cut = 0; cut < length; cut += 13) {
      const s = fakeServer();
      s.pageRows = 3;
      for (let n = 1; n < 8; n++) s.put('reports', id(n), { state: 'assigned', title: `città ${n}` });
      const c = await device(s);
      await faultOf(c.sync());
      await c.call('report.start', id(2), {});
      let broken = 0;
      s.wire = (t) => (broken++ === 0 ? t.slice(0, cut) : t);
      await c.sync().catch(() => c.sync());
      expect(await shows(c), `cut at ${cut}`).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `${id(n)} ${n === 2 ? 'in_progress' : 'assigned'} città ${n}`));
      expect(s.effects).toHaveLength(1);
      await c.close();
    }
  });

  test('shows nothing of half a download, and goes on where it was cut', async () => {
    const s = fakeServer();
    s.pageRows = 10;
    for (let n = 100; n < 200; n++) s.put('reports', id(n), { state: 'assigned' });
    let cuts = 0;
    s.wire = (t) => (cuts++ < 5 ? t.slice(0, t.length * 0.4) : t);
    const c = await device(s);
    for (let i = 0; i < 5; i++) {
      await faultOf(c.sync());
      if (cuts <= 5) expect(await shows(c)).toEqual([]);
    }
    await c.sync();
    expect(await shows(c)).toHaveLength(100);
    const cursors = s.requests.map((r) => r.pull?.cur ?? '');
    expect(new Set(cursors).size).toBeGreaterThan(3);
  });

  test('asks on when the server ends at a resume point', async () => {
    const s = fakeServer();
    s.maxRows = 30;
    for (let n = 100; n < 200; n++) s.put('reports', id(n), { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    expect(await shows(c)).toHaveLength(100);
    expect(s.requests.filter((r) => r.pull?.cur !== undefined).length).toBeGreaterThan(2);
  });

  test('forgets what leaves, scope by scope', async () => {
    const s = fakeServer();
    s.scopes = [1, 2];
    s.put('reports', id(1), { state: 'assigned' }, [1]);
    s.put('reports', id(2), { state: 'assigned' }, [2]);
    s.put('reports', id(3), { state: 'assigned' }, [1, 2]);
    s.put('reports', id(4), { state: 'assigned' }, [1]);
    const c = await device(s);
    await c.sync();
    s.remove('reports', id(4));
    s.scopes = [2];
    await c.sync();
    expect(await shows(c)).toEqual([`${id(2)} assigned `, `${id(3)} assigned `]);
    s.scopes = [];
    await c.sync();
    expect(await shows(c)).toEqual([]);
  });

  test('replaces everything after the server was restored, and keeps what waits', async () => {
    const s = fakeServer();
    s.put('reports', id(1), { state: 'assigned' });
    s.put('reports', id(2), { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.before = offline;
    const made = await c.submit({ title: 'waits' });
    s.before = () => undefined;
    s.epoch = 'e2';
    s.remove('reports', id(2));
    await c.sync();
    expect(await shows(c)).toEqual([`${made} registered waits`, `${id(1)} assigned `].sort());
  });

  test('begins again when its cursor is refused', async () => {
    const s = fakeServer();
    s.put('reports', id(1), { state: 'assigned' });
    const c = await device(s);
    s.wire = (t) => t.replace(/"cur":"[^}]*?\}"/, '"cur":"rubbish"');
    await c.sync();
    s.wire = (t) => t;
    s.put('reports', id(2), { state: 'assigned' });
    await c.sync();
    expect(await shows(c)).toHaveLength(2);
  });

  test('does not take a body that is not what its hash says', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned', title: 'true' });
    const c = await device(s);
    let spoilt = 0;
    s.wire = (t) => (t.includes('"title":"true"') && spoilt++ === 0 ? t.replace('"title":"true"', '"title":"false"') : t);
    await c.sync().catch(() => c.sync());
    expect(spoilt).toBe(2);
    expect(await shows(c)).toEqual([`${A} assigned true`]);
    expect((await c.health()).unreadable).toBe(0);
  });

  test('a redraw that is under way when the device is closed fails nobody', async () => {
    const s = fakeServer();
    const c = await device(s);
    await c.sync();
    const redrawn: Promise<string>[] = [];
    c.onChange(async () => {
      const drawing = c.list('reports').then(() => c.health());
      redrawn.push(faultOf(drawing));
      await drawing;
    });
    const made = c.submit({ title: 'x' });
    await made;
    await c.close();
    expect(await Promise.all(redrawn)).toContain('client.closed');
    await new Promise((resolve) => setImmediate(resolve)); // what nobody handles is told by now
  });

  test('what an app throws when it is told of something stops nothing', async () => {
    const s = fakeServer();
    const thrown = fault('invalid', 'client.closed', 'The app has closed.'); // any other is reported as the app's own
    let signedIn = false;
    const c = await device(s, {
      exchange: (r, signal) => (signedIn ? s.exchange(r, signal) : Promise.reject(fault('unauthenticated', 'api.sign_in', 'No.'))),
      onNeedLogin: () => {
        throw thrown;
      },
    });
    c.onChange(() => {
      throw thrown;
    });
    await c.submit({ title: 'x' });
    expect(await faultOf(c.sync())).toBe('api.sign_in');
    signedIn = true;
    await c.sync();
    expect(s.effects).toHaveLength(1);
  });
});
