// The client against the real server.

import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { fault, http, isFault, memoryStore, open, type Client, type Config, type Exchange, type FaultData } from '../../src/index.js';
import * as lib from '../../src/index.js';
import { runnable, type Given } from '../example.js';
import { startServer, type Person, type Server } from './real.js';

const started = await startServer();
if ('missing' in started) console.warn(`skipped: ${started.missing}`);

describe.skipIf('missing' in started)('against the real server', () => {
  const server = started as Server;
  let anna: Person;
  let ben: Person;
  let cit: Person;
  const opened: Client[] = [];

  beforeAll(async () => {
    anna = await server.person('anna', 'l1_operator');
    ben = await server.person('ben', 'technician', 'W');
    cit = await server.person('cit');
  });
  afterEach(() => Promise.all(opened.splice(0).map((c) => c.close())));
  afterAll(() => server.stop());

  async function device(who: Person, more: Partial<Config> = {}, wrap = (e: Exchange): Exchange => e): Promise<Client> {
    const way = http({ baseUrl: server.url, token: () => who.token, language: 'it' });
    const c = await open({ name: who.id, store: memoryStore(), ...way, ...more, exchange: wrap(way.exchange) });
    opened.push(c);
    return c;
  }

  /** A report that ben has to work on. */
  async function assigned(title: string): Promise<string> {
    const id = await server.submit(cit, title);
    await server.call(anna, 'report.take', id);
    await server.call(anna, 'report.dispatch', id, { responsibleOrg: server.org, assignee: ben.id });
    return id;
  }

  async function codeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'none',
      (e: unknown) => (isFault(e) ? e.code : String(e)),
    );
  }

  test('a technician works without a network, and everything arrives once', async () => {
    const id = await assigned('Buca in via Roma');
    let net = true;
    const c = await device(ben, { roles: ['technician'] }, (send) => (r, s) => {
      if (!net) throw fault('busy', 'client.offline', 'No.');
      return send(r, s);
    });
    await c.sync();
    expect((await c.get('reports', id))?.row).toMatchObject({ title: 'Buca in via Roma', state: 'assigned', district: server.areas.W });
    expect((await c.list('areas')).map((v) => v.row.code).sort()).toEqual(['E', 'W']);
    net = false;
    await c.call('report.start', id, {}, { at: { lon: 10.5, lat: 45.5 } });
    await c.call('report.suspend', id, { reason: 'materials', expectedResume: new Date(Date.now() + 864e5).toISOString() });
    await c.call('report.resume', id, {});
    await c.call('report.comment', id, { text: 'Fatto, «è» 😀 <b>', audience: 'internal' });
    await c.call('report.resolve', id, { outcome: 'fixed' });
    expect(await c.get('reports', id)).toMatchObject({ row: { state: 'resolved' }, pending: 5 });
    net = true;
    await c.sync();
    expect(await c.health()).toMatchObject({ waiting: 0, attention: 0, device: '' });
    expect(await c.get('reports', id)).toMatchObject({ row: { state: 'resolved', executor: ben.id }, pending: 0 });
    const seen = await server.ask<{ state: string }>('GET', `/api/mobile/v1/reports/${id}`, undefined, anna);
    expect(seen.state ?? (seen as unknown as { report: { state: string } }).report.state).toBe('resolved');
    expect((await c.list('messages')).filter((m) => m.row.text === 'Fatto, «è» 😀 <b>')).toHaveLength(1);
  });

  test('a citizen makes a report without a network and follows it', async () => {
    const c = await device(cit);
    const id = await c.submit({ title: 'Lampione spento', point: { lon: 11.5, lat: 45.5 }, pointSource: 'pin' });
    await c.sync();
    expect((await c.get('reports', id))?.row).toMatchObject({ title: 'Lampione spento', state: 'registered', district: server.areas.E });
    expect((await c.get('reports', id))?.row).not.toHaveProperty('contactName');
    await server.call(anna, 'report.take', id);
    await c.sync();
    expect((await c.get('reports', id))?.row.state).toBe('in_analysis');
  });

  test('a lost answer is asked for again, and nothing is done twice', async () => {
    const id = await assigned('Risposta persa');
    let lose = 0;
    const c = await device(ben, {}, (send) => async (r, s) => {
      const body = await send(r, s);
      if (r.muts.length === 0 || lose++ > 0) return body;
      for await (const _ of body); // the server did it all
      throw fault('busy', 'client.offline', 'The answer was lost.');
    });
    await c.sync();
    await c.call('report.comment', id, { text: 'una volta sola', audience: 'internal' });
    await c.sync().catch(() => c.sync());
    expect(lose).toBeGreaterThan(1);
    expect((await c.list('messages')).filter((m) => m.row.text === 'una volta sola')).toHaveLength(1);
  });

  test('an answer that breaks off anywhere does no harm', async () => {
    const id = await assigned('Rete a pezzi');
    for (const cut of [0, 1, 50, 200, 400, 700, 1500, 4000]) {
      let broken = false;
      const c = await device(ben, {}, (send) => async (r, s) => {
        const body = await send(r, s);
        if (broken) return body;
        broken = true;
        return (async function* () {
          let left = cut;
          for await (const piece of body) {
            yield piece.subarray(0, left);
            left -= piece.length;
            if (left <= 0) return;
          }
        })();
      });
      await c.call('report.comment', id, { text: `taglio ${cut}`, audience: 'internal' });
      await c.sync().catch(() => c.sync());
      expect((await c.list('messages')).filter((m) => m.row.text === `taglio ${cut}`), `cut at ${cut}`).toHaveLength(1);
      await c.close();
    }
  });

  test('what was done in ignorance is fitted in, and the person is told', async () => {
    const id = await assigned('Sospesa intanto');
    let net = true;
    const away = await device(ben, { roles: ['technician'] }, (send) => (r, s) => {
      if (!net) throw fault('busy', 'client.offline', 'No.');
      return send(r, s);
    });
    const other = await device(ben, { roles: ['technician'] });
    await away.sync();
    await other.sync();
    net = false;
    const mid = await away.call('report.start', id, {});
    await other.call('report.suspend', id, { reason: 'materials', expectedResume: new Date(Date.now() + 864e5).toISOString() });
    await other.sync();
    net = true;
    await away.sync();
    expect(await away.merges()).toMatchObject([{ mid, mutation: { name: 'report.start' }, result: { st: 'merged' } }]);
    expect(await away.health()).toMatchObject({ waiting: 0, attention: 0, merged: 1 });
    await other.sync();
    expect((await away.get('reports', id))?.row).toEqual((await other.get('reports', id))?.row);
    await away.dismiss(mid);
    expect(await away.merges()).toEqual([]);
  });

  test('a refusal says why, in the person’s language, and can be put right', async () => {
    const id = await assigned('Ruolo sbagliato');
    const c = await device(ben);
    await c.sync();
    await c.group([
      { name: 'report.comment', report: id, args: { text: 'insieme', audience: 'internal' } },
      { name: 'report.take', report: id, args: {} },
    ]);
    await c.sync();
    const refusals = await c.attention();
    expect(refusals.map((e) => [e.result?.st, e.result?.code ?? ''])).toEqual([['skipped', ''], ['rejected', expect.stringMatching(/^report\./)]]);
    expect(refusals[1]?.result?.msg).toMatch(/ruolo|passo/i);
    expect((await c.list('messages')).filter((m) => m.row.text === 'insieme')).toHaveLength(0);
    await c.correct(refusals[0]?.mid ?? 0, { text: 'da solo', audience: 'internal' });
    await c.dismiss(refusals[1]?.mid ?? 0);
    await c.sync();
    expect(await c.attention()).toEqual([]);
    expect((await c.list('messages')).filter((m) => m.row.text === 'da solo')).toHaveLength(1);
  });

  test('a photo is announced before its bytes', async () => {
    const id = await assigned('Con foto');
    const c = await device(ben);
    await c.sync();
    const photo = await c.announce({ report: id, kind: 'before', sha256: 'ab'.repeat(32), size: 1000, type: 'image/jpeg' });
    expect((await c.health()).photosWaiting).toBe(1);
    await c.sync();
    expect(await c.attention()).toEqual([]);
    expect((await c.get('media', photo))?.row).toMatchObject({ report: id, state: 'declared' });
    expect((await c.health()).photosWaiting).toBe(1);
  });

  test('a person who loses a role loses what it showed', async () => {
    const eva = await server.person('eva', 'technician', 'W');
    const id = await assigned('Per tutti in West');
    const c = await device(eva);
    await c.sync();
    expect(await c.get('reports', id)).toBeDefined();
    const role = (await server.ask<{ items: { id: string }[] }>('GET', `/api/collections/roles/records?filter=${encodeURIComponent(`person="${eva.id}"`)}`)).items[0];
    await server.ask('DELETE', `/api/collections/roles/records/${role?.id}`);
    await c.sync();
    for (const coll of ['reports', 'reportEvents', 'media', 'messages', 'interventions'] as const) expect(await c.list(coll), coll).toEqual([]);
    expect((await c.list('areas')).length).toBe(2);
    await server.record('roles', { person: eva.id, role: 'technician', areas: [server.areas.W] });
    await c.sync();
    expect(await c.get('reports', id)).toBeDefined();
  });

  test('the stream tells of a change at once', async () => {
    const c = await device(ben, { pollMs: 3_600_000 });
    await c.sync();
    const id = await assigned('Subito');
    await vi.waitFor(async () => expect((await c.get('reports', id))?.row.state).toBe('assigned'), { timeout: 15_000, interval: 50 });
  });

  test('a session that ends while offline keeps what waits', async () => {
    const id = await assigned('Sessione scaduta');
    const who = { ...ben };
    const asked: FaultData[] = [];
    const c = await device(who, { onNeedLogin: (f) => asked.push(f) });
    await c.sync();
    who.token = 'expired';
    await c.call('report.comment', id, { text: 'dopo il login', audience: 'internal' });
    expect(await codeOf(c.sync())).toBe('api.sign_in');
    expect(asked.length).toBeGreaterThan(0);
    expect(await c.health()).toMatchObject({ waiting: 1, loop: 'needLogin' });
    who.token = ben.token;
    c.signedIn();
    await c.sync();
    expect((await c.list('messages')).filter((m) => m.row.text === 'dopo il login')).toHaveLength(1);
  });

  test('the server holds what the device holds, through every change of scope', async (t) => {
    const vito = await server.person('vito', 'technician', 'W');
    let said = 0;
    const c = await device(vito, {}, (send) => async (r, s) => {
      const body = await send(r, s);
      return (async function* () {
        for await (const piece of body) {
          if (new TextDecoder().decode(piece).includes('"dig":[[')) said++;
          yield piece;
        }
      })();
    });
    const verified = async (): Promise<void> => {
      await c.sync();
      const h = await c.health();
      expect(h.lastVerified).toBe(h.lastCheckpoint);
      expect(h.last).toBeUndefined();
    };
    await c.sync();
    if (said === 0) t.skip('this server says no digests');
    await verified();
    const id = await assigned('Contata');
    await verified();
    const role = await server.record('roles', { person: vito.id, role: 'technician', areas: [server.areas.E] });
    await verified();
    await server.call(anna, 'report.comment', id, { text: 'uno', audience: 'internal' });
    await verified();
    await server.ask('DELETE', `/api/collections/roles/records/${role}`);
    await verified();
    await c.submit({ title: 'Mia', point: { lon: 11.5, lat: 45.5 }, pointSource: 'pin' });
    await verified();
  });

  test('a store that was damaged is put right by the difference', async (t) => {
    const ids = [await assigned('Guasto 1'), await assigned('Guasto 2'), await assigned('Guasto 3')];
    const inner = memoryStore();
    const store = { ...inner, close: async () => undefined };
    const c = await device(ben, { store });
    await c.sync();
    if ((await c.health()).lastVerified === undefined) t.skip('this server says no digests');
    const before = await c.list('reports');
    await c.close();
    await inner.write(['base'], async (tx) => {
      tx.delete('base', ['reports', ids[0] as string]);
      const stale = (await tx.get<{ ver: number }>('base', ['reports', ids[1] as string])) as { ver: number };
      tx.put('base', ['reports', ids[1] as string], { ...stale, ver: 99, body: '{"id":"x"}' });
      tx.put('base', ['reports', 'nobodysreport00'], { ...stale, id: 'nobodysreport00' });
    });
    let questions = 0;
    const way = http({ baseUrl: server.url, token: () => ben.token });
    const again = await device(ben, { store, verify: (q, s) => (questions++, way.verify(q, s)) }, (send) => (r, s) => {
      if (r.pull?.cur === undefined) throw new Error('everything was asked for again');
      return send(r, s);
    });
    await again.sync();
    expect(await again.list('reports')).toEqual(before);
    expect(questions).toBeGreaterThan(1);
    expect((await again.health()).last).toBeUndefined();
  });

  test('two people patch plain fields at once, and neither loses in silence', async (t) => {
    const id = await assigned('Due note');
    const [one, two] = [await device(ben), await device(ben)];
    await one.sync();
    await two.sync();
    const first = await one.patch('reports', id, { addressNote: 'cortile' });
    await one.sync();
    if ((await one.attention()).some((e) => e.mid === first && e.result?.code === 'sync.op')) t.skip('this server takes no patches');
    await two.patch('reports', id, { addressNote: 'portone' });
    expect((await two.get('reports', id))?.row.addressNote).toBe('portone');
    await two.sync();
    await one.sync();
    const notes = [(await one.get('reports', id))?.row.addressNote, (await two.get('reports', id))?.row.addressNote];
    expect(notes[0]).toBe(notes[1]);
    expect(await two.health()).toMatchObject({ waiting: 0, attention: 0 });
    const ends = [...(await one.merges()), ...(await two.merges())];
    expect(ends.length + (notes[0] === 'portone' ? 1 : 0)).toBeGreaterThan(0);
  });

  test('a device of somebody else is nobody’s', async () => {
    const store = memoryStore();
    const c = await device(ben, { store: { ...store, close: async () => undefined } });
    await c.sync();
    await c.close();
    const thief = await device(cit, { store });
    expect(await codeOf(thief.sync())).toBe('sync.device');
  });

  test('a locked device hands in and gets nothing; a wiped one holds nothing', async () => {
    const id = await assigned('Telefono perso');
    const c = await device(ben);
    await c.sync();
    const did = await c.device();
    const state = (value: string): Promise<unknown> => server.ask('PATCH', `/api/collections/devices/records/${did}`, { state: value });
    await state('locked');
    expect(await codeOf(c.sync())).toBe('device.locked');
    expect(await codeOf(c.call('report.comment', id, { text: 'x', audience: 'internal' }))).toBe('device.locked');
    expect(await c.get('reports', id)).toBeDefined();
    await state('active');
    await c.sync();
    expect((await c.health()).device).toBe('');
    await state('wipe');
    expect(await codeOf(c.sync())).toBe('device.wiped');
    expect(await c.list('reports')).toEqual([]);
    const { wipedAt } = await server.ask<{ wipedAt?: string }>('GET', `/api/collections/devices/records/${did}`);
    if (wipedAt !== undefined) expect(wipedAt).not.toBe(''); // a server that takes receipts
    expect(await codeOf(c.submit({}))).toBe('device.wiped');
  });

  test('a server that is killed and comes back is only slow', async () => {
    const id = await assigned('Riavvio');
    const c = await device(ben, { random: () => 0 });
    await c.sync();
    const work = (async () => {
      for (let n = 0; n < 40; n++) await c.call('report.comment', id, { text: `durante ${n}`, audience: 'internal' });
    })();
    await server.restart();
    await work;
    await c.sync().catch(() => c.sync());
    const texts = (await c.list('messages')).map((m) => m.row.text).filter((t) => t?.startsWith('durante '));
    expect(texts).toHaveLength(40);
    expect(new Set(texts).size).toBe(40);
  });

  const texts = async (c: Client, of: RegExp): Promise<(string | undefined)[]> =>
    (await c.list('messages')).map((m) => m.row.text).filter((t) => of.test(t ?? '')).sort();

  test('the example of the README goes offline and back', async () => {
    const id = await assigned('Esempio');
    let net = true;
    vi.stubGlobal('fetch', ((fetch) => (url: string, init?: RequestInit) => (net ? fetch(server.url + url, init) : Promise.reject(new TypeError('no network'))))(fetch));
    vi.stubGlobal('indexedDB', new IDBFactory());
    globalThis.IDBKeyRange = IDBKeyRange;
    const drawn: unknown[] = [];
    const shown: unknown[] = [];
    try {
      const given: Given = {
        lib, person: ben, session: { token: ben.token }, report: { id }, showLogin: () => undefined,
        draw: (reports, health) => drawn.push([reports.length, health.waiting]),
        show: (...what) => shown.push(what),
        cellar: async (device) => {
          await device.sync();
          net = false;
        },
        street: async (device) => {
          expect(await device.get('reports', id)).toMatchObject({ row: { state: 'resolved' }, pending: 2 });
          await device.sync().catch(() => undefined);
          expect((await device.health()).waiting).toBe(2);
          net = true;
          await device.sync();
        },
      };
      const device = await (0, eval)(runnable())(given) as Client;
      opened.push(device);
      expect(await device.health()).toMatchObject({ waiting: 0, attention: 0, merged: 0 });
      expect(await device.get('reports', id)).toMatchObject({ row: { state: 'resolved', executor: ben.id }, pending: 0 });
      expect(shown).toEqual([]);
      expect(drawn.length).toBeGreaterThan(0);
    } finally {
      await Promise.all(opened.splice(0).map((c) => c.close()));
      vi.unstubAllGlobals();
    }
  });

  test('a phone whose clock is wrong by years loses nothing, and its order stands', async () => {
    const id = await assigned('Orologio');
    for (const years of [-30, 30]) {
      let on = true;
      const c = await device(ben, { now: () => Date.now() + years * 365 * 864e5 }, (send) => (r, s) => (on ? send(r, s) : Promise.reject(fault('busy', 'client.offline', 'No.'))));
      await c.sync();
      on = false;
      for (const n of [1, 2, 3]) await c.call('report.comment', id, { text: `orologio ${years} ${n}`, audience: 'internal' });
      on = true;
      await c.sync();
      expect(await c.health()).toMatchObject({ waiting: 0, attention: 0, merged: 0 });
      const said = (await c.list('messages')).map((m) => m.row).filter((m) => m.text?.startsWith(`orologio ${years} `));
      expect(said.map((m) => m.text).sort()).toEqual([1, 2, 3].map((n) => `orologio ${years} ${n}`));
      for (const m of said) expect(Math.abs(Date.parse(m.at ?? '') - Date.now())).toBeLessThan(600_000);
      await c.close();
    }
  });

  test('a server restored from a backup gets what it lost and the device still has, once', async () => {
    const id = await assigned('Disco rotto');
    let net: 'up' | 'down' | 'push only' = 'up';
    const flaky = (send: Exchange): Exchange => async (r, s) => {
      if (net === 'down') throw fault('busy', 'client.offline', 'No.');
      const body = await send(r, s);
      if (net === 'up') return body;
      return (async function* () {
        for await (const piece of body) {
          const end = piece.indexOf(10) + 1; // the push is answered, and no checkpoint follows
          yield end > 0 ? piece.subarray(0, end) : piece;
          if (end > 0) return;
        }
      })();
    };
    const c = await device(ben, { random: () => 0 }, flaky);
    const comment = (on: Client, text: string): Promise<number> => on.call('report.comment', id, { text, audience: 'internal' });
    await c.sync();
    await comment(c, 'disco: prima');
    await c.sync();
    const restore = await server.backup();
    net = 'push only';
    await comment(c, 'disco: confermato');
    expect(await codeOf(c.sync())).toBe('device.torn');
    expect(await c.waiting()).toEqual([]);
    net = 'down';
    await comment(c, 'disco: in attesa');
    const fresh = await device(cit); // the backup does not know it
    const mine = await fresh.submit({ title: 'Dopo il backup', point: { lon: 10.5, lat: 45.5 }, pointSource: 'pin' });
    await fresh.sync();
    const was = [await c.device(), await fresh.device()];
    await restore();
    net = 'up';
    await c.sync().catch(() => c.sync());
    await fresh.sync().catch(() => fresh.sync());
    expect([await c.device(), await fresh.device()].map((did, i) => did !== was[i])).toEqual([true, true]);
    expect(await texts(c, /^disco: /)).toEqual(['disco: confermato', 'disco: in attesa', 'disco: prima']);
    expect(await c.health()).toMatchObject({ waiting: 0, attention: 0, merged: 0 });
    expect(await fresh.get('reports', mine), 'the device had no more of it than the server').toBeUndefined();
    const again = await fresh.submit({ title: 'Di nuovo', point: { lon: 10.5, lat: 45.5 }, pointSource: 'pin' });
    await comment(c, 'disco: dopo');
    await Promise.all([c.sync(), fresh.sync()]);
    expect(await fresh.get('reports', again)).toMatchObject({ row: { state: 'registered' }, pending: 0 });
    const other = await device(ben);
    await other.sync();
    expect(await texts(other, /^disco: /)).toEqual(['disco: confermato', 'disco: dopo', 'disco: in attesa', 'disco: prima']);
  });
});
