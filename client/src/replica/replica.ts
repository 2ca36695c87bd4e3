// The local copy. What a pull brings is staged until its checkpoint, where all
// of it becomes visible in one transaction: half a download is never seen, and
// what was staged before a cut is not asked for again.

import { fault } from '../fault.js';
import type { WriteTx, Store } from '../kv/store.js';
import { bodyHash } from '../outbox/chain.js';
import { everything, readMeta, writeMeta, type Meta } from '../outbox/meta.js';
import { readOutbox, refused, type Entry } from '../outbox/outbox.js';
import type { ExitLine, PutLine } from '../outbox/wire.js';

/** One record as the last checkpoint left it. The body is the bytes that came. */
export interface Row {
  coll: string;
  id: string;
  ver: number;
  /** Every held scope it is in. */
  in: number[];
  hash: string;
  body: string;
}

/** A line that waits for its checkpoint. */
export type Staged =
  | (Omit<PutLine, 'd'> & { body?: string })
  | ExitLine
  | { t: 'drop'; i: number; s: string };

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
  /** Makes everything visible: the replica is at checkpoint seq. */
  checkpoint(seq: number, cursor: string, now: number): Promise<void>;
}

/**
 * Begins to take in the pull that was asked for when the device stood at
 * `meta`. Its methods throw `overtaken` when another tab has moved the pull on.
 */
export function receive(store: Store, meta: Meta): Incoming {
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
    await Promise.all(hashes.splice(0));
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
      if (line.t === 'p' && line.body !== undefined) {
        hashes.push(check(line, line.body));
      }
      lines.push(line);
    },
    page: (cursor) =>
      flush(async (_, m) => {
        m.page = cursor;
      }),
    checkpoint: (seq, cursor, now) =>
      flush(async (tx, m) => {
        await publish(tx, m, seq);
        Object.assign(m, { cursor, seq, page: '', reset: false, checkedAt: new Date(now).toISOString() });
        m.generation++;
      }),
  };
}

async function check(line: Omit<PutLine, 'd'>, body: string): Promise<void> {
  if ((await bodyHash(body)) !== line.h) {
    throw fault('busy', 'device.torn', `The body of ${line.c} ${line.id} is not what its hash says.`);
  }
}

/** Applies what is staged, in the order it came, and takes what the checkpoint shows off the overlay. */
async function publish(tx: WriteTx, meta: Meta, seq: number): Promise<void> {
  if (meta.reset) tx.clear('base');
  for (const line of await tx.all<Staged>('stage', [meta.generation])) {
    switch (line.t) {
      case 'p':
        tx.put('base', [line.c, line.id], await rowOf(tx, line));
        break;
      case 'x':
        tx.delete('base', [line.c, line.id]);
        break;
      case 'drop':
        await drop(tx, line.i);
    }
  }
  tx.clear('stage');
  for (const e of await readOutbox(tx)) {
    if (e.result === undefined || refused(e) || (e.result.seq ?? 0) > seq) continue;
    tx.delete('outbox', [e.mid]);
    // What did not take effect as it was meant stays until a person has seen it.
    if (e.result.st === 'merged') tx.put('merges', [e.mid], e satisfies Entry);
  }
}

async function rowOf(tx: WriteTx, line: Omit<PutLine, 'd'> & { body?: string }): Promise<Row> {
  const row: Row = { coll: line.c, id: line.id, ver: line.v, in: line.m, hash: line.h, body: line.body ?? '' };
  if (line.body !== undefined) return row;
  const old = await tx.get<Row>('base', [line.c, line.id]); // only its scopes changed
  return { ...row, hash: old?.hash ?? line.h, body: old?.body ?? '{}' };
}

/** Forgets a scope, and the records that are in no other. */
async function drop(tx: WriteTx, scope: number): Promise<void> {
  for (const row of await tx.all<Row>('base')) {
    if (!row.in.includes(scope)) continue;
    const left = row.in.filter((i) => i !== scope);
    if (left.length === 0) tx.delete('base', [row.coll, row.id]);
    else tx.put('base', [row.coll, row.id], { ...row, in: left });
  }
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
    writeMeta(tx, {
      ...m, state: 'wipe', epoch: '', cursor: '', page: '', reset: false, generation: m.generation + 1, seq: 0,
      checkedAt: '', scopes: [], want: [], roles: [],
    });
  });
}
