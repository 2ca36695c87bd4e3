// Plays sync/testdata/scenarios, as the Go device does: same inputs, same final
// store. README.md beside them says what each step means. Each is played in the
// country as it was born, against the real server.

import { spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { fault, faultOf, http, isFault, memoryStore, type Exchange, type Name, type Role, type Store } from '../../src/index.js';
import { beDevice, readMeta } from '../../src/outbox/meta.js';
import { append, readOutbox, refused, type Draft } from '../../src/outbox/outbox.js';
import { viewAll } from '../../src/replica/view.js';
import { round } from '../../src/sync/round.js';
import { pieces } from '../fake.js';
import { env, freePort, program, serve } from './real.js';

interface Step {
  do: string;
  device?: string;
  of?: string;
  as?: string;
  person?: string;
  role?: string;
  areas?: string[];
  org?: string;
  state?: string;
  net?: 'lost' | 'never' | 'twice' | 'cut';
  part?: number;
  ends?: string;
  name?: string;
  report?: string;
  args?: unknown;
  body?: unknown;
  muts?: { call?: string; report: string; args?: unknown; photo?: string; kind?: string }[];
  refused?: string;
  reply?: Record<string, unknown>;
  reports?: Record<string, Record<string, unknown>>;
  texts?: string[];
  refusals?: string[];
  waiting?: number;
}

/** What a step may say: the Go device refuses anything else too. */
const said = new Set<string>([
  'do', 'device', 'of', 'as', 'person', 'role', 'areas', 'org', 'state', 'net', 'part', 'ends', 'name', 'report', 'args', 'body', 'muts', 'refused', 'reply',
  'reports', 'texts', 'refusals', 'waiting',
] satisfies (keyof Step)[]);

interface Country {
  now: string;
  areas: { code: string; name: string; kind: string; parent?: string; box: [number, number, number, number] }[];
  orgs: Record<string, unknown>[];
  objectTypes: Record<string, unknown>[];
  activities: { code: string; objectType: string; responsibleOrg: string }[];
  people: { name: string; role?: string; areas?: string[]; org?: string }[];
}

const folder = new URL('../../../sync/testdata/scenarios/', import.meta.url);
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
const names = readdirSync(folder).filter((n) => n.endsWith('.json') && n !== 'country.json');
const dir = mkdtempSync(join(tmpdir(), 'sestante-scenarios-'));
const bin = program();
if ('missing' in bin) console.warn(`skipped: ${bin.missing}`);

const id = (name: string): string => name.padEnd(15, '0');
const tables: readonly Name[] = ['meta', 'base', 'stage', 'outbox', 'merges'];

describe.skipIf('missing' in bin)('a scenario', () => {
  const path = 'missing' in bin ? '' : bin.path;
  const country = read<Country>('country.json');
  const born = join(dir, 'born');
  let areas: Record<string, string> = {};
  let child: ChildProcess | undefined;
  let data = '';
  let port = 0;
  let url = '';
  let admin = '';
  let tokens: Record<string, string> = {};
  let made = 0;

  async function ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token = admin): Promise<T> {
    const r = await fetch(url + path, {
      method, headers: { 'Content-Type': 'application/json', Authorization: token }, ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await r.text();
    if (!r.ok) throw new Error(`${method} ${path} = ${r.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }
  const record = (coll: string, fields: object): Promise<{ id: string }> => ask('POST', `/api/collections/${coll}/records`, fields);

  async function begin(from: string): Promise<void> {
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    data = from;
    child = await serve(path, dir, data, port, '--production=false');
    const { token } = await ask<{ token: string }>('POST', '/api/collections/_superusers/auth-with-password', { identity: 'admin@example.org', password: 'password-of-admin' }, '');
    admin = token;
    tokens = {};
  }
  async function end(): Promise<void> {
    const one = child;
    child = undefined;
    if (one === undefined || one.exitCode !== null) return;
    const gone = new Promise((resolve) => one.once('exit', resolve));
    one.kill('SIGINT');
    await gone;
  }
  const grant = (person: string, role: string, org = '', codes: string[] = []): Promise<unknown> =>
    record('roles', { person: id(person), role, org: org && id(org), areas: codes.map((c) => areas[c]) });

  beforeAll(async () => {
    const c = country;
    const once = (...args: string[]): void => {
      const r = spawnSync(path, ['--dir', born, ...args], { encoding: 'utf8', cwd: dir, env });
      if (r.status !== 0) throw new Error(`sestante ${args.join(' ')}: ${r.stderr}`);
    };
    for (const kind of new Set(c.areas.map((a) => a.kind))) {
      const file = join(dir, `${kind}.geojson`);
      const features = c.areas.filter((a) => a.kind === kind).map(({ code, name, box: [w, s, e, n] }) => ({
        type: 'Feature', properties: { code, name }, geometry: { type: 'Polygon', coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] },
      }));
      writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
      once('areas', 'import', file, '--kind', kind, '--code-property', 'code', '--name-property', 'name');
    }
    once('superuser', 'create', 'admin@example.org', 'password-of-admin');
    await begin(born);
    const { items } = await ask<{ items: { id: string; code: string }[] }>('GET', '/api/collections/areas/records');
    areas = Object.fromEntries(items.map((a) => [a.code, a.id]));
    for (const a of c.areas) if (a.parent !== undefined) await ask('PATCH', `/api/collections/areas/records/${areas[a.code]}`, { parent: areas[a.parent] });
    for (const o of c.orgs) await record('orgs', { id: id(String(o.code)), ...o });
    for (const o of c.objectTypes) await record('objectTypes', { id: id(String(o.code)), ...o });
    for (const { code, ...a } of c.activities) {
      await record('activities', { id: id(code), ...a, objectType: id(a.objectType), responsibleOrg: id(a.responsibleOrg) });
    }
    for (const p of c.people) {
      const password = `a password of ${p.name}`;
      await record('users', { id: id(p.name), name: p.name, email: `${p.name}@example.org`, password, passwordConfirm: password, language: 'en', verified: true });
      if (p.role !== undefined) await grant(p.name, p.role, p.org, p.areas);
    }
    await end();
  });
  afterEach(end);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  async function token(person: string): Promise<string> {
    tokens[person] ??= (
      await ask<{ token: string }>('POST', '/api/collections/users/auth-with-password', { identity: `${person}@example.org`, password: `a password of ${person}` }, '')
    ).token;
    return tokens[person];
  }

  /** Puts ids in the place of texts that begin with @, and moments as far from now as they are from the country's. */
  function resolved(v: unknown): unknown {
    if (typeof v === 'string') {
      if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(v)) return new Date(Date.now() + Date.parse(v) - Date.parse(country.now)).toISOString();
      return v.startsWith('@') ? (areas[v.slice(1)] ?? id(v.slice(1))) : v;
    }
    if (Array.isArray(v)) return v.map(resolved);
    if (typeof v !== 'object' || v === null) return v;
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [resolved(k), resolved(x)]));
  }

  interface Handset {
    store: Store;
    of: string;
    net: Step['net'];
    part: number;
    backup: [Name, unknown[]][];
  }

  /** The way of one handset to the server, with what the network does to its next exchange. */
  async function carry(h: Handset): Promise<Exchange> {
    const { exchange } = http({ baseUrl: url, token: () => token(h.of), language: 'en' });
    return async (request, signal) => {
      const net = h.net;
      h.net = undefined;
      const lost = (): never => {
        throw fault('busy', 'client.offline', 'The network broke.');
      };
      if (net === 'never') lost();
      const send = async (): Promise<string> => {
        let text = '';
        const decoder = new TextDecoder();
        for await (const piece of await exchange(request, signal)) text += decoder.decode(piece, { stream: true });
        return text;
      };
      let text = await send();
      if (net === 'lost') lost();
      if (net === 'twice') text = await send();
      return pieces(net === 'cut' ? text.slice(0, text.length * h.part) : text);
    };
  }

  async function sync(h: Handset): Promise<void> {
    const exchange = await carry(h);
    for (let n = 0; n < 100; n++) {
      const end = await round({ store: h.store, exchange, now: Date.now, maxMuts: 500, verifies: true, recount: true, doubted: new Set() }, new AbortController().signal);
      if (!end.more) return;
    }
    throw new Error('no end');
  }

  /** Compares how something ended with how it should. */
  async function ended(work: Promise<unknown>, want = 'ok'): Promise<void> {
    const thrown = await work.then(() => undefined, (e: unknown) => e);
    if (want === 'ok' && thrown !== undefined) throw thrown;
    if (want === 'ok') return;
    const code = isFault(thrown) ? thrown.code : String(thrown);
    expect(want === 'broken' ? ['client.offline', 'device.torn'] : [want]).toContain(code);
  }

  function drafts(step: Step): Draft[] {
    return (step.muts ?? []).map((m) => {
      if (m.photo === undefined) return { op: 'call', c: 'reports', id: m.report, name: m.call ?? '', args: m.args as never };
      const fields = { report: m.report, kind: m.kind ?? '', sha256: String(++made).padStart(64, '0'), size: 1000, type: 'image/jpeg' };
      return { op: 'create', c: 'media', id: m.photo, set: Object.fromEntries(Object.entries(fields).map(([k, t]) => [k, { t }])) };
    });
  }

  async function want(h: Handset, step: Step): Promise<void> {
    const { reports, messages, outbox } = await h.store.read(['meta', 'base', 'outbox'], async (tx) => ({
      reports: await viewAll(tx, 'reports'), messages: await viewAll(tx, 'messages'), outbox: await readOutbox(tx),
    }));
    if (step.reports !== undefined) {
      expect(reports.map((v) => v.id)).toEqual(Object.keys(step.reports).sort());
      for (const [rid, fields] of Object.entries(step.reports)) {
        const row = (reports.find((v) => v.id === rid)?.row ?? {}) as Record<string, unknown>;
        for (const [name, value] of Object.entries(fields)) expect(row[name] ?? null, `${name} of ${rid}`).toEqual(value);
      }
    }
    if (step.texts !== undefined) expect(messages.map((v) => v.row.text ?? '').filter((t) => t !== '').sort()).toEqual([...step.texts].sort());
    if (step.refusals !== undefined) expect(outbox.filter(refused).map((e) => e.result?.code ?? e.result?.st)).toEqual(step.refusals);
    if (step.waiting !== undefined) expect(outbox.filter((e) => e.result === undefined)).toHaveLength(step.waiting);
    const doubts = await h.store.read(['meta'], async (tx) => (await readMeta(tx)).doubts);
    expect(doubts, 'checkpoints that differ').toBe(0);
  }

  /** What a device holds is looked at: an expectation that is another in one thing must not be met. */
  async function looks(h: Handset, step: Step): Promise<void> {
    const { reports, texts, refusals, waiting } = step;
    const others: Partial<Step>[] = [];
    if (reports !== undefined) {
      others.push({ reports: { ...reports, [id('nowhere')]: {} } });
      for (const [rid, fields] of Object.entries(reports)) {
        others.push({ reports: Object.fromEntries(Object.entries(reports).filter(([other]) => other !== rid)) });
        for (const name of Object.keys(fields)) others.push({ reports: { ...reports, [rid]: { ...fields, [name]: 'something else' } } });
      }
    }
    if (texts !== undefined) others.push({ texts: [...texts, 'nobody said this'] }, ...texts.map((_, i) => ({ texts: texts.toSpliced(i, 1) })));
    if (refusals !== undefined) others.push({ refusals: [...refusals, 'sync.op'] }, ...refusals.map((_, i) => ({ refusals: refusals.toSpliced(i, 1) })));
    if (waiting !== undefined) others.push({ waiting: waiting + 1 });
    expect(others.length, 'things that are wanted').toBeGreaterThan(0);
    for (const other of others) {
      const met = await want(h, { do: 'want', ...other }).then(() => true, () => false);
      expect(met, `met as well: ${JSON.stringify(other)}`).toBe(false);
    }
  }

  async function play(devices: Map<string, Handset>, step: Step): Promise<void> {
    const h = devices.get(step.device ?? '') as Handset;
    if (step.device !== undefined && step.do !== 'device' && h === undefined) throw new Error(`there is no device ${step.device}`);
    switch (step.do) {
      case 'device': {
        const role = country.people.find((p) => p.name === step.of)?.role as Role | undefined;
        const store = memoryStore();
        await beDevice(store, role === undefined ? [] : [role]);
        devices.set(step.device ?? '', { store, of: step.of ?? '', net: undefined, part: 0, backup: [] });
        return;
      }
      case 'work':
        return ended(append(h.store, Date.now, drafts(step)), step.refused);
      case 'sync':
        Object.assign(h, { net: step.net, part: step.part ?? 0 });
        return ended(sync(h), step.ends);
      case 'call':
        await ask('POST', '/api/mobile/v1/calls', { id: id(`scene${String(++made).padStart(5, '0')}`), name: step.name, report: step.report, args: step.args }, await token(step.as ?? ''));
        return;
      case 'grant':
        await grant(step.person ?? '', step.role ?? '', step.org, step.areas);
        return;
      case 'revoke': {
        const filter = encodeURIComponent(`person="${id(step.person ?? '')}"`);
        const { items } = await ask<{ items: { id: string }[] }>('GET', `/api/collections/roles/records?filter=${filter}`);
        for (const r of items) await ask('DELETE', `/api/collections/roles/records/${r.id}`);
        return;
      }
      case 'state': {
        const did = (await h.store.read(['meta'], readMeta)).device;
        await ask('PATCH', `/api/collections/devices/records/${did}`, { state: step.state });
        return;
      }
      case 'restored':
        await ask('POST', '/api/sql', { query: `UPDATE _meta SET v = 'restored${++made}' WHERE k = 'sync.epoch'` });
        return;
      case 'save':
      case 'rollback': {
        await end();
        const [from, to] = step.do === 'save' ? [data, `${data}.saved`] : [`${data}.saved`, data];
        rmSync(to, { recursive: true, force: true });
        cpSync(from, to, { recursive: true });
        child = await serve(path, dir, data, port, '--production=false');
        return;
      }
      case 'backup':
        h.backup = await h.store.read(tables, async (tx) => Promise.all(tables.map(async (t): Promise<[Name, unknown[]]> => [t, await tx.all(t)])));
        return;
      case 'restore':
        await h.store.write(tables, async (tx) => {
          for (const [t, values] of h.backup) {
            tx.clear(t);
            for (const v of values) tx.put(t, keyOf(t, v), v);
          }
        });
        return;
      case 'push': {
        const got = await ask('POST', '/api/mobile/v1/sync/push', step.body, await token(step.as ?? ''));
        expect(got).toMatchObject(step.reply ?? {});
        return;
      }
      case 'want':
        await want(h, step);
        return looks(h, step);
      default:
        throw new Error(`no scenario can ${step.do}`);
    }
  }

  test('there are scenarios', () => {
    expect(names.length).toBeGreaterThanOrEqual(18);
  });

  test.each(names.map((n) => n.replace('.json', '')))('%s', async (name) => {
    const { about, steps } = read<{ about: string; steps: Step[] }>(`${name}.json`);
    const here = join(dir, name);
    cpSync(born, here, { recursive: true });
    await begin(here);
    const devices = new Map<string, Handset>();
    expect(about, 'what it is about').toBeTruthy();
    for (const [i, step] of steps.entries()) {
      try {
        expect(Object.keys(step).filter((key) => !said.has(key)), 'what no step can say').toEqual([]);
        await play(devices, resolved(step) as Step);
      } catch (e) {
        const f = faultOf(e);
        throw new Error(`${about}\nstep ${i + 1}, ${step.do}: ${f.message}`, { cause: e });
      }
    }
  });
});

/** The key under which the client keeps a value. */
function keyOf(table: Name, value: unknown): (string | number)[] {
  const v = value as { coll?: string; id?: string; mid?: number; format?: number };
  if (table === 'base') return [v.coll ?? '', v.id ?? ''];
  if (table === 'meta') return [v.format === undefined ? 'd' : 'm'];
  return [v.mid ?? 0];
}
