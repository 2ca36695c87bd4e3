// The real server, in a folder of its own, with two districts and a few people
// as an administrator would make them.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the server reads of the environment: it refuses SESTANTE_ variables that are no settings, and other people's settings are not for a test. */
export const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SESTANTE_')));

/** The program: SESTANTE_BIN, or one that is built when the sources are newer; or why there is none. */
export function program(): { path: string } | { missing: string } {
  const given = process.env.SESTANTE_BIN;
  if (given !== undefined && given !== '') return existsSync(given) ? { path: given } : { missing: `SESTANTE_BIN names ${given}, which is not there` };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'there is neither SESTANTE_BIN nor Go to build the server with' };
  const path = join(root, 'client/node_modules/.cache/sestante/sestante');
  const built = spawnSync('go', ['build', '-buildvcs=false', '-o', path, './cmd/sestante'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the server cannot be built: ${built.stderr}`);
  return { path };
}

export interface Person {
  id: string;
  email: string;
  token: string;
}

export interface Server {
  url: string;
  person(name: string, role?: string, district?: 'W' | 'E'): Promise<Person>;
  /** Asks the mobile API or PocketBase, as somebody or as the administrator. */
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown, as?: Person): Promise<T>;
  /** Makes a record as the administrator. */
  record(collection: string, fields: Record<string, unknown>): Promise<string>;
  /** Makes a call on a report at once. */
  call(as: Person, name: string, report: string, args?: unknown): Promise<void>;
  /** Submits a report in West. */
  submit(as: Person, title: string, lon?: number): Promise<string>;
  areas: Record<'W' | 'E', string>;
  org: string;
  stop(): Promise<void>;
  /** Stops the server and starts it again on the same folder and address. */
  restart(): Promise<void>;
  /** Stops the server, keeps a copy of its folder and starts it again; what it returns puts the copy back, as after a failed disk. */
  backup(): Promise<() => Promise<void>>;
}

const square = (code: string, lon: number): unknown => ({
  type: 'Feature',
  properties: { code },
  geometry: { type: 'Polygon', coordinates: [[[lon, 45], [lon + 1, 45], [lon + 1, 46], [lon, 46], [lon, 45]]] },
});

/** Starts a server, or says why there is none. */
export async function startServer(): Promise<Server | { missing: string }> {
  const found = program();
  if ('missing' in found) return found;
  const dir = mkdtempSync(join(tmpdir(), 'sestante-client-'));
  const data = join(dir, 'data');
  const map = join(dir, 'areas.geojson');
  writeFileSync(map, JSON.stringify({ type: 'FeatureCollection', features: [square('W', 10), square('E', 11)] }));
  const once = (...args: string[]): void => {
    const r = spawnSync(found.path, ['--dir', data, ...args], { encoding: 'utf8', cwd: dir, env });
    if (r.status !== 0) throw new Error(`sestante ${args.join(' ')}: ${r.stderr}`);
  };
  once('areas', 'import', map, '--kind', 'district', '--code-property', 'code');
  once('superuser', 'create', 'admin@example.org', 'password-of-admin');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await serve(found.path, dir, data, port);
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  };

  let admin = '';
  const ask: Server['ask'] = async <T>(method: string, path: string, body?: unknown, as?: Person): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: as?.token ?? admin },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} = ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  };
  const record: Server['record'] = async (collection, fields) => (await ask<{ id: string }>('POST', `/api/collections/${collection}/records`, fields)).id;
  const login = (collection: string, identity: string, password: string): Promise<{ token: string; record: { id: string } }> =>
    ask('POST', `/api/collections/${collection}/auth-with-password`, { identity, password });

  admin = (await login('_superusers', 'admin@example.org', 'password-of-admin')).token;
  const rows = (await ask<{ items: { id: string; code: string }[] }>('GET', '/api/collections/areas/records')).items;
  const areas = Object.fromEntries(rows.map((a) => [a.code, a.id])) as Server['areas'];
  await record('orgs', { code: 'city', name: 'Città', kind: 'contact_point' });
  const org = await record('orgs', { code: 'roads', name: 'Strade', kind: 'municipal_area' });
  const pothole = await record('objectTypes', { code: 'pothole', name: 'Pothole', nameIt: 'Buca', public: true, status: 'mapped', defaultPriority: 3 });
  await record('activities', { objectType: pothole, responsibleOrg: org, kind: 'repair' });
  let calls = 0;

  return {
    url,
    ask,
    record,
    areas,
    org,
    stop: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
    async restart() {
      await stop();
      child = await serve(found.path, dir, data, port);
    },
    async backup() {
      const copy = join(dir, 'backup');
      await stop();
      cpSync(data, copy, { recursive: true });
      child = await serve(found.path, dir, data, port);
      return async () => {
        await stop();
        rmSync(data, { recursive: true });
        cpSync(copy, data, { recursive: true });
        child = await serve(found.path, dir, data, port);
      };
    },
    async person(name, role, district) {
      const email = `${name}@example.org`;
      const password = `password-of-${name}`;
      const id = await record('users', { name, email, password, passwordConfirm: password, language: 'it', verified: true });
      if (role !== undefined) await record('roles', { person: id, role, org: '', areas: district === undefined ? [] : [areas[district]] });
      return { id, email, token: (await login('users', email, password)).token };
    },
    async call(as, name, report, args = {}) {
      await ask('POST', '/api/mobile/v1/calls', { id: `call${String(++calls).padStart(11, '0')}`, name, report, args }, as);
    },
    async submit(as, title, lon = 10.5) {
      const { id } = await ask<{ id: string }>('POST', '/api/mobile/v1/reports', { title, objectType: 'pothole', lon, lat: 45.5 }, as);
      return id;
    },
  };
}

export async function serve(program: string, dir: string, data: string, port: number, ...more: string[]): Promise<ChildProcess> {
  const child = spawn(program, ['--dir', data, 'serve', '--http', `127.0.0.1:${port}`, ...more], { cwd: dir, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (piece) => (said += String(piece)));
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) break;
    const ok = await fetch(`http://127.0.0.1:${port}/api/health`).then((r) => r.ok, () => false);
    if (ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not start: ${said}`);
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const s = createServer();
    s.on('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const at = s.address();
      s.close(() => (typeof at === 'object' && at !== null ? resolve(at.port) : reject(new Error('no port'))));
    });
  });
}
