import { fault } from '../fault.js';
import { names, type Key, type Name, type Store, type WriteTx } from './store.js';

/** Returns a store that forgets everything when the program ends. */
export function memoryStore(): Store {
  const tables = new Map<Name, Table>(names.map((n) => [n, new Table()]));
  // One transaction at a time: simpler than IndexedDB's rules, and within them.
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  function run<T>(over: readonly Name[], fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(fault('invalid', 'client.closed', 'The store is closed.'));
    const result = last.then(async () => {
      const tx = transaction(tables, over);
      try {
        const value = await fn(tx);
        tx.end();
        return value;
      } catch (e) {
        tx.undo();
        throw e;
      }
    });
    last = result.catch(() => undefined);
    return result;
  }

  return {
    read: run,
    write: run,
    async close() {
      closed = true;
      await last;
    },
  };
}

interface Row {
  key: Key;
  value: unknown;
}

/** Rows in the order of their keys. */
class Table {
  readonly rows = new Map<string, Row>();
  private sorted: Row[] | undefined;

  set(row: Row): void {
    const id = JSON.stringify(row.key);
    const old = this.rows.get(id);
    this.rows.set(id, row);
    if (old === undefined || this.sorted === undefined) this.sorted = undefined;
    else this.sorted[this.sorted.indexOf(old)] = row;
  }

  remove(key: Key): void {
    if (this.rows.delete(JSON.stringify(key))) this.sorted = undefined;
  }

  under(prefix: Key): Row[] {
    this.sorted ??= [...this.rows.values()].sort((a, b) => compare(a.key, b.key));
    return prefix.length === 0 ? [...this.sorted] : this.sorted.filter((r) => begins(r.key, prefix));
  }
}

/** Returns a transaction that can be undone. */
function transaction(tables: Map<Name, Table>, over: readonly Name[]): WriteTx & { undo(): void; end(): void } {
  const undo: (() => void)[] = [];
  let ended = false;
  const table = (name: Name): Table => {
    const t = tables.get(name);
    if (ended || t === undefined || !over.includes(name)) {
      throw fault('internal', 'client.store', `The store ${name} is not in this transaction.`);
    }
    return t;
  };
  const remove = (t: Table, row: Row): void => {
    undo.push(() => t.set(row));
    t.remove(row.key);
  };
  return {
    async get<T>(name: Name, key: Key) {
      return structuredClone(table(name).rows.get(JSON.stringify(key))?.value) as T | undefined;
    },
    async all<T>(name: Name, prefix: Key = []) {
      return structuredClone(
        table(name)
          .under(prefix)
          .map((r) => r.value),
      ) as T[];
    },
    async count(name, prefix = []) {
      return table(name).under(prefix).length;
    },
    put(name, key, value) {
      const t = table(name);
      const old = t.rows.get(JSON.stringify(key));
      undo.push(() => (old === undefined ? t.remove(key) : t.set(old)));
      t.set({ key: [...key], value: structuredClone(value) });
    },
    delete(name, key) {
      const t = table(name);
      const old = t.rows.get(JSON.stringify(key));
      if (old !== undefined) remove(t, old);
    },
    clear(name, prefix = []) {
      const t = table(name);
      for (const row of t.under(prefix)) remove(t, row);
    },
    undo() {
      ended = true;
      for (const step of undo.reverse()) step();
    },
    end() {
      ended = true;
    },
  };
}

function begins(key: Key, prefix: Key): boolean {
  return prefix.every((part, i) => key[i] === part);
}

function compare(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i] as string | number;
    const y = b[i] as string | number;
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
