import { fault } from '../fault.js';
import type { ReadTx, Store, WriteTx } from '../kv/store.js';
import { plain } from './canonical.js';
import { callId, chain, newId, validId } from './chain.js';
import { everything, readMeta, writeMeta, type Meta } from './meta.js';
import type { Mutation, Result } from './wire.js';

/**
 * One mutation in the outbox. It stays until a checkpoint shows its effect, or
 * until a person has dealt with its refusal.
 */
export interface Entry {
  /** Its number; what had its end before a fork has a negative one. */
  mid: number;
  /** The id of the device, and the number, under which the server knows what had its end before a fork. */
  was?: { did: string; mid: number };
  tx?: string;
  at: string;
  mutation: Mutation;
  /** The epoch of the server's log that `base.seq` is a number of; absent before the first checkpoint. */
  epoch?: string;
  /** How the server ended it; absent while that is not known. */
  result?: Result;
}

/** What a caller says of a mutation; the rest is the device's. */
export type Draft = Pick<Mutation, 'op' | 'id'> & Partial<Pick<Mutation, 'c' | 'name' | 'args' | 'set' | 'f' | 'by' | 'add' | 'rem' | 'pos' | 'supersedes' | 'of'>>;

/** Reports whether the mutation had no effect and never will. */
export function refused(e: Entry): boolean {
  const st = e.result?.st;
  return st === 'rejected' || st === 'skipped' || st === 'held';
}

/** Returns the outbox in the order of its numbers, settled mutations included. */
export function readOutbox(tx: ReadTx): Promise<Entry[]> {
  return tx.all<Entry>('outbox');
}

/** How often a race with other tabs may be lost; each loss is another tab's win. */
const attempts = 1000;

/** What one push takes at most, with room for its envelope: the server refuses 500 changes or 1 MB. */
export const limits = { mutations: 500, bytes: 900_000 };

/**
 * Puts what a person did into the outbox, and so into what they see, in one
 * transaction, and returns the numbers. Several at once stand or fall together.
 * The faults are `device.wiped`, `device.locked`, `client.args` and the
 * store's; nothing was kept after any of them.
 */
export async function append(store: Store, now: () => number, drafts: readonly Draft[]): Promise<number[]> {
  for (const d of drafts) {
    if (!validId(d.id)) throw fault('invalid', 'client.args', 'An id is 15 characters of a-z and 0-9.', { field: 'id' });
  }
  // Hashing waits for the platform, and a transaction must not: the numbers are
  // taken before and compared inside. Who loses the race takes the next ones.
  for (let i = 0; i < attempts; i++) {
    const seen = await store.read(['meta', 'base'], async (tx) => {
      const meta = await readMeta(tx);
      const versions = await Promise.all(drafts.map((d) => versionOf(tx, d)));
      return { meta, versions };
    });
    mayWork(seen.meta);
    const entries = await seal(seen.meta, seen.versions, drafts, now());
    if (entries.length > limits.mutations || sizeOf(entries) > limits.bytes) {
      throw fault('too_large', 'client.args', 'That is more than the server takes at once.');
    }
    const kept = await store.write(['meta', 'outbox'], async (tx) => {
      const meta = await readMeta(tx);
      mayWork(meta);
      if (meta.device !== seen.meta.device || meta.nextMid !== seen.meta.nextMid || meta.chain !== seen.meta.chain) return false;
      advance(meta, entries);
      for (const e of entries) tx.put('outbox', [e.mid], e);
      writeMeta(tx, meta);
      return true;
    });
    if (kept) return entries.map((e) => e.mid);
  }
  throw fault('busy', 'client.store', 'Too many tabs write at once.');
}

function mayWork(meta: Meta): void {
  if (meta.state === 'wipe') throw fault('forbidden', 'device.wiped', 'This device was wiped by its administrator.');
  if (meta.state === 'lock') {
    throw fault('forbidden', 'device.locked', 'This device is locked. What waits on it was handed in.');
  }
}

/** The version of the record that the author was looking at: of a report its column, of anything else its own. */
async function versionOf(tx: ReadTx, d: Draft): Promise<number> {
  if (d.op === 'create') return 0;
  const coll = d.c ?? 'reports';
  const row = await tx.get<{ ver: number; body: string; bad?: string }>('base', [coll, d.id]);
  if (row === undefined || row.bad !== undefined) return 0;
  if (coll !== 'reports') return row.ver;
  const body = JSON.parse(row.body) as { version?: unknown };
  return typeof body.version === 'number' ? body.version : 0;
}

async function seal(meta: Meta, versions: number[], drafts: readonly Draft[], now: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  let previous = meta.chain;
  for (const [i, d] of drafts.entries()) {
    const base = { ...(meta.seq > 0 && { seq: meta.seq }), ...((versions[i] ?? 0) > 0 && { ver: versions[i] as number }) };
    const m: Mutation = plain({
      ...d,
      mid: meta.nextMid + i,
      ...(drafts.length > 1 && { tx: `t${meta.nextMid}` }),
      ...(Object.keys(base).length > 0 && { base }),
      at: new Date(now).toISOString(),
    });
    previous = m.h = await chain(m, previous);
    entries.push(entryOf(m, meta.seq > 0 ? meta.epoch : undefined));
  }
  return entries;
}

/** The bytes of mutations on the wire. */
export function sizeOf(entries: readonly Entry[]): number {
  const utf8 = new TextEncoder();
  return entries.reduce((sum, e) => sum + utf8.encode(JSON.stringify(e.mutation)).length + 1, 0);
}

function entryOf(m: Mutation, epoch: string | undefined): Entry {
  return { mid: m.mid, at: m.at, mutation: m, ...(m.tx !== undefined && { tx: m.tx }), ...(epoch !== undefined && { epoch }) };
}

function advance(meta: Meta, entries: readonly Entry[]): void {
  const last = entries.at(-1);
  if (last === undefined) return;
  meta.nextMid = last.mid + 1;
  meta.chain = last.mutation.h ?? '';
}

/** Writes how mutations ended, and returns how many had no end before. */
export async function settle(tx: WriteTx, results: readonly Result[]): Promise<number> {
  let settled = 0;
  for (const { dup: _, ...result } of results) {
    const e = await tx.get<Entry>('outbox', [result.mid]);
    // What was held gets its end when the device is unlocked.
    if (e === undefined || (e.result !== undefined && e.result.st !== 'held')) continue;
    tx.put('outbox', [e.mid], { ...e, result } satisfies Entry);
    settled++;
  }
  return settled;
}

/**
 * Takes in that the server is in another epoch, as after a restore: what it
 * still has of what it answered, up to lmid, has another number now, which the
 * next checkpoint shows.
 */
export async function rebase(tx: WriteTx, lmid: number): Promise<void> {
  for (const e of await readOutbox(tx)) {
    if (e.result?.seq === undefined || e.mid > lmid) continue;
    const { seq: _, ...result } = e.result;
    tx.put('outbox', [e.mid], { ...e, result } satisfies Entry);
  }
}

/** Takes a refusal off the list; anything that waits stays. */
export async function dismiss(store: Store, mid: number): Promise<void> {
  await store.write(['outbox', 'merges'], async (tx) => {
    tx.delete('merges', [mid]);
    const e = await tx.get<Entry>('outbox', [mid]);
    if (e !== undefined && refused(e)) tx.delete('outbox', [mid]);
  });
}

/**
 * Gives the device a new id and everything that waits a new number: the server
 * knows another history under the old id, as after a backup of the phone was
 * restored, or less of it, as after one of the server was. The ids of calls go
 * along: what another life of the device handed in already has no second
 * effect. Of what was answered, `forgotten` is the first number that the server
 * does not know any more: from there on the effects are gone too, which it
 * keeps in one transaction with the answers, and what of them the device still
 * has waits again. Nothing else that was answered is sent a second time.
 */
export async function fork(store: Store, forgotten = Infinity): Promise<void> {
  for (let i = 0; i < attempts; i++) {
    const { meta, outbox, merges } = await store.read(['meta', 'outbox', 'merges'], async (tx) => ({
      meta: await readMeta(tx),
      outbox: await readOutbox(tx),
      merges: await tx.all<Entry>('merges'),
    }));
    const before = standing(meta, outbox, merges);
    // A refusal had no effect that could be gone: it stays with the person.
    const gone = (e: Entry): boolean => e.mid >= forgotten && (!refused(e) || e.result?.st === 'held');
    const entries = await renumber(meta, [...merges.filter(gone), ...outbox].sort((a, b) => a.mid - b.mid), gone);
    const seen = merges.filter((e) => !gone(e));
    const first = Math.min(0, ...entries.map((e) => e.mid));
    const kept = await store.write(everything, async (tx) => {
      const now = await readMeta(tx);
      if (standing(now, await readOutbox(tx), await tx.all<Entry>('merges')) !== before) return false;
      tx.clear('outbox');
      for (const e of entries) tx.put('outbox', [e.mid], e);
      tx.clear('merges');
      seen.forEach((e, n) => {
        const mid = first + n - seen.length;
        tx.put('merges', [mid], { ...e, mid });
      });
      writeMeta(tx, { ...now, device: meta.device, alias: meta.alias, nextMid: meta.nextMid, chain: meta.chain });
      return true;
    });
    if (kept) return;
  }
  throw fault('busy', 'client.store', 'Too many tabs write at once.');
}

/** Returns what another tab may have changed meanwhile, in a form to compare. */
function standing(meta: Meta, outbox: readonly Entry[], merges: readonly Entry[]): string {
  return JSON.stringify([meta.device, meta.nextMid, ...[...outbox, ...merges].map((e) => [e.mid, e.result?.st])]);
}

/** Moves the device on to a new id, and returns its outbox under it; what is gone waits again. */
async function renumber(meta: Meta, outbox: readonly Entry[], gone: (e: Entry) => boolean): Promise<Entry[]> {
  const did = meta.device;
  meta.alias = [...meta.alias, did];
  meta.device = newId();
  meta.nextMid = 1;
  meta.chain = '';
  const waits = (e: Entry): boolean => e.result === undefined || gone(e);
  // What has its end, refused or not yet shown by a checkpoint, keeps a number that is none.
  const past = outbox.filter((e) => !waits(e));
  const entries: Entry[] = past.map((e, i) => ({ ...e, mid: i - past.length, ...(e.mid > 0 && { was: { did, mid: e.mid } }) }));
  const groups = new Map<string, string>(); // a later group may take an old group's name
  for (const e of outbox.filter(waits)) {
    const m: Mutation = { ...e.mutation, mid: meta.nextMid };
    if (m.supersedes !== undefined) m.of ??= did;
    if (m.op === 'call') m.call = await callId(did, e.mutation);
    if (m.tx !== undefined) {
      if (!groups.has(m.tx)) groups.set(m.tx, `t${m.mid}`);
      m.tx = groups.get(m.tx) as string;
    }
    m.h = await chain(m, meta.chain);
    const next = entryOf(m, e.epoch);
    advance(meta, [next]);
    entries.push(next);
  }
  return entries;
}
