import { fault, isFault } from '../fault.js';
import { names, type Key, type Name, type Store, type WriteTx } from './store.js';

/** The version of the layout of the object stores. */
const layout = 1;

/** Where the database is. */
export interface IdbConfig {
  /** The factory; `globalThis.indexedDB` when it is not given. */
  factory?: IDBFactory;
  /** How long another tab may hold on to an older layout, or to what is to be taken away, in milliseconds; 5 seconds. */
  blockedMs?: number;
}

/**
 * Opens a store in an IndexedDB database of that name, or makes one. Writes are
 * asked to be on the disk before they are acknowledged. A connection that the
 * browser closes is opened again at the next transaction. The faults are
 * `client.store`, also where there is no IndexedDB or the browser allows none,
 * as in some private windows; `client.newer`; and `client.blocked` while
 * another tab holds on to an older layout.
 */
export async function idbStore(name: string, config: IdbConfig = {}): Promise<Store> {
  const factory = factoryOf(config);
  let open: Promise<IDBDatabase> | undefined;
  let closed = false;

  const connect = (): Promise<IDBDatabase> => {
    if (closed) return Promise.reject(fault('invalid', 'client.closed', 'The store is closed.'));
    open ??= openDatabase(factory, name, config, () => (open = undefined)).catch((e: unknown) => {
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

/** Takes a database away, with everything in it. The faults are `client.store`, and `client.blocked` while another tab uses it and does not let go. */
export async function dropIdb(name: string, config: IdbConfig = {}): Promise<void> {
  await granted(() => factoryOf(config).deleteDatabase(name), config, () => undefined);
}

function factoryOf(config: IdbConfig): IDBFactory {
  let factory: IDBFactory | undefined;
  try {
    factory = config.factory ?? globalThis.indexedDB;
  } catch (e) {
    throw storeFault(e); // a page without an origin may not even look
  }
  if (factory === undefined) throw fault('internal', 'client.store', 'There is no IndexedDB here.');
  return factory;
}

async function openDatabase(factory: IDBFactory, name: string, config: IdbConfig, lost: () => void): Promise<IDBDatabase> {
  const ask = (): IDBOpenDBRequest => {
    const request = factory.open(name, layout);
    request.onupgradeneeded = () => {
      for (const n of names) {
        if (!request.result.objectStoreNames.contains(n)) request.result.createObjectStore(n);
      }
    };
    return request;
  };
  const db = await granted(ask, config, (late) => late.close());
  // Another tab wants another layout, or to take the database away.
  db.onversionchange = () => {
    lost();
    db.close();
  };
  db.onclose = lost;
  return db;
}

/** Waits for a request that other tabs can block; what is granted after we gave up goes to late. */
function granted<T>(ask: () => IDBRequest<T> & { onblocked: unknown }, config: IdbConfig, late: (result: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let request: ReturnType<typeof ask>;
    try {
      request = ask();
    } catch (e) {
      return reject(storeFault(e));
    }
    request.onblocked = () => {
      timer = setTimeout(() => {
        over = true;
        reject(fault('busy', 'client.blocked', 'Another tab holds the local store: close it.'));
      }, config.blockedMs ?? 5000);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(openFault(request.error));
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      if (over) late(request.result);
      else resolve(request.result);
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
