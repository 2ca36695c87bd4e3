// What the library asks of a local store: named stores of values under ordered
// keys, and transactions over several of them. idb.ts and memory.ts are two;
// conformance.ts says what every one must do.

/** A named store. */
export type Name = 'meta' | 'base' | 'stage' | 'outbox' | 'merges';

/** Every named store. */
export const names: readonly Name[] = ['meta', 'base', 'stage', 'outbox', 'merges'];

/**
 * A key. Keys are ordered part by part, numbers before strings, numbers by
 * value and strings by UTF-16 code unit; a shorter key comes before those that
 * begin with it.
 */
export type Key = readonly (string | number)[];

/** Reading inside a transaction. Values are copies: changing one changes nothing. */
export interface ReadTx {
  /** Returns the value under the key, if there is one. */
  get<T>(store: Name, key: Key): Promise<T | undefined>;
  /** Returns the values whose keys begin with the prefix, in the order of the keys; every value without one. */
  all<T>(store: Name, prefix?: Key): Promise<T[]>;
  /** Returns how many keys begin with the prefix. */
  count(store: Name, prefix?: Key): Promise<number>;
}

/**
 * Writing inside a transaction. What is written is seen by what is read after
 * it in the same transaction. A write that fails fails the whole transaction.
 */
export interface WriteTx extends ReadTx {
  /** Puts a value, which structured cloning must be able to copy, under the key. */
  put(store: Name, key: Key, value: unknown): void;
  /** Takes the key and its value away. */
  delete(store: Name, key: Key): void;
  /** Takes away every key that begins with the prefix; every key without one. */
  clear(store: Name, prefix?: Key): void;
}

/**
 * A store. `fn` may await nothing but the transaction it was given: IndexedDB
 * ends a transaction that waits for anything else. Nothing of a write is kept
 * when `fn` throws or the store fails, and everything is durable when the
 * promise resolves. The faults are `client.quota`, `client.store` and
 * `client.closed`; what `fn` throws is passed on.
 */
export interface Store {
  /** Runs fn on one unchanging state of the stores. */
  read<T>(over: readonly Name[], fn: (tx: ReadTx) => Promise<T>): Promise<T>;
  /** Runs fn alone on the stores, and keeps all that it wrote or nothing. */
  write<T>(over: readonly Name[], fn: (tx: WriteTx) => Promise<T>): Promise<T>;
  /** Closes the store. What is under way ends first; what comes later is `client.closed`. */
  close(): Promise<void>;
}
