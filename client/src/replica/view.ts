// What a person sees: the last checkpoint with what waits in the outbox on top.
// A download never waits for an upload, and an edit is never hidden by one.

import { moves, type Role, type State } from '../gen/calls.js';
import type { AnyRow, Collection } from '../gen/rows.js';
import type { ReadTx } from '../kv/store.js';
import { canonical } from '../outbox/canonical.js';
import { readMeta } from '../outbox/meta.js';
import { readOutbox, refused, type Entry } from '../outbox/outbox.js';
import type { Json, Mutation } from '../outbox/wire.js';
import type { Row } from './replica.js';

/** A record as a person sees it. */
export interface View<C extends Collection = Collection> {
  coll: C;
  id: string;
  /** Of the last checkpoint; 0 when only the outbox knows the record. */
  ver: number;
  /** What is known of it. A record that only the outbox knows has but what was written. */
  row: C extends Collection ? Partial<AnyRow[C]> & { id: string } : never;
  /** How many mutations in the outbox are about it. */
  pending: number;
}

interface Draft {
  coll: Collection;
  id: string;
  fields: Record<string, Json>;
  roles: readonly Role[];
  /** It is taken away. */
  gone: boolean;
}

/** Returns one record as the person sees it. */
export async function viewOne<C extends Collection>(tx: ReadTx, coll: C, id: string): Promise<View<C> | undefined> {
  const { roles, state } = await readMeta(tx);
  if (state === 'wipe') return undefined;
  return build(coll, id, shown(await tx.get<Row>('base', [coll, id])), await readOutbox(tx), roles);
}

/** Returns the records of a collection as the person sees them, by id. */
export async function viewAll<C extends Collection>(tx: ReadTx, coll: C): Promise<View<C>[]> {
  const { roles, state } = await readMeta(tx);
  if (state === 'wipe') return [];
  const rows = new Map<string, Row | undefined>();
  for (const row of await tx.all<Row>('base', [coll])) if (shown(row)) rows.set(row.id, row);
  const about = new Map<string, Entry[]>();
  for (const e of await readOutbox(tx)) {
    if (refused(e)) continue;
    about.set(e.mutation.id, [...(about.get(e.mutation.id) ?? []), e]);
    if (makes(e.mutation) === coll && !rows.has(e.mutation.id)) rows.set(e.mutation.id, undefined);
  }
  const out: View<C>[] = [];
  for (const id of [...rows.keys()].sort()) {
    const view = build(coll, id, rows.get(id), about.get(id) ?? [], roles);
    if (view !== undefined) out.push(view);
  }
  return out;
}

/** Returns the row unless it cannot be read. */
function shown(row: Row | undefined): Row | undefined {
  return row?.bad === undefined ? row : undefined;
}

function build<C extends Collection>(
  coll: C,
  id: string,
  row: Row | undefined,
  outbox: readonly Entry[],
  roles: readonly Role[],
): View<C> | undefined {
  const fields = row === undefined ? {} : (JSON.parse(row.body) as Record<string, Json>);
  // Whoever has no other hat, or made the report, wears the citizen's.
  const hats: readonly Role[] = roles.length === 0 || row === undefined ? [...roles, 'citizen'] : roles;
  const draft: Draft = { coll, id, fields, roles: hats, gone: false };
  let known = row !== undefined;
  let pending = 0;
  for (const e of outbox) {
    if (refused(e) || e.mutation.id !== id) continue;
    if (!known && makes(e.mutation) !== coll) continue; // it is about what the device does not hold
    if (!foresee(draft, e.mutation)) continue;
    pending++;
    known = true;
  }
  if (!known || draft.gone) return undefined;
  fields.id = id;
  return { coll, id, ver: row?.ver ?? 0, row: fields as View<C>['row'], pending };
}

/** The collection of the record that a mutation makes. */
function makes(m: Mutation): string | undefined {
  if (m.op === 'create') return m.c;
  return m.name === 'report.submit' ? 'reports' : undefined;
}

/**
 * Shows what a mutation will probably do. It is a kindness, not a decision: the
 * server's answer replaces it. It reports whether the mutation is about the
 * record.
 */
function foresee(r: Draft, m: Mutation): boolean {
  if (m.op === 'create') {
    if (m.c !== r.coll) return false;
    write(r, m);
    return true;
  }
  if (m.op !== 'call') return m.c === r.coll && (edit(r, m), true);
  if (r.coll !== 'reports') return false;
  const args = object(m.args);
  if (makes(m) === r.coll) submit(r, args);
  const to = next((r.fields.state ?? '') as State, m, args, r.roles);
  if (to !== undefined) move(r, to);
  if (m.name === 'report.suspend') copy(r, args, { reason: 'suspendReason', expectedResume: 'expectedResume' });
  if (m.name === 'report.relocate') place(r, args);
  return true;
}

function write(r: Draft, m: Mutation): void {
  for (const [name, set] of Object.entries(m.set ?? {})) r.fields[name] = set.t;
}

/** Shows an edit of plain fields as if nobody else had touched them. */
function edit(r: Draft, m: Mutation): void {
  if (m.op === 'patch') write(r, m);
  if (m.op === 'delete') r.gone = true;
  if (m.f === undefined) return;
  const old = r.fields[m.f];
  if (m.op === 'add') r.fields[m.f] = (typeof old === 'number' ? old : 0) + (m.by ?? 0);
  if (m.op === 'sets') {
    const out = new Set((m.rem ?? []).map((v) => canonical(v)));
    const left = (Array.isArray(old) ? old : []).filter((v) => !out.has(canonical(v)));
    const has = new Set(left.map((v) => canonical(v)));
    r.fields[m.f] = [...left, ...(m.add ?? []).filter((v) => !has.has(canonical(v)))];
  }
}

function submit(r: Draft, args: Record<string, Json>): void {
  for (const [name, value] of Object.entries(args)) if (name !== 'point') r.fields[name] = value;
  place(r, args);
}

function place(r: Draft, args: Record<string, Json>): void {
  copy(r, object(args.point), { lon: 'lon', lat: 'lat' });
}

/** Returns where the call usually leads, for the first hat that may make it. */
function next(from: State, m: Mutation, args: Record<string, Json>, roles: readonly Role[]): State | 'previous' | undefined {
  const doing = m.name === 'report.verify' ? (args.ok === false ? 'verify_ko' : 'verify_ok') : undefined;
  for (const role of roles) {
    for (const row of moves) {
      if (row.call !== m.name || (doing !== undefined && row.do !== doing)) continue;
      if (row.from.includes(from) && row.by.includes(role)) return row.to;
    }
  }
  return undefined;
}

function move(r: Draft, to: State | 'previous'): void {
  if (to === 'previous') {
    if (typeof r.fields.resumeState === 'string' && r.fields.resumeState !== '') r.fields.state = r.fields.resumeState;
    return;
  }
  if (to === 'suspended') r.fields.resumeState = r.fields.state ?? '';
  r.fields.state = to;
}

function copy(r: Draft, from: Record<string, Json>, names: Record<string, string>): void {
  for (const [name, as] of Object.entries(names)) {
    const value = from[name];
    if (value !== undefined) r.fields[as] = value;
  }
}

function object(v: Json | undefined): Record<string, Json> {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? v : {};
}
