import { fault } from '../fault.js';
import type { Role } from '../gen/calls.js';
import type { Name, ReadTx, Store, WriteTx } from '../kv/store.js';
import { newId } from './chain.js';
import type { Scope, Want } from './wire.js';

/** The version of what is written under `meta`; a newer one is not touched. */
const format = 1;

/** Where a device stands. */
export interface Meta {
  format: number;
  device: string;
  /** Ids it had before a fork. */
  alias: string[];
  epoch: string;
  /** The cursor of the last checkpoint; empty before the first. */
  cursor: string;
  /** The resume point of a pull under way; empty when there is none. */
  page: string;
  /** That pull replaces the base. */
  reset: boolean;
  /** Which pull what is staged belongs to. */
  generation: number;
  /** The number of the last checkpoint. */
  seq: number;
  nextMid: number;
  /** The hash of the last mutation made. */
  chain: string;
  /** To add to this device's clock to get the server's, in milliseconds. */
  offMs: number;
  /** When the last checkpoint was reached, by this device's clock: RFC 3339, or empty. */
  checkedAt: string;
  /** When a checkpoint last proved that the device holds what the server says, by this device's clock: RFC 3339, or empty. */
  verifiedAt: string;
  /** How many checkpoints in a row have said otherwise. */
  doubts: number;
  /** Records that cannot be read; absent in what an older version wrote. */
  unreadable?: number;
  /** What the server has said of this device; empty when it may work. */
  state: '' | 'lock' | 'wipe';
  /** The server knows that the wipe was carried out. */
  receipt: boolean;
  scopes: Scope[];
  want: Want[];
  /** The person's roles, to foresee what a call does without a network. */
  roles: Role[];
}

const key = ['m'] as const;

/** Returns where the device stands. */
export async function readMeta(tx: ReadTx): Promise<Meta> {
  const meta = await tx.get<Meta>('meta', key);
  if (meta === undefined) throw fault('internal', 'client.store', 'The local store is empty: it was taken away.');
  return meta;
}

/** Writes where the device stands. */
export function writeMeta(tx: WriteTx, meta: Meta): void {
  tx.put('meta', key, meta);
}

/** Makes an empty store a device, or leaves the device it is. The fault is `client.newer`. */
export function beDevice(store: Store, roles: Role[] | undefined): Promise<Meta> {
  return store.write(['meta'], async (tx) => {
    let meta = await tx.get<Meta>('meta', key);
    if (meta !== undefined && meta.format > format) {
      throw fault('conflict', 'client.newer', 'The local store was written by a newer version.');
    }
    meta ??= fresh(newId());
    if (roles !== undefined) meta.roles = [...roles];
    writeMeta(tx, meta);
    return meta;
  });
}

function fresh(device: string): Meta {
  return {
    format, device, alias: [], epoch: '', cursor: '', page: '', reset: false, generation: 1, seq: 0, nextMid: 1, chain: '',
    offMs: 0, checkedAt: '', verifiedAt: '', doubts: 0, state: '', receipt: false, scopes: [], want: [], roles: [],
  };
}

/** Every store: what changes the device as a whole runs alone. */
export const everything: readonly Name[] = ['meta', 'base', 'stage', 'outbox', 'merges'];
