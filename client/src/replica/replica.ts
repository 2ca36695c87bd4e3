// The local copy. What a pull brings is staged until its checkpoint, where all
// of it becomes visible in one transaction: half a download is never seen, and
// what was staged before a cut is not asked for again.

import { fault } from '../fault.js';
import type { WriteTx, Store } from '../kv/store.js';
import { bodyHash } from '../outbox/chain.js';
import { everything, readMeta, writeMeta, type Meta } from '../outbox/meta.js';
import { readOutbox, refused, type Entry } from '../outbox/outbox.js';
import type { ExitLine, PutLine } from '../outbox/wire.js';
import { agree, countIn, type Digests, type Said } from './digest.js';

/** One record as the last checkpoint left it. The body is the bytes that came. */
export interface Row {
  coll: string;
  id: string;
  ver: number;
  /** Every held scope it is in. */
  in: number[];
  hash: string;
  body: string;
  /** Why nobody is shown it: the body is kept as it came. */
  bad?: Bad;
}

/** Why a record cannot be read: its line has no key, its body is not what its hash says however often it comes, or is no object. */
export type Bad = 'line' | 'hash' | 'body';

/** A line about one record, with its body as the bytes that came. */
export type Fix = (Omit<PutLine, 'd'> & { body?: string; bad?: Bad }) | ExitLine;

/** A line that waits for its checkpoint. */
export type Staged = Fix | { t: 'drop'; i: number; s: string };

/**
 * Bodies that were not what their hash says. The first time the line counts as
 * torn and is asked for again. When the same bytes come again it is the server
 * that is wrong, and one record must not keep all others from their checkpoint.
 */
export type Doubted = Set<string>;

/** Where the digests of the base are kept. */
const digestKey = ['d'] as const;

/** What was thrown when another tab went on with the pull: this one's lines are no longer needed. */
export const overtaken = Symbol('overtaken');

/** A pull on its way in. Lines stay in memory until a resume point makes them durable. */
export interface Incoming {
  /** Opens the pull with its first line; reset says that it replaces the base. */
  open(epoch: string, scopes: Meta['scopes'], reset: boolean): void;
  /** Takes a line in. */
  stage(line: Staged): void;
  /** Makes what came durable, to be resumed from the cursor. */
  page(cursor: string): Promise<void>;
  /** Makes everything visible: the replica is at checkpoint seq. What the server holds then is compared, when it says so. */
  checkpoint(seq: number, cursor: string, now: number, said: readonly Said[] | undefined): Promise<void>;
}

/**
 * Begins to take in the pull that was asked for when the device stood at
 * `meta`. Its methods throw `overtaken` when another tab has moved the pull on.
 * Recount has the digests summed up from the base, rather than carried on.
 */
export function receive(store: Store, meta: Meta, recount: boolean, doubted: Doubted): Incoming {
  const asked = meta.page;
  let generation = meta.generation;
  let at = asked;
  let opened: Pick<Meta, 'epoch' | 'scopes' | 'reset'> | undefined;
  let fresh = false; // what was staged before belongs to another pull
  let lines: Staged[] = [];
  let kept = 0; // lines of this generation that are durable, as far as we wrote them
  const hashes: Promise<void>[] = [];

  /** Writes what came, with fn, unless somebody else went on. */
  async function flush(fn: (tx: WriteTx, meta: Meta) => Promise<void>): Promise<void> {
    // Each is looked at before the first that failed is thrown.
    for (const end of await Promise.allSettled(hashes.splice(0))) if (end.status === 'rejected') throw end.reason;
    await store.write(everything, async (tx) => {
      const m = await readMeta(tx);
      if (m.device !== meta.device || m.generation !== generation || m.page !== at) throw overtaken;
      if (fresh) {
        tx.clear('stage');
        m.generation++;
        kept = 0;
      } else if (kept === 0) {
        kept = await tx.count('stage');
      }
      lines.forEach((line, i) => tx.put('stage', [m.generation, kept + i], line));
      Object.assign(m, opened);
      await fn(tx, m);
      writeMeta(tx, m);
      // Only when the transaction is kept do these hold; when it is not, the
      // pull is over.
      generation = m.generation;
      at = m.page;
      kept += lines.length;
    });
    fresh = false;
    lines = [];
  }

  return {
    open(epoch, scopes, reset) {
      fresh = reset || asked === '';
      opened = { epoch, scopes, reset: fresh ? reset : meta.reset };
    },
    stage(line) {
      if (line.t === 'p') {
        const checked = check(line, doubted);
        checked.catch(() => undefined); // it is thrown when the line would become durable
        hashes.push(checked);
      }
      lines.push(line);
    },
    page: (cursor) =>
      flush(async (_, m) => {
        m.page = cursor;
      }),
    checkpoint: (seq, cursor, now, said) =>
      flush(async (tx, m) => {
        const digests = await publish(tx, m, seq, recount);
        const at = new Date(now).toISOString();
        Object.assign(m, { cursor, seq, page: '', reset: false, checkedAt: at });
        m.generation++;
        if (said === undefined) return;
        if (agree(digests, said)) Object.assign(m, { verifiedAt: at, doubts: 0 });
        else m.doubts++;
      }),
  };
}

/** Looks whether a record can be shown; what comes for the first time and is not what its hash says is `device.torn`. */
async function check(line: Extract<Fix, { t: 'p' }>, doubted: Doubted): Promise<void> {
  if (line.body === undefined || line.bad !== undefined) return;
  const hash = await bodyHash(line.body);
  if (hash === line.h) {
    if (!readable(line.body)) line.bad = 'body';
    return;
  }
  const name = `${line.c}/${line.id} ${line.h} ${hash}`;
  if (!doubted.has(name)) {
    doubted.add(name);
    throw fault('busy', 'device.torn', `The body of ${line.c} ${line.id} is not what its hash says.`);
  }
  line.bad = 'hash';
}

function readable(body: string): boolean {
  const v: unknown = JSON.parse(body); // it came in a line that was JSON
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

/** Applies what is staged, in the order it came, and takes what the checkpoint shows off the overlay. */
async function publish(tx: WriteTx, meta: Meta, seq: number, recount: boolean): Promise<Digests> {
  if (meta.reset) tx.clear('base');
  const base = await openBase(tx, meta);
  for (const line of await tx.all<Staged>('stage', [meta.generation])) {
    if (line.t === 'drop') await base.drop(line.i);
    else await base.apply(line);
  }
  tx.clear('stage');
  for (const e of await readOutbox(tx)) {
    if (e.result === undefined || refused(e) || (e.result.seq ?? 0) > seq) continue;
    tx.delete('outbox', [e.mid]);
    // What did not take effect as it was meant stays until a person has seen it.
    if (e.result.st === 'merged') tx.put('merges', [e.mid], e satisfies Entry);
  }
  return base.close(recount);
}

/** The base while it changes, with the sum of what it holds. */
interface Base {
  apply(line: Fix): Promise<void>;
  /** Forgets a scope, and the records that are in no other. */
  drop(scope: number): Promise<void>;
  /** Keeps the digests, and in the meta how many cannot be read, and returns the digests; recount sums both up from what is stored. */
  close(recount: boolean): Promise<Digests>;
}

/** Opens the base of meta; after a reset it is empty. */
async function openBase(tx: WriteTx, meta: Meta): Promise<Base> {
  const empty = meta.reset;
  if (empty) meta.unreadable = 0;
  let digests = empty ? {} : ((await tx.get<Digests>('meta', digestKey)) ?? {});
  // Of an empty base only what these lines wrote has to be looked up.
  const wrote = new Set<string>();
  const find = async (coll: string, id: string): Promise<Row | undefined> =>
    empty && !wrote.has(`${coll}/${id}`) ? undefined : tx.get<Row>('base', [coll, id]);
  const out = (row: Row): void => {
    countIn(digests, -1, row);
    if (row.bad !== undefined) meta.unreadable = (meta.unreadable ?? 1) - 1;
  };
  const put = (row: Row): void => {
    wrote.add(`${row.coll}/${row.id}`);
    tx.put('base', [row.coll, row.id], row);
    countIn(digests, 1, row);
    if (row.bad !== undefined) meta.unreadable = (meta.unreadable ?? 0) + 1;
  };
  return {
    async apply(line) {
      const old = await find(line.c, line.id);
      if (old !== undefined) out(old);
      if (line.t === 'x') tx.delete('base', [line.c, line.id]);
      else put(rowOf(line, old));
    },
    async drop(scope) {
      for (const row of await tx.all<Row>('base')) {
        if (!row.in.includes(scope)) continue;
        out(row);
        const left = row.in.filter((i) => i !== scope);
        if (left.length === 0) tx.delete('base', [row.coll, row.id]);
        else put({ ...row, in: left });
      }
    },
    async close(recount) {
      if (recount) {
        digests = {};
        const rows = await tx.all<Row>('base');
        for (const row of rows) countIn(digests, 1, row);
        meta.unreadable = rows.filter((row) => row.bad !== undefined).length;
      }
      tx.put('meta', digestKey, digests);
      return digests;
    },
  };
}

function rowOf(line: Extract<Fix, { t: 'p' }>, old: Row | undefined): Row {
  const row = { coll: line.c, id: line.id, ver: line.v, in: line.m };
  const { hash, body, bad } = line.body === undefined ? { hash: line.h, body: '{}', ...old } : { hash: line.h, ...line, body: line.body };
  return { ...row, hash, body, ...(bad !== undefined && { bad }) }; // without a body only its scopes changed
}

/**
 * Puts right what a comparison at `meta`'s checkpoint found. It reports whether
 * the device still stood there. The next checkpoint says whether it helped.
 */
export async function amend(store: Store, meta: Meta, fixes: readonly Fix[], doubted: Doubted): Promise<boolean> {
  for (const fix of fixes) if (fix.t === 'p') await check(fix, doubted);
  return store.write(everything, async (tx) => {
    const m = await readMeta(tx);
    if (m.cursor !== meta.cursor || m.device !== meta.device) return false;
    const base = await openBase(tx, m);
    for (const fix of fixes) await base.apply(fix);
    // Of a scope that the person does not hold the server would say nothing.
    const held = new Set(m.scopes.map((s) => s.i));
    const strays = new Set((await tx.all<Row>('base')).flatMap((r) => r.in.filter((i) => !held.has(i))));
    for (const scope of strays) await base.drop(scope);
    await base.close(true);
    writeMeta(tx, m);
    return true;
  });
}

/** Forgets the cursor and what is staged: the next pull brings everything, and what is shown stays until then. */
export function forgetCursor(store: Store): Promise<void> {
  return store.write(['meta', 'stage'], async (tx) => {
    const meta = await readMeta(tx);
    tx.clear('stage');
    writeMeta(tx, { ...meta, cursor: '', page: '', generation: meta.generation + 1 });
  });
}

/**
 * Destroys what the device holds, as the server told it to. What waits in the
 * outbox stays, unseen, until it is handed in: then `emptyOutbox` ends it.
 */
export function wipe(store: Store): Promise<void> {
  return store.write(everything, async (tx) => {
    const m = await readMeta(tx);
    for (const name of ['base', 'stage', 'merges'] as const) tx.clear(name);
    const waiting = (await readOutbox(tx)).filter((e) => e.result === undefined);
    tx.clear('outbox');
    for (const e of waiting) tx.put('outbox', [e.mid], e);
    tx.delete('meta', digestKey);
    writeMeta(tx, {
      ...m, state: 'wipe', epoch: '', cursor: '', page: '', reset: false, generation: m.generation + 1, seq: 0,
      checkedAt: '', verifiedAt: '', doubts: 0, unreadable: 0, scopes: [], want: [], roles: [],
    });
  });
}
