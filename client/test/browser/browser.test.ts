// The client with IndexedDB in headless Chromium, against the real server.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type * as Library from '../../src/index.js';
import type * as Conformance from '../../src/kv/conformance.js';
import { startServer, type Person, type Server } from '../server/real.js';
import { startSite, type Site } from './site.js';

declare global {
  interface Window {
    lib: typeof Library;
    conformance: typeof Conformance;
    client: Library.Client;
    ready?: true;
  }
}

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const started = existsSync(executablePath) ? await startServer() : { missing: `there is no ${executablePath}; CHROMIUM may name another` };
if ('missing' in started) console.warn(`skipped: ${started.missing}`);

describe.skipIf('missing' in started)('in a browser', () => {
  const server = started as Server;
  let site: Site;
  let anna: Person;
  let ben: Person;
  let cit: Person;
  let profile: string;
  let browser: BrowserContext;

  beforeAll(async () => {
    site = await startSite(server.url);
    anna = await server.person('anna', 'l1_operator');
    ben = await server.person('ben', 'technician', 'W');
    cit = await server.person('cit');
  });
  beforeEach(async () => {
    site.down = false;
    site.lose = 0;
    profile = mkdtempSync(join(tmpdir(), 'sestante-profile-'));
    browser = await chromium.launchPersistentContext(profile, { executablePath, args: flags, headless: true });
  });
  afterEach(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });
  afterAll(async () => {
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

  function start(p: Page, who: Person): Promise<void> {
    return p.evaluate(async ({ token, name }) => {
      const { open, http, idbStore } = window.lib;
      window.client = await open({ name, store: await idbStore(name), roles: ['technician'], ...http({ baseUrl: '', token: () => token, language: 'it' }) });
    }, { token: who.token, name: `sestante-${who.id}` });
  }

  const sync = (p: Page): Promise<string> => p.evaluate(() => window.client.sync().then(() => 'done', (e: Library.Fault) => e.code));
  const health = (p: Page): Promise<Library.Health> => p.evaluate(() => window.client.health());
  const report = (p: Page, id: string) => p.evaluate((id) => window.client.get('reports', id), id);
  const texts = (p: Page): Promise<(string | undefined)[]> => p.evaluate(async () => (await window.client.list('messages')).map((m) => m.row.text));
  const comment = (p: Page, id: string, text: string): Promise<number> =>
    p.evaluate(([id, text]) => window.client.call('report.comment', id as string, { text: text as string, audience: 'internal' }), [id, text]);

  test('the store in IndexedDB does what every store must', async () => {
    const p = await browser.newPage();
    await p.goto(site.url);
    await p.waitForFunction(() => window.ready === true);
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
    await vi.waitFor(async () => expect((await health(two)).waiting).toBe(0), { timeout: 20_000, interval: 100 });
    await vi.waitFor(async () => expect(await report(two, id)).toMatchObject({ row: { state: 'in_progress' }, pending: 0 }), { timeout: 20_000, interval: 100 });
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
    await vi.waitFor(async () => expect(await health(two)).toMatchObject({ leading: true, waiting: 0 }), { timeout: 20_000, interval: 100 });
    expect((await texts(two)).filter((t) => t === 'dopo')).toHaveLength(1);
  });

  test('a lost answer is asked for again, and nothing is done twice', async () => {
    const id = await assigned('Risposta persa');
    const p = await tab(ben);
    await sync(p);
    const before = site.exchanges;
    site.lose = 1;
    await comment(p, id, 'una volta sola');
    await vi.waitFor(async () => expect((await health(p)).waiting).toBe(0), { timeout: 20_000, interval: 100 });
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
    await vi.waitFor(async () => expect(await report(p, id)).toMatchObject({ row: { state: 'assigned' } }), { timeout: 20_000, interval: 100 });
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
});
