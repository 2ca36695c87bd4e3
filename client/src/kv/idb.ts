import { fault, isFault } from '../fault.js';
import { names, type Key, type Name, type Store, type WriteTx } from './store.js';

/** The version of the layout of the object stores. */
const layout = 1;

/** Where the database is. */
export interface IdbConfig {
  /** The factory; `globalThis.indexedDB` when it is not given. */
  factory?: IDBFactory;
}

/**
 * Opens a store in an IndexedDB database of that name, or makes one. Writes are
 * asked to be on the disk before they are acknowledged. A connection that the
 * browser closes is opened again at the next transaction. The fault is
 * `client.store`.
 */
export async function idbStore(name: string, config: IdbConfig = {}): Promise<Store> {
  const factory = config.factory ?? globalThis.indexedDB;
  if (factory === undefined) throw fault('internal', 'client.store', 'There is no IndexedDB here.');
  let open: Promise<IDBDatabase> | undefined;
  let closed = false;

  const connect = (): Promise<IDBDatabase> => {
    if (closed) return Promise.reject(fault('invalid', 'client.closed', 'The store is closed.'));
    open ??= openDatabase(factory, name, () => (open = undefined)).catch((e: unknown) => {
      open = undefined;
      throw e;
    });
    return open;
  };

  async function run<T>(
    over: readonly Name[],
    mode: IDBTransactionMode,
    fn: (tx: WriteTx) => Promise<T>,
  ): Promise<T> {
    const db = await connect();
    let tx: IDBTransaction;
    try {
      tx = db.transaction(over, mode, { durability: 'strict' });
    } catch (e) {
      // The connection was closed behind our back, or is being closed.
      open = undefined;
      throw storeFault(e);
    }
    const ended = end(tx);
    // Whoever fails first says why; the other must not be a rejection that nobody handles.
    ended.catch(() => undefined);
    let value: T;
    try {
      value = await fn(operations(tx));
    } catch (e) {
      abort(tx);
      await ended.catch(() => undefined);
      // When the transaction failed by itself, its own error is the cause.
      if (!isFault(e) && tx.error !== null) throw storeFault(tx.error);
      throw e instanceof DOMException ? storeFault(e) : e;
    }
    await ended;
    return value;
  }

  await connect();
  return {
    read: (over, fn) => run(over, 'readonly', fn),
    write: (over, fn) => run(over, 'readwrite', fn),
    async close() {
      const db = open;
      closed = true;
      open = undefined;
      (await db?.catch(() => undefined))?.close();
    },
  };
}

/** Takes a database away, with everything in it. */
export function dropIdb(name: string, config: IdbConfig = {}): Promise<void> {
  const factory = config.factory ?? globalThis.indexedDB;
  return new Promise((resolve, reject) => {
    const request = factory.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(storeFault(request.error));
  });
}

function openDatabase(factory: IDBFactory, name: string, lost: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, layout);
    request.onupgradeneeded = () => {
      for (const n of names) {
        if (!request.result.objectStoreNames.contains(n)) request.result.createObjectStore(n);
      }
    };
    request.onerror = () => reject(openFault(request.error));
    request.onsuccess = () => {
      const db = request.result;
      // Another tab wants another layout, or to take the database away.
      db.onversionchange = () => {
        lost();
        db.close();
      };
      db.onclose = lost;
      resolve(db);
    };
  });
}

function openFault(e: DOMException | null): unknown {
  if (e?.name === 'VersionError') {
    return fault('conflict', 'client.newer', 'The local store was written by a newer version.', { cause: e });
  }
  return storeFault(e);
}

/** Resolves when everything is kept, and rejects when nothing is. */
function end(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(storeFault(tx.error));
  });
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch {
    // It has ended already.
  }
}

/** A failure of the store: no room, or anything else. */
function storeFault(e: unknown): unknown {
  const name = e instanceof DOMException || e instanceof Error ? e.name : '';
  if (name === 'QuotaExceededError') {
    return fault('too_large', 'client.quota', 'There is no room left on this device.', { cause: e });
  }
  const said = e instanceof Error || e instanceof DOMException ? e.message : 'it was aborted';
  return fault('internal', 'client.store', `The local store failed: ${said}`, { cause: e });
}

function operations(tx: IDBTransaction): WriteTx {
  const at = (name: Name): IDBObjectStore => tx.objectStore(name);
  return {
    get: <T>(name: Name, key: Key) => answer<T | undefined>(at(name).get(valid(key))),
    all: <T>(name: Name, prefix: Key = []) => answer<T[]>(at(name).getAll(range(prefix))),
    count: (name, prefix = []) => answer(at(name).count(range(prefix) ?? undefined)),
    put: (name, key, value) => void at(name).put(value, valid(key)),
    delete: (name, key) => void at(name).delete(valid(key)),
    clear(name, prefix = []) {
      const r = range(prefix);
      if (r === null) at(name).clear();
      else at(name).delete(r);
    },
  };
}

function valid(key: Key): IDBValidKey {
  return [...key];
}

/** An array comes after every number and string, and so after every longer key. */
function range(prefix: Key): IDBKeyRange | null {
  return prefix.length === 0 ? null : IDBKeyRange.bound([...prefix], [...prefix, []]);
}

function answer<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(storeFault(request.error));
  });
}
