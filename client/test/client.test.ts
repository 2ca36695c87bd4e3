import { afterEach, describe, expect, test, vi } from 'vitest';

import { open, memoryStore, type Client, type Config, type FaultData, type Store } from '../src/index.js';
import { fault, isFault } from '../src/fault.js';
import { fakeServer, offline, pieces, type FakeServer } from './fake.js';

const id = (n: number): string => `report${String(n).padStart(9, '0')}`;
const A = id(1);
const opened: Client[] = [];

async function device(s: FakeServer, more: Partial<Config> = {}): Promise<Client> {
  const c = await open({ name: 't', store: memoryStore(), exchange: s.exchange, roles: ['technician'], random: () => 0, ...more });
  opened.push(c);
  return c;
}

/** Waits until check passes; a busy machine takes its time. */
function soon(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 20_000 });
}

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((c) => c.close()));
});

const trueTimeout = globalThis.setTimeout;

/** Lets time pass. Hashing is done by real threads, which a false clock does not wait for. */
async function pass(ms: number): Promise<void> {
  const step = Math.max(500, ms / 100);
  for (let left = ms; left >= 0; left -= step) {
    await vi.advanceTimersByTimeAsync(Math.min(left, step));
    await real(3);
  }
  await real(100);
}

/** Lets real work be done. */
async function real(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for real work until check passes. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    try {
      return await check();
    } catch {
      await new Promise((resolve) => trueTimeout(resolve, 5));
    }
  }
  await check();
}

/** Puts a false clock in the place of the real one. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}

/** What a device shows, in a form to compare. */
async function shows(c: Client): Promise<string[]> {
  return (await c.list('reports')).map((v) => `${v.id} ${v.row.state} ${v.row.title ?? ''}${v.pending ? ` +${v.pending}` : ''}`);
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (e) {
    return isFault(e) ? e.code : String(e);
  }
  return 'none';
}

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
    s.wire = (t) => t.replace('"title":"true"', '"title":"false"');
    expect(await faultOf(c.sync())).toBe('device.torn');
    s.wire = (t) => t;
    await c.sync();
    expect(await shows(c)).toEqual([`${A} assigned true`]);
  });

  test('passes over lines and fields of a later version', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    s.wire = (t) => t.replace('{"t":"cp"', '{"t":"news","x":[1]}\n{"mood":1,"t":"cp"');
    const c = await device(s);
    await c.sync();
    expect(await shows(c)).toHaveLength(1);
  });
});

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

  test.each(['fork', 'gap'])('a %s gives the device a new id, and what waits is still the same', async (what) => {
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
    if (what === 'gap') s.devices.delete(before);
    else Object.assign(known, { lmid: 2, chain: 'other', kept: known.kept.set(2, { content: 'other', result: { mid: 2, st: 'applied' } }) });
    await c.sync();
    expect(await c.device()).not.toBe(before);
    expect((await c.list('reports')).map((v) => v.row.title).sort()).toEqual(['a', 'b', 'c']);
    const last = s.requests.findLast((r) => r.muts.length > 0);
    expect(last?.muts.map((m) => [m.mid, m.call])).toEqual([[1, undefined], [2, undefined]]);
    expect(s.effects).toHaveLength(3);
    const merges = await c.merges();
    expect(merges.map((e) => e.mid < 0)).toEqual([true]);
    await c.dismiss(merges[0]?.mid ?? 0);
    expect(await c.merges()).toEqual([]);
    expect((await c.health()).waiting).toBe(0);
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

describe('the loop', () => {
  test('asks for a new login, keeps what waits, and goes on after it', async () => {
    const s = fakeServer();
    const asked: FaultData[] = [];
    const c = await device(s, { onNeedLogin: (f) => asked.push(f) });
    await c.sync();
    s.before = () => {
      throw fault('unauthenticated', 'api.sign_in', 'Prima accedi.');
    };
    await c.submit({ title: 'kept' });
    await soon(async () => expect((await c.health()).loop).toBe('needLogin'));
    expect(asked).toEqual([{ kind: 'unauthenticated', code: 'api.sign_in', message: 'Prima accedi.' }]);
    expect((await c.health()).waiting).toBe(1);
    s.before = () => undefined;
    c.signedIn();
    await soon(async () => expect((await c.health()).waiting).toBe(0));
  });

  test('backs off, and an edit does not hurry it', async () => {
    stopTime();
    const s = fakeServer();
    s.before = offline;
    // False minutes pass within true milliseconds: nothing must count as standing still.
    const c = await device(s, { random: () => 1, stallMs: 1e9 });
    await pass(0);
    await eventually(async () => expect((await c.health()).loop).toBe('waiting'));
    for (let n = 0; n < 20; n++) await c.submit({ title: `${n}` });
    await pass(15_500); // 1 + 2 + 4 + 8 seconds
    expect(s.requests).toHaveLength(5);
    await pass(3_600_000);
    expect(s.requests.length).toBeLessThan(30);
    s.before = () => undefined;
    await pass(300_000);
    await eventually(async () => expect((await c.health()).waiting).toBe(0));
  });

  test('asks by itself every fifteen minutes', async () => {
    stopTime();
    const s = fakeServer();
    await device(s, { stallMs: 1e9 });
    await pass(60 * 60_000 + 1000);
    await eventually(async () => expect(s.requests).toHaveLength(5));
  });

  test('does not wait for an answer that stands still', async () => {
    stopTime();
    const s = fakeServer();
    let hang = true;
    const exchange: Config['exchange'] = async (r, signal) => {
      if (!hang) return s.exchange(r, signal);
      return (async function* () {
        yield* pieces('{"t":"push"');
        await new Promise(() => undefined);
      })();
    };
    const c = await device(s, { exchange, stallMs: 1000 });
    await pass(1100);
    await eventually(async () => expect(await c.health()).toMatchObject({ loop: 'waiting', last: { code: 'client.offline' } }));
    hang = false;
    await eventually(async () => {
      await pass(100);
      expect((await c.health()).loop).toBe('idle');
    });
  });

  test('sends less when that is too much', async () => {
    const s = fakeServer();
    s.before = offline;
    const c = await device(s);
    for (let n = 0; n < 40; n++) await c.submit({ title: `${n}` });
    s.before = (r) => {
      if (r.muts.length > 12) throw fault('too_large', 'sync.too_large', 'Too much.');
    };
    for (let i = 0; i < 10 && (await c.health()).waiting > 0; i++) await faultOf(c.sync());
    expect(s.effects).toHaveLength(40);
  });

  test('does not ask in a ring a server with which nothing moves', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.wire = (t) => `${t.split('\n')[0]}\n${t.split('\n')[1]}\n{"t":"pg","cur":"same","n":0}\n`;
    const before = s.requests.length;
    expect(await faultOf(c.sync())).toBe('device.torn');
    expect(s.requests.length - before).toBeLessThan(8);
  });

  test('listens, and pulls when it is poked', async () => {
    const s = fakeServer();
    let poke: (() => void) | undefined;
    const from: { device: string; after: number }[] = [];
    const c = await device(s, {
      stream: async (f, signal) => {
        from.push(f);
        return (async function* () {
          for (;;) {
            await new Promise<void>((resolve, reject) => {
              poke = resolve;
              signal.addEventListener('abort', () => reject(signal.reason));
            });
            yield new TextEncoder().encode('id: 9\nevent: poke\ndata: {"seq":9,"p":1}\n\n');
          }
        })();
      },
    });
    await c.sync();
    s.put('reports', A, { state: 'assigned' });
    await soon(() => expect(poke).toBeDefined());
    poke?.();
    await soon(async () => expect(await shows(c)).toHaveLength(1));
    expect(from[0]).toMatchObject({ device: await c.device() });
  });
});

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
