// The client with IndexedDB in headless Chromium, against the real server.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type * as Library from '../../src/index.js';
import type * as Conformance from '../../src/kv/conformance.js';
import { runnable } from '../example.js';
import { startServer, type Person, type Server } from '../server/real.js';
import { startSite, type Site } from './site.js';

const within = { timeout: 20_000, interval: 50 };

declare global {
  interface Window {
    lib: typeof Library;
    conformance: typeof Conformance;
    client: Library.Client;
    /** What a request says of the person now. */
    token: string;
    /** How often somebody was asked to sign in. */
    asked: number;
    ready?: true;
    cellar: () => Promise<void>;
    street: () => Promise<void>;
  }
}

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const started = existsSync(executablePath) ? await startServer() : { missing: `there is no ${executablePath}; CHROMIUM may name another` };
if ('missing' in started) {
  if ((process.env.CHROMIUM_REQUIRED ?? '') !== '') throw new Error(`CHROMIUM_REQUIRED is set, and ${started.missing}`);
  console.warn(`skipped: ${started.missing}`);
}

describe.skipIf('missing' in started)('in a browser', () => {
  const server = started as Server;
  let site: Site;
  let anna: Person;
  let ben: Person;
  let cit: Person;
  let chrome: Browser;
  let browser: BrowserContext; // of one test, with a store of its own

  beforeAll(async () => {
    site = await startSite(server.url);
    chrome = await chromium.launch({ executablePath, args: flags, headless: true });
    anna = await server.person('anna', 'l1_operator');
    ben = await server.person('ben', 'technician', 'W');
    cit = await server.person('cit');
  });
  beforeEach(async () => {
    site.down = false;
    site.lose = 0;
    browser = await chrome.newContext();
  });
  afterEach(() => browser.close());
  afterAll(async () => {
    await chrome.close();
    await site.stop();
    await server.stop();
  });

  async function assigned(title: string): Promise<string> {
    const id = await server.submit(cit, title);
    await server.call(anna, 'report.take', id);
    await server.call(anna, 'report.dispatch', id, { responsibleOrg: server.org, assignee: ben.id });
    return id;
  }

  /** Opens a tab with a client of that person. */
  async function tab(who: Person, page?: Page): Promise<Page> {
    const p = page ?? (await browser.newPage());
    await p.goto(site.url);
    await p.waitForFunction(() => window.ready === true);
    await start(p, who);
    return p;
  }

  /** Opens a tab without a client. */
  async function blank(): Promise<Page> {
    const p = await browser.newPage();
    await p.goto(site.url);
    await p.waitForFunction(() => window.ready === true);
    return p;
  }

  function start(p: Page, who: Person): Promise<void> {
    return p.evaluate(async ({ token, name }) => {
      const { open, http, idbStore } = window.lib;
      window.token = token;
      window.asked = 0;
      window.client = await open({
        name, store: await idbStore(name), roles: ['technician'], ...http({ baseUrl: '', token: () => window.token, language: 'it' }), onNeedLogin: () => window.asked++,
      });
    }, { token: who.token, name: `sestante-${who.id}` });
  }

  const sync = (p: Page): Promise<string> => p.evaluate(() => window.client.sync().then(() => 'done', (e: Library.Fault) => e.code));
  const health = (p: Page): Promise<Library.Health> => p.evaluate(() => window.client.health());
  const report = (p: Page, id: string) => p.evaluate((id) => window.client.get('reports', id), id);
  const texts = (p: Page): Promise<(string | undefined)[]> => p.evaluate(async () => (await window.client.list('messages')).map((m) => m.row.text));
  const comment = (p: Page, id: string, text: string): Promise<number> =>
    p.evaluate(([id, text]) => window.client.call('report.comment', id as string, { text: text as string, audience: 'internal' }), [id, text]);

  test('the store in IndexedDB does what every store must', async () => {
    const p = await blank();
    const done = await p.evaluate(() => window.conformance.runAll({ open: (name) => window.lib.idbStore(name), durable: true }));
    expect(done).toHaveLength(10);
  });

  test('an edit without a network survives a reload, is in the second tab, and arrives once', async () => {
    const id = await assigned('Senza rete');
    const one = await tab(ben);
    expect(await sync(one)).toBe('done');
    await browser.setOffline(true);
    await one.evaluate((id) => window.client.call('report.start', id, {}), id);
    await comment(one, id, 'scritto al buio');
    expect(await sync(one)).toBe('client.offline');

    await tab(ben, one); // reloaded, still without a network
    expect(await report(one, id)).toMatchObject({ row: { state: 'in_progress', title: 'Senza rete' }, pending: 2 });
    const two = await tab(ben);
    expect(await report(two, id)).toMatchObject({ row: { state: 'in_progress' }, pending: 2 });
    expect(await health(two)).toMatchObject({ leading: false, waiting: 2 });

    await browser.setOffline(false); // nobody presses a button: the browser says "online"
    await vi.waitFor(async () => expect((await health(two)).waiting).toBe(0), within);
    await vi.waitFor(async () => expect(await report(two, id)).toMatchObject({ row: { state: 'in_progress' }, pending: 0 }), within);
    expect((await texts(one)).filter((t) => t === 'scritto al buio')).toHaveLength(1);
    expect((await texts(two)).filter((t) => t === 'scritto al buio')).toHaveLength(1);
  });

  test('two tabs write at once, one sends, and the other goes on when it is closed', async () => {
    const id = await assigned('Due schede');
    const [one, two] = [await tab(ben), await tab(ben)];
    await sync(one);
    await Promise.all([1, 2, 3, 4, 5].flatMap((n) => [comment(one, id, `uno ${n}`), comment(two, id, `due ${n}`)]));
    expect(await sync(two)).toBe('done');
    const got = (await texts(two)).filter((t) => /^(uno|due) /.test(t ?? ''));
    expect(got).toHaveLength(10);
    expect(new Set(got).size).toBe(10);
    expect([(await health(one)).leading, (await health(two)).leading]).toEqual([true, false]);
    await one.close();
    await comment(two, id, 'dopo');
    await vi.waitFor(async () => expect(await health(two)).toMatchObject({ leading: true, waiting: 0 }), within);
    expect((await texts(two)).filter((t) => t === 'dopo')).toHaveLength(1);
  });

  test('a lost answer is asked for again, and nothing is done twice', async () => {
    const id = await assigned('Risposta persa');
    const p = await tab(ben);
    await sync(p);
    const before = site.exchanges;
    site.lose = 1;
    await comment(p, id, 'una volta sola');
    await vi.waitFor(async () => expect((await health(p)).waiting).toBe(0), within);
    expect(site.exchanges - before).toBeGreaterThan(1);
    expect((await texts(p)).filter((t) => t === 'una volta sola')).toHaveLength(1);
  });

  test('a conflict is shown until a person has seen it', async () => {
    const id = await assigned('Conflitto');
    const p = await tab(ben);
    await sync(p);
    site.down = true;
    const mid = await p.evaluate((id) => window.client.call('report.start', id, {}), id);
    const refused = await p.evaluate((id) => window.client.call('report.take', id, {}), id);
    await server.ask('POST', '/api/mobile/v1/calls', {
      id: 'callsuspend0001', name: 'report.suspend', report: id, args: { reason: 'materials', expectedResume: new Date(Date.now() + 864e5).toISOString() },
    }, ben);
    site.down = false;
    expect(await sync(p)).toBe('done');
    expect(await health(p)).toMatchObject({ merged: 1, attention: 1, waiting: 0 });
    await tab(ben, p);
    expect(await p.evaluate(() => window.client.merges())).toMatchObject([{ mid, result: { st: 'merged' } }]);
    expect(await p.evaluate(() => window.client.attention())).toMatchObject([{ mid: refused, result: { st: 'rejected' } }]);
    await p.evaluate((mids) => Promise.all(mids.map((m) => window.client.dismiss(m))), [mid, refused]);
    expect(await health(p)).toMatchObject({ merged: 0, attention: 0 });
  });

  test('the stream brings a change while nobody asks', async () => {
    const p = await tab(ben);
    await sync(p);
    const id = await assigned('Subito');
    await vi.waitFor(async () => expect(await report(p, id)).toMatchObject({ row: { state: 'assigned' } }), within);
  });

  /** What IndexedDB really holds. */
  const held = (p: Page, who: Person): Promise<Record<string, number>> =>
    p.evaluate(
      (name) =>
        new Promise<Record<string, number>>((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const db = request.result;
            const counts: Record<string, number> = {};
            const tx = db.transaction([...db.objectStoreNames]);
            for (const store of db.objectStoreNames) tx.objectStore(store).count().onsuccess = (e) => (counts[store] = (e.target as IDBRequest<number>).result);
            tx.oncomplete = () => {
              db.close();
              resolve(counts);
            };
          };
        }),
      `sestante-${who.id}`,
    );

  test('who loses a role loses the rows, and a wiped device holds nothing', async () => {
    const eva = await server.person('eva');
    const role = await server.record('roles', { person: eva.id, role: 'technician', areas: [server.areas.W] });
    await assigned('Per West');
    const p = await tab(eva);
    await sync(p);
    const reference = await p.evaluate(async () => {
      let n = 0;
      for (const coll of ['objectTypes', 'activities', 'areas', 'orgs', 'sites', 'assets'] as const) n += (await window.client.list(coll)).length;
      return n;
    });
    expect((await held(p, eva)).base).toBeGreaterThan(reference);
    await server.ask('DELETE', `/api/collections/roles/records/${role}`);
    expect(await sync(p)).toBe('done');
    expect(await held(p, eva)).toMatchObject({ base: reference, stage: 0, outbox: 0 });

    await server.ask('PATCH', `/api/collections/devices/records/${await p.evaluate(() => window.client.device())}`, { state: 'wipe' });
    expect(await sync(p)).toBe('device.wiped');
    expect(await held(p, eva)).toEqual({ base: 0, stage: 0, outbox: 0, merges: 0, meta: 1 });
  });

  test('without room an edit is refused, and nothing of it is kept', async () => {
    const id = await assigned('Memoria piena');
    const p = await browser.newPage();
    const cdp = await browser.newCDPSession(p);
    const origin = new URL(site.url).origin;
    // Before the first use: the browser remembers for a while how much is left.
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 4_000_000 });
    await tab(ben, p);
    await sync(p);
    site.down = true;
    const got = await p.evaluate(async (id) => {
      let kept = 0;
      // What compresses takes no room.
      const noise = (): string => Array.from(crypto.getRandomValues(new Uint32Array(5000)), (v) => v.toString(36)).join('');
      for (let n = 0; n < 400; n++) {
        try {
          await window.client.call('report.comment', id, { text: `${n} ${noise()}`, audience: 'internal' });
          kept++;
        } catch (e) {
          const { fault, code, kind } = e as Library.Fault;
          return { kept, fault, code, kind };
        }
      }
      return { kept };
    }, id);
    expect(got).toMatchObject({ fault: true, code: 'client.quota', kind: 'too_large' });
    expect((await health(p)).waiting).toBe(got.kept);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin });
    const mid = await comment(p, id, 'di nuovo spazio');
    expect(mid).toBe(got.kept + 1);
    site.down = false;
    await sync(p);
    expect((await health(p)).waiting).toBe(0);
  });

  test('the browser is asked to keep the store', async () => {
    const p = await tab(ben);
    expect(typeof (await p.evaluate(() => window.client.persist()))).toBe('boolean');
    expect(typeof (await health(p)).persisted).toBe('boolean');
  });

  test('a session that ends without a network keeps what waits, through a reload, until there is a new one', async () => {
    const id = await assigned('Sessione scaduta');
    const p = await tab(ben);
    await sync(p);
    await browser.setOffline(true);
    await comment(p, id, 'dopo il nuovo accesso');
    await browser.setOffline(false);
    const ended = { ...ben, token: 'eyJhbGciOiJIUzI1NiJ9.e30.ended' };
    await tab(ended, p); // reloaded, with a session that has ended
    expect(await sync(p)).toBe('api.sign_in');
    expect(await health(p)).toMatchObject({ waiting: 1, loop: 'needLogin' });
    expect(await p.evaluate(() => window.asked)).toBeGreaterThan(0);
    expect(await report(p, id), 'what is there is shown').toMatchObject({ row: { title: 'Sessione scaduta' }, pending: 1 });
    const other = await tab(ended);
    await vi.waitFor(async () => expect((await health(other)).waiting).toBe(1), within);
    await other.evaluate((token) => {
      window.token = token; // whoever leads asks for it
      window.client.signedIn();
    }, ben.token);
    await p.evaluate((token) => (window.token = token), ben.token);
    expect(await sync(other)).toBe('done');
    expect((await health(p)).waiting).toBe(0);
    expect((await texts(p)).filter((t) => t === 'dopo il nuovo accesso')).toHaveLength(1);
  });

  test('a browser that crashes keeps what was done', async () => {
    const id = await assigned('Arresto improvviso');
    const profile = mkdtempSync(join(tmpdir(), 'sestante-profile-'));
    const launch = (): Promise<BrowserContext> => chromium.launchPersistentContext(profile, { executablePath, args: flags, headless: true });
    const shared = browser;
    try {
      browser = await launch();
      const p = await tab(ben);
      await sync(p);
      site.down = true;
      for (const n of [1, 2, 3]) await comment(p, id, `crollo ${n}`);
      const cdp = await browser.newCDPSession(p);
      const gone = new Promise((resolve) => browser.once('close', resolve));
      await Promise.all([gone, cdp.send('Browser.crash').catch(() => undefined)]);
      browser = await launch();
      site.down = false;
      const again = await tab(ben);
      expect(await sync(again)).toBe('done');
      expect((await texts(again)).filter((t) => t?.startsWith('crollo ')).sort()).toEqual([1, 2, 3].map((n) => `crollo ${n}`));
      await browser.close();
    } finally {
      browser = shared;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    }
  });

  test('a tab that leads and answers nobody loses the lead', async () => {
    const id = await assigned('Scheda congelata');
    const one = await browser.newPage();
    await one.addInitScript(() => Object.defineProperty(BroadcastChannel.prototype, 'onmessage', { set: () => undefined }));
    await tab(ben, one);
    await sync(one);
    const two = await blank();
    await two.clock.install();
    await start(two, ben);
    expect([(await health(one)).leading, (await health(two)).leading]).toEqual([true, false]);
    await comment(two, id, 'scongelata');
    expect((await health(two)).waiting).toBe(1);
    await two.clock.runFor(11_000);
    await vi.waitFor(async () => expect(await health(two)).toMatchObject({ leading: true, waiting: 0 }), within);
    await vi.waitFor(async () => expect((await health(one)).leading).toBe(false), within);
    expect((await texts(one)).filter((t) => t === 'scongelata')).toHaveLength(1);
  });

  test('without Web Locks every tab leads, and nothing is done twice', async () => {
    await browser.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const id = await assigned('Senza lucchetti');
    const [one, two] = [await tab(ben), await tab(ben)];
    await Promise.all([sync(one), sync(two)]);
    expect([(await health(one)).leading, (await health(two)).leading]).toEqual([true, true]);
    await Promise.all([1, 2, 3, 4, 5].flatMap((n) => [comment(one, id, `prima ${n}`), comment(two, id, `seconda ${n}`)]));
    await vi.waitFor(async () => expect((await health(one)).waiting).toBe(0), within);
    expect(await sync(one)).toBe('done');
    for (const p of [one, two]) expect(new Set((await texts(p)).filter((t) => /^(prima|seconda) \d/.test(t ?? ''))).size).toBe(10);
    expect((await texts(one)).filter((t) => /^(prima|seconda) \d/.test(t ?? ''))).toHaveLength(10);
    expect(await health(two)).toMatchObject({ waiting: 0, attention: 0 });
  });

  test('a newer version of the app takes the store over, and the older one says so', async () => {
    const p = await tab(ben);
    await sync(p);
    const other = await blank();
    await other.evaluate(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.open(name, 2);
          request.onblocked = () => reject(new Error('blocked'));
          request.onerror = () => reject(request.error);
          request.onsuccess = () => resolve(request.result.close());
        }),
      `sestante-${ben.id}`,
    );
    expect(await sync(p)).toBe('client.newer');
    expect(await p.evaluate(() => window.client.submit({ title: 'x' }).then(() => 'kept', (e: Library.Fault) => e.code))).toBe('client.newer');
  });

  test('where there is no IndexedDB an app can work in memory, and is told why', async () => {
    await browser.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }));
    const id = await assigned('Finestra privata');
    const p = await blank();
    const why = await p.evaluate(async (token) => {
      const { open, http, idbStore, memoryStore } = window.lib;
      let why = '';
      const store = await idbStore('x').catch((e: Library.Fault) => {
        why = e.code;
        return memoryStore();
      });
      window.client = await open({ name: 'x', store, ...http({ baseUrl: '', token: () => token }) });
      return why;
    }, ben.token);
    expect(why).toBe('client.store');
    expect(await sync(p)).toBe('done');
    expect(await report(p, id)).toMatchObject({ row: { title: 'Finestra privata' } });
  });

  test('the example of the README goes offline and back', async () => {
    const id = await assigned('Esempio');
    const p = await blank();
    await p.exposeFunction('cellar', () => browser.setOffline(true));
    await p.exposeFunction('street', async () => {
      expect(await report(p, id)).toMatchObject({ row: { state: 'resolved' }, pending: 2 });
      expect(await sync(p)).toBe('client.offline');
      await browser.setOffline(false);
      await vi.waitFor(async () => expect((await health(p)).waiting).toBe(0), within); // by itself
    });
    const drawn = await p.evaluate(async ({ code, who, id }) => {
      let drawn = 0;
      const example = (0, eval)(code) as (given: object) => Promise<Library.Client>;
      await example({
        lib: window.lib, person: who, session: { token: who.token }, report: { id }, showLogin: () => undefined, draw: () => drawn++,
        show: (name: string) => Promise.reject(new Error(`${name} was refused or fitted in`)),
        cellar: async (device: Library.Client) => {
          await device.sync();
          await window.cellar();
        },
        street: async (device: Library.Client) => {
          window.client = device;
          await window.street();
        },
      });
      return drawn;
    }, { code: runnable(), who: ben, id });
    expect(drawn).toBeGreaterThan(0);
    await vi.waitFor(async () => expect(await report(p, id)).toMatchObject({ row: { state: 'resolved', executor: ben.id }, pending: 0 }), within);
    expect(await health(p)).toMatchObject({ waiting: 0, attention: 0, merged: 0 });
  });
});
