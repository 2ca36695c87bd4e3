// The shapes of the protocol, as sync/wire.go has them. The short keys are the
// wire's: a phone pays for every byte.

import type { Collection } from '../gen/rows.js';

/** The version of the protocol. */
export const version = 1;

/** One thing done on a device. What is stored is what is sent. */
export interface Mutation {
  mid: number;
  /** Neighbours with the same tx stand or fall together. */
  tx?: string;
  /** A call of the lifecycle; a record made here; fields without a life of their own; a sum; a set; one's own record taken away. */
  op: 'call' | 'create' | 'patch' | 'add' | 'sets' | 'delete';
  c?: Collection;
  /** Of the record: the report a call is about, the photo that is created. */
  id: string;
  name?: string;
  /** The id of the call; made from device and mid when it is not there. */
  call?: string;
  args?: Json;
  /** Of a create or a patch, by field: the value that the author saw and the one they want. */
  set?: Record<string, { f?: Json; t: Json }>;
  /** Of an add or a sets: the field, what to add to a number, the members to add and to take out. */
  f?: string;
  by?: number;
  add?: Json[];
  rem?: Json[];
  base?: { seq?: number; ver?: number };
  /** When it happened, by this device's clock: RFC 3339 in UTC. */
  at: string;
  /** Where the device was: degrees, WGS84. */
  pos?: { lon: number; lat: number };
  /** The refused mutation that this one puts right. */
  supersedes?: number;
  /** The id the device had when it sent that one, if it has another now. */
  of?: string;
  h?: string;
}

/** Any value that JSON can write. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** How a mutation ended. */
export type Status = 'applied' | 'merged' | 'noop' | 'rejected' | 'held' | 'skipped';

/** The server's answer to one mutation. */
export interface Result {
  mid: number;
  st: Status;
  /** Of the log after the effect: a checkpoint of that number shows it. */
  seq?: number;
  ver?: number;
  code?: string;
  /** A sentence for the person. */
  msg?: string;
  field?: string;
  /** What may be done about a refusal. */
  again?: 'never' | 'edit' | 'later';
  /** The mutation that made this one pointless. */
  cause?: number;
  /** The time it happened was not possible and was moved. */
  skew?: boolean;
  dup?: boolean;
  /** Of a patch: how each field ended. */
  f?: Record<string, 'applied' | 'merged' | 'noop' | 'conflict'>;
  /** The conflicts that the server keeps. */
  cid?: string[];
  /** The record as its author now reads it, when that is not what they sent. */
  rec?: Json;
  /** The dead letter that keeps a refusal for a person. */
  q?: string;
}

/** A photo that the server knows of and has not got. */
export interface Want {
  sha: string;
  off: number;
}

/** What the server tells a device to do: lock, wipe, or what a later version knows. */
export interface Command {
  k: string;
  n?: string;
}

/** What a device has to say, and what it asks for. */
export interface ExchangeRequest {
  v: number;
  did: string;
  epoch?: string;
  app?: string;
  clock: { wall: string; mono_ms: number; off_ms: number };
  unacked: { n: number; oldest?: string };
  muts: Mutation[];
  pull?: { v: number; did: string; cur?: string; max_bytes?: number; dig?: boolean; soft?: boolean };
}

/** The first line of an exchange. */
export interface PushReply {
  t: 'push';
  epoch: string;
  now: string;
  lmid: number;
  seq: number;
  res?: Result[] | null;
  want?: Want[] | null;
  cmd?: Command[] | null;
  err?: string;
  expect?: number;
  mid?: number;
  after_s?: number;
}

/** A scope that the person holds. */
export interface Scope {
  i: number;
  s: string;
  p: number;
}

/** The lines of a pull. Those of kinds that are not here are passed over. */
export type Line =
  | { t: 'hi'; epoch: string; seq: number; now: string; sc?: Scope[] | null; plan?: { rows?: number }; reset?: string }
  | { t: 'drop'; i: number; s: string }
  | { t: 'fill'; i: number; upto: number; rows: number }
  | PutLine
  | ExitLine
  | { t: 'pg'; cur: string; n: number }
  | { t: 'cp'; seq: number; cur: string; lmid: number; dig?: [scope: number, coll: string, n: number, sum: string][] | null }
  | { t: 'err'; code: string; msg: string };

/** A record: its version, the held scopes it is in, and, unless only those changed, its body. */
export interface PutLine {
  t: 'p';
  q: number;
  c: string;
  id: string;
  v: number;
  m: number[];
  h: string;
  d?: unknown;
}

/** A record that no held scope has any more. */
export interface ExitLine {
  t: 'x';
  q: number;
  c: string;
  id: string;
  r: string;
}
