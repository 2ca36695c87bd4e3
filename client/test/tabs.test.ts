import { afterEach, expect, test, vi } from 'vitest';

import { memoryStore, open, type Channel, type Client, type Config, type Locker, type Message, type Store } from '../src/index.js';
import { fakeServer, offline } from './fake.js';

const A = 'report000000001';
const opened: Client[] = [];

/** Waits until check passes; a busy machine takes its time. */
function soon(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 20_000 });
}

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((c) => c.close()));
});

/** A browser: one store, one lock and one channel for all of its tabs. */
function browser(): { tab: (more?: Partial<Config>) => Promise<Client>; freeze: () => void } {
  const inner = memoryStore();
  const store: Store = { ...inner, close: async () => undefined };
  const posts = new Set<(m: Message) => void>();
  let holder: AbortController | undefined;
  let frozen = false;
  const queue: (() => void)[] = [];
  const channel = (): Channel => {
    let mine: ((m: Message) => void) | undefined;
    return {
      post: (m) => posts.forEach((fn) => fn !== mine && queueMicrotask(() => fn(structuredClone(m)))),
      listen(fn) {
        const me = holder;
        mine = (m) => {
          if (!(frozen && me === undefined)) fn(m);
        };
        posts.add(mine);
      },
      close: () => mine && posts.delete(mine),
    };
  };
  const locks: Locker = async (held, signal, steal) => {
    if (steal) holder?.abort();
    else
      while (holder !== undefined) {
        await new Promise<void>((resolve, reject) => {
          queue.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        signal.throwIfAborted();
      }
    const mine = new AbortController();
    const stop = (): void => mine.abort();
    signal.addEventListener('abort', stop);
    holder = mine;
    try {
      await held(mine.signal);
    } finally {
      if (holder === mine) holder = undefined;
      queue.splice(0).forEach((fn) => fn());
    }
    if (mine.signal.aborted && !signal.aborted) throw new Error('stolen');
  };
  return {
    async tab(more = {}) {
      const c = await open({ name: 't', store, exchange: () => offline(), locks, channel: channel(), roles: ['technician'], random: () => 0, ...more });
      opened.push(c);
      return c;
    },
    freeze: () => (frozen = true),
  };
}

test('two tabs write, one sends, and both show the same', async () => {
  const s = fakeServer();
  s.put('reports', A, { state: 'assigned' });
  const b = browser();
  const one = await b.tab({ exchange: s.exchange });
  const two = await b.tab({ exchange: () => Promise.reject(new Error('the second tab sent')) });
  let told = 0;
  two.onChange(() => told++);
  await one.sync();
  await two.sync();
  expect((await one.health()).leading).toBe(true);
  expect((await two.health()).leading).toBe(false);
  await Promise.all([two.call('report.start', A, {}), one.submit({ title: 'b' }), two.submit({ title: 'c' }), two.submit({ title: 'd' })]);
  await two.sync();
  expect(s.effects).toHaveLength(4);
  expect(s.devices.size).toBe(1);
  expect(await two.list('reports')).toEqual(await one.list('reports'));
  await soon(async () => expect(await two.health()).toMatchObject({ waiting: 0, loop: 'idle' }));
  expect(told).toBeGreaterThan(0);
});

test('when the tab that leads is closed, the other goes on', async () => {
  const s = fakeServer();
  const b = browser();
  const one = await b.tab({ exchange: s.exchange });
  const two = await b.tab({ exchange: s.exchange });
  await one.sync();
  await one.close();
  await two.submit({ title: 'x' });
  await two.sync();
  expect(s.effects).toHaveLength(1);
  expect((await two.health()).leading).toBe(true);
});

test('a tab that leads and is frozen loses the lead', async () => {
  const s = fakeServer();
  const b = browser();
  const one = await b.tab({ exchange: s.exchange });
  await one.sync();
  const two = await b.tab({ exchange: s.exchange });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  b.freeze();
  await two.submit({ title: 'x' });
  expect(s.effects).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(10_001);
  vi.useRealTimers();
  await soon(async () => expect((await two.health()).leading).toBe(true));
  await soon(async () => expect((await two.health()).waiting).toBe(0));
  expect(s.effects).toHaveLength(1);
});

test('a new login in one tab is a new login in all', async () => {
  const s = fakeServer();
  const b = browser();
  const asked: string[] = [];
  let signedIn = true;
  const exchange: Config['exchange'] = async (r, signal) => {
    if (!signedIn) throw Object.assign(new Error('no'), { fault: true, kind: 'unauthenticated', code: 'api.sign_in' });
    return s.exchange(r, signal);
  };
  const one = await b.tab({ exchange, onNeedLogin: () => asked.push('one') });
  const two = await b.tab({ exchange, onNeedLogin: () => asked.push('two') });
  await one.sync();
  signedIn = false;
  await two.submit({ title: 'x' });
  await soon(() => expect(asked.sort()).toEqual(['one', 'two']));
  signedIn = true;
  two.signedIn();
  await soon(async () => expect((await two.health()).waiting).toBe(0));
});

test('where no tab can lead alone, each does, and hears of the others', async () => {
  const s = fakeServer();
  s.put('reports', A, { state: 'assigned' });
  const b = browser();
  const each: Locker = (held, signal) => held(signal); // a browser without Web Locks
  let signedIn = true;
  const exchange: Config['exchange'] = async (r, signal) => {
    if (!signedIn) throw Object.assign(new Error('no'), { fault: true, kind: 'unauthenticated', code: 'api.sign_in' });
    return s.exchange(r, signal);
  };
  const [one, two] = [await b.tab({ exchange, locks: each }), await b.tab({ exchange, locks: each })];
  await Promise.all([one.sync(), two.sync()]);
  let told = 0;
  two.onChange(() => told++);
  await one.call('report.start', A, {});
  await soon(() => expect(told).toBeGreaterThan(0));
  expect((await two.get('reports', A))?.row.state).toBe('in_progress');
  await one.sync();
  signedIn = false;
  await one.sync().catch(() => undefined);
  await two.sync().catch(() => undefined);
  expect([(await one.health()).loop, (await two.health()).loop]).toEqual(['needLogin', 'needLogin']);
  signedIn = true;
  one.signedIn();
  await soon(async () => expect([(await one.health()).loop, (await two.health()).loop]).toEqual(['idle', 'idle']));
  expect(s.effects).toHaveLength(1);
});

test('two loops over one store do not undo each other', async () => {
  const s = fakeServer();
  s.pageRows = 7;
  for (let n = 100; n < 180; n++) s.put('reports', `report000000${n}`, { state: 'assigned' });
  const b = browser();
  const alone: Locker = (held, signal) => held(signal);
  const tabs = await Promise.all([1, 2, 3].map(() => b.tab({ exchange: s.exchange, locks: alone })));
  for (let n = 0; n < 30; n++) {
    const c = tabs[n % 3] as Client;
    await c.submit({ title: `${n}` });
    s.put('reports', `report000000${100 + n}`, { state: 'resolved' });
    if (n % 4 === 0) s.remove('reports', `report000000${140 + n}`);
  }
  for (const c of tabs) await c.sync();
  for (const c of tabs) await c.sync();
  expect(s.effects).toHaveLength(30);
  const rows = await (tabs[0] as Client).list('reports');
  expect(rows).toHaveLength(80 - 8 + 30);
  expect(rows.every((v) => v.pending === 0)).toBe(true);
});
