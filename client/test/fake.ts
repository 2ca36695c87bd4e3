// A server in a few lines: it keeps the promises of the protocol and nothing
// else, and breaks off, forgets and refuses as a test tells it to.

import { fault } from '../src/fault.js';
import { canonical } from '../src/outbox/canonical.js';
import { bodyHash, chain } from '../src/outbox/chain.js';
import type { ExchangeRequest, Json, Mutation, Result } from '../src/outbox/wire.js';
import { count, countIn, hexOf, keyOf, nothing, type Digests, type Said } from '../src/replica/digest.js';
import type { Exchange } from '../src/sync/http.js';
import type { Verify, VerifyRequest } from '../src/sync/verify.js';

interface Rec {
  coll: string;
  id: string;
  ver: number;
  seq: number;
  body: string | undefined; // undefined when it has left
  why: string;
  scopes: number[];
}

interface DeviceRec {
  lmid: number;
  chain: string;
  kept: Map<number, { content: string; result: Result }>;
}

export interface FakeServer {
  exchange: Exchange;
  verify: Verify;
  /** Questions of drill-downs, and records that travelled for them. */
  questions: VerifyRequest[];
  repaired: string[];
  /** What a checkpoint says is held; a test may lie. */
  dig: (said: Said[]) => Said[] | undefined;
  requests: ExchangeRequest[];
  /** What comments said, in the order of their effects. */
  texts: string[];
  /** What a person may see, in a form to compare with a base. */
  visible(): string[];
  /** Every effect, as device/mid. */
  effects: string[];
  devices: Map<string, DeviceRec>;
  /** Writes a record into scopes. */
  put(coll: string, id: string, fields: Record<string, unknown>, scopes?: number[]): void;
  /** Makes a backup, and returns what puts it back in the place of everything since, as an operator does: in a new epoch. */
  backup(): () => void;
  /** Takes a record away. */
  remove(coll: string, id: string, why?: string): void;
  /** The scopes that the person holds. */
  scopes: number[];
  epoch: string;
  pageRows: number;
  /** Rows in one answer. */
  maxRows: number;
  commands: string[];
  /** How a mutation ends; the default is that it is applied. */
  decide: (m: Mutation) => Partial<Result>;
  /** The text of an answer, as it is sent; a test may cut it. */
  wire: (text: string) => string;
  /** Asked before each request is looked at; what it throws is the transport's fault. */
  before: (r: ExchangeRequest) => void;
  /** Asked after the request took effect; what it throws loses the answer. */
  after: (r: ExchangeRequest) => void;
  defer: boolean;
  /** Bytes of every answer together. */
  sent: number;
}

interface Cursor {
  e: string;
  q: number;
  /** The scopes as they were. */
  s: number[];
}

export function fakeServer(): FakeServer {
  const records = new Map<string, Rec>();
  let seq = 0;

  const s: FakeServer = {
    requests: [], effects: [], devices: new Map(), scopes: [1], epoch: 'e1', pageRows: 1000, maxRows: 1e9, commands: [], defer: false, sent: 0,
    questions: [], repaired: [], texts: [],
    visible: () =>
      [...records.values()]
        .map((r) => ({ ...r, held: r.scopes.filter((i) => s.scopes.includes(i)) }))
        .filter((r) => r.body !== undefined && r.held.length > 0)
        .map((r) => `${r.id} ${r.ver} ${r.held.join()} ${r.body}`)
        .sort(),
    dig: (said) => said,
    async verify(request) {
      s.questions.push(structuredClone(request));
      return pieces(await compare(request));
    },
    decide: () => ({}),
    wire: (text) => text,
    before: () => undefined,
    after: () => undefined,
    put(coll, id, fields, scopes = [1]) {
      const old = records.get(`${coll}/${id}`);
      const ver = (old?.ver ?? 0) + 1;
      records.set(`${coll}/${id}`, { coll, id, ver, seq: ++seq, body: JSON.stringify({ id, ...fields }), why: '', scopes });
    },
    backup() {
      const then = structuredClone({ records, seq, devices: s.devices, texts: s.texts, effects: s.effects });
      return () => {
        const again = structuredClone(then); // it may be put back once more
        records.clear();
        for (const [key, r] of again.records) records.set(key, r);
        seq = again.seq;
        Object.assign(s, { devices: again.devices, texts: again.texts, effects: again.effects, epoch: `${s.epoch}+` });
      };
    },
    remove(coll, id, why = 'moved') {
      const old = records.get(`${coll}/${id}`);
      if (old) records.set(`${coll}/${id}`, { ...old, seq: ++seq, body: undefined, why });
    },
    exchange(request) {
      const answer = last.then(() => one(request)); // one transaction at a time
      last = answer.catch(() => undefined);
      return answer;
    },
  };
  let last: Promise<unknown> = Promise.resolve();

  async function one(request: ExchangeRequest): Promise<AsyncIterable<Uint8Array>> {
      s.requests.push(structuredClone(request));
      s.before(request);
      let text = JSON.stringify(await push(request)) + '\n';
      if (request.pull !== undefined && s.commands.length === 0) text += await pull(request.pull.cur, request.did, request.pull.dig === true);
      s.after(request);
      text = s.wire(text);
      s.sent += text.length;
      return pieces(text);
  }

  async function push(r: ExchangeRequest): Promise<unknown> {
    let d = s.devices.get(r.did);
    if (d === undefined) s.devices.set(r.did, (d = { lmid: 0, chain: '', kept: new Map() }));
    const res: Result[] = [];
    let err: Record<string, unknown> = {};
    for (const m of r.muts) {
      const content = canonical(m as unknown as Json, 'h');
      const old = d.kept.get(m.mid);
      if (m.mid <= d.lmid) {
        if (old?.content !== content) {
          err = { err: 'fork', mid: m.mid };
          break;
        }
        res.push({ ...old.result, dup: true });
        continue;
      }
      if (m.mid !== d.lmid + 1) {
        err = { err: 'gap', expect: d.lmid + 1 };
        break;
      }
      if (m.h !== (await chain(m, d.chain))) {
        err = { err: 'fork', mid: m.mid };
        break;
      }
      if (s.defer) {
        err = { err: 'defer', after_s: 7 };
        break;
      }
      const result = apply(r.did, m);
      d.kept.set(m.mid, { content, result });
      d.lmid = m.mid;
      d.chain = m.h;
      res.push(result);
    }
    return {
      t: 'push', v: 1, epoch: s.epoch, now: '2026-11-22T09:00:00.000Z', lmid: d.lmid, chain: d.chain, seq, res, want: [],
      cmd: s.commands.map((k) => ({ k })), dirty: true, ...err,
    };
  }

  function apply(did: string, m: Mutation): Result {
    if (s.commands.length > 0) return { mid: m.mid, st: 'held' };
    const end = s.decide(m);
    if (end.st === 'rejected' || end.st === 'skipped') return { mid: m.mid, ...end, st: end.st };
    s.effects.push(`${did}/${m.call ?? m.mid}`);
    const key = `reports/${m.id}`;
    const old = records.get(key);
    const fields = old?.body === undefined ? {} : (JSON.parse(old.body) as Record<string, unknown>);
    const args = (m.args ?? {}) as Record<string, unknown>;
    if (typeof args.text === 'string') s.texts.push(args.text);
    const states: Record<string, string> = { 'report.start': 'in_progress', 'report.submit': 'registered', 'report.resolve': 'resolved' };
    s.put('reports', m.id, { ...fields, ...args, version: ((fields.version as number) ?? 0) + 1, state: states[m.name ?? ''] ?? fields.state });
    return { mid: m.mid, st: 'applied', seq, ...end };
  }

  async function pull(sealed: string | undefined, did: string, dig: boolean): Promise<string> {
    const head = seq; // one state of the storage, whatever is written meanwhile
    const state = [...records.values()].sort((a, b) => a.seq - b.seq);
    let cur: Cursor = { e: s.epoch, q: 0, s: [] };
    let reset = 'new';
    if (sealed !== undefined) {
      try {
        cur = JSON.parse(sealed) as Cursor;
      } catch {
        return JSON.stringify({ t: 'err', code: 'sync.cursor', msg: 'no' }) + '\n';
      }
      reset = cur.e === s.epoch ? '' : 'epoch';
      if (reset) cur = { e: s.epoch, q: 0, s: [] };
    }
    const out: unknown[] = [];
    const hi = { t: 'hi', epoch: s.epoch, seq: head, now: '', sc: s.scopes.map((i) => ({ i, s: `d:${i}`, p: 1 })), plan: {} };
    out.push(reset ? { ...hi, reset } : hi);
    for (const i of cur.s) if (!s.scopes.includes(i)) out.push({ t: 'drop', i, s: `d:${i}` });
    const gained = s.scopes.some((i) => !cur.s.includes(i)) && cur.s.length > 0;
    const after = gained ? 0 : cur.q;
    let rows = 0;
    let whole = true;
    const pages = { n: 0 };
    for (const r of state) {
      const held = r.scopes.filter((i) => s.scopes.includes(i));
      const here = r.body !== undefined && held.length > 0;
      if (r.seq <= after || (!here && reset)) continue;
      if (rows === s.maxRows) {
        whole = false;
        break;
      }
      rows++;
      pages.n++;
      cur = { e: s.epoch, q: r.seq, s: s.scopes };
      if (r.body === undefined || !here) out.push({ t: 'x', q: r.seq, c: r.coll, id: r.id, r: r.why || 'moved' });
      else out.push(`{"t":"p","q":${r.seq},"c":"${r.coll}","id":"${r.id}","v":${r.ver},"m":[${held.join()}],"h":"${await bodyHash(r.body)}","d":${r.body}}`);
      if (pages.n >= s.pageRows) {
        pages.n = 0;
        out.push({ t: 'pg', cur: JSON.stringify(cur), n: s.pageRows });
      }
    }
    cur = { e: s.epoch, q: whole ? head : cur.q, s: s.scopes };
    const lmid = s.devices.get(did)?.lmid ?? 0;
    out.push(whole ? { t: 'cp', seq: head, cur: JSON.stringify(cur), lmid, dig: dig ? s.dig(digests(state)) : undefined } : { t: 'pg', cur: JSON.stringify(cur), n: pages.n });
    return out.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n') + '\n';
  }
  /** The records of a scope. */
  const inScope = (scope: number, coll: string): Rec[] =>
    [...records.values()].filter((r) => r.coll === coll && r.body !== undefined && r.scopes.includes(scope) && s.scopes.includes(scope));

  function digests(state: Rec[]): Said[] {
    const all: Digests = {};
    for (const r of state) if (r.body !== undefined) countIn(all, 1, { ...r, in: r.scopes.filter((i) => s.scopes.includes(i)) });
    return Object.entries(all).map(([name, d]) => {
      const [scope, coll] = name.split('/');
      return [Number(scope), coll as string, d[0], hexOf(d)];
    });
  }

  /** Answers a question of a drill-down. */
  async function compare(q: VerifyRequest): Promise<string> {
    const out: unknown[] = [];
    const split = (i: number, c: string, p: string): void => {
      const b = Array.from({ length: 16 }, (_, part) => {
        const d = nothing();
        for (const r of inScope(i, c)) if (keyOf(r.id)[0].toString(16).padStart(8, '0').startsWith(p + part.toString(16))) count(d, 1, r.id, r.ver);
        return [d[0], hexOf(d)];
      });
      out.push({ t: 'split', i, c, p, b });
    };
    if (q.dig !== undefined) for (const [i, c, n, sum] of digests([...records.values()])) {
      if (!q.dig.some((d) => d[0] === i && d[1] === c && d[2] === n && d[3] === sum)) split(i, c, '');
    }
    for (const [i, c, p] of q.split ?? []) split(i, c, p);
    for (const [i, c, p, elements] of q.list ?? []) {
      const theirs = new Map(elements);
      for (const r of inScope(i, c)) {
        if (!keyOf(r.id)[0].toString(16).padStart(8, '0').startsWith(p)) continue;
        const same = theirs.get(r.id) === r.ver;
        theirs.delete(r.id);
        if (same || r.body === undefined) continue;
        s.repaired.push(r.id);
        out.push({ t: 'p', q: r.seq, c, id: r.id, v: r.ver, m: r.scopes, h: await bodyHash(r.body), d: JSON.parse(r.body) as unknown });
      }
      for (const id of theirs.keys()) {
        s.repaired.push(id);
        out.push({ t: 'x', q: 0, c, id, r: 'moved' });
      }
    }
    out.push({ t: 'vf', seq, ok: out.length === 0, missing: 0, extra: 0, stale: 0 });
    return out.map((l) => JSON.stringify(l)).join('\n') + '\n';
  }
  return s;
}

/** The bytes of a text in pieces of odd sizes, which part characters and lines. */
export async function* pieces(text: string, size = 61): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let i = 0; i < bytes.length; i += size) yield bytes.slice(i, i + size);
}

/** What a transport throws that reaches nobody. */
export function offline(): never {
  throw fault('busy', 'client.offline', 'The server cannot be reached.');
}
