import type { FaultData } from './fault.js';
import type { Store } from './kv/store.js';
import { readMeta } from './outbox/meta.js';
import { readOutbox, refused } from './outbox/outbox.js';
import type { LoopState } from './sync/loop.js';

/**
 * How well a device is in step. Connected is no part of it: a connection can
 * hide a stuck queue. Show `oldestWaiting` and `lastCheckpoint` to the person.
 */
export interface Health {
  /** Where the loop stands, in whichever tab it runs. */
  loop: LoopState;
  /** Whether this tab runs it. */
  leading: boolean;
  /** What went wrong last, until something goes right. */
  last?: FaultData;
  /** Mutations that the server has not answered. */
  waiting: number;
  /** When the oldest of them was made, by this device's clock: RFC 3339. */
  oldestWaiting?: string;
  /** When what is shown was last in step, by this device's clock: RFC 3339. */
  lastCheckpoint?: string;
  /** When a checkpoint last proved that the device holds what the server says: RFC 3339. */
  lastVerified?: string;
  /** The number of the last checkpoint; 0 before the first. */
  seq: number;
  /** Photos whose bytes the server has not got. */
  photosWaiting: number;
  /** Refusals that nobody has dealt with. */
  attention: number;
  /** What took effect otherwise than it was meant, and nobody has seen. */
  merged: number;
  /** Records that came and cannot be read: they are kept as they came, and shown to nobody. */
  unreadable: number;
  /** What the server has said of this device; empty when it may work. */
  device: '' | 'lock' | 'wipe';
  /** Whether the browser has promised not to evict the store; undefined until it was asked. */
  persisted: boolean | undefined;
}

/** Returns how well the device is in step. */
export function readHealth(store: Store, live: Pick<Health, 'loop' | 'leading' | 'persisted'> & { last: FaultData | undefined }): Promise<Health> {
  return store.read(['meta', 'outbox', 'merges'], async (tx) => {
    const meta = await readMeta(tx);
    const outbox = await readOutbox(tx);
    const waiting = outbox.filter((e) => e.result === undefined);
    const merged = outbox.filter((e) => e.result?.st === 'merged').length + (await tx.count('merges'));
    const photos = new Set(meta.want.map((w) => w.sha));
    for (const e of waiting) {
      if (e.mutation.op === 'create' && e.mutation.c === 'media') photos.add(String(e.mutation.set?.sha256?.t));
    }
    const { last, ...rest } = live;
    return {
      ...rest,
      ...(last !== undefined && { last }),
      waiting: waiting.length,
      ...(waiting[0] !== undefined && { oldestWaiting: waiting[0].at }),
      ...(meta.checkedAt !== '' && { lastCheckpoint: meta.checkedAt }),
      ...(meta.verifiedAt !== '' && { lastVerified: meta.verifiedAt }),
      seq: meta.seq,
      photosWaiting: photos.size,
      attention: outbox.filter(refused).length,
      merged,
      unreadable: meta.unreadable ?? 0,
      device: meta.state,
    };
  });
}
