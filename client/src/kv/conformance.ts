// What every store must do. The suite runs in Node and, as it is, in a browser:
// it needs nothing but a way to open stores, and throws at the first failure.

import { isFault } from '../fault.js';
import { type Key, type Store } from './store.js';

/** How to reach the stores under test. */
export interface Bench {
  /** Opens the store of that name; a new name is an empty store. */
  open(name: string): Promise<Store>;
  /** Whether a store that was closed holds, when opened again, what it held. */
  durable: boolean;
}

/** Runs every case and returns their names. The error names the case that failed. */
export async function runAll(bench: Bench): Promise<string[]> {
  const done: string[] = [];
  for (const [name, run] of Object.entries(cases)) {
    const store = await bench.open(`conformance ${name}`);
    try {
      await run(store, bench);
    } catch (e) {
      throw new Error(`${name}: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
    } finally {
      await store.close();
    }
    done.push(name);
  }
  return done;
}

type Case = (s: Store, bench: Bench) => Promise<void>;

const cases: Record<string, Case> = {
  async 'what was put can be got'(s) {
    await s.write(['base'], async (tx) => {
      tx.put('base', ['a', 1], { n: 1 });
      same(await tx.get('base', ['a', 1]), { n: 1 }, 'inside the transaction');
    });
    same(await one(s, ['a', 1]), { n: 1 }, 'after it');
    same(await one(s, ['a', 2]), undefined, 'another key');
    await s.write(['base'], async (tx) => tx.put('base', ['a', 1], { n: 2 }));
    same(await one(s, ['a', 1]), { n: 2 }, 'put again');
  },

  async 'values are copies'(s) {
    const value = { list: [1] };
    await s.write(['base'], async (tx) => {
      tx.put('base', ['a'], value);
      value.list.push(2);
    });
    const got = await one<typeof value>(s, ['a']);
    got?.list.push(3);
    same(await one(s, ['a']), { list: [1] }, 'the stored value');
  },

  async 'keys are in order'(s) {
    const keys: Key[] = [['b'], ['a', 'x'], ['a', 10], ['a', 9], ['a'], ['a', 'x', 1], ['ab'], [2], ['a', '\u{1f600}'], ['a', 'ﬀ']];
    await s.write(['base'], async (tx) => keys.forEach((k) => tx.put('base', k, k)));
    const want: Key[] = [[2], ['a'], ['a', 9], ['a', 10], ['a', 'x'], ['a', 'x', 1], ['a', '\u{1f600}'], ['a', 'ﬀ'], ['ab'], ['b']];
    same(await s.read(['base'], (tx) => tx.all('base')), want, 'all');
    same(await s.read(['base'], (tx) => tx.all('base', ['a'])), want.slice(1, 8), 'all under a prefix');
    same(await s.read(['base'], (tx) => tx.all('base', ['a', 'x'])), want.slice(4, 6), 'all under a longer prefix');
    same(await s.read(['base'], (tx) => tx.count('base', ['a'])), 7, 'count under a prefix');
    same(await s.read(['base'], (tx) => tx.count('base')), keys.length, 'count');
  },

  async 'delete and clear'(s) {
    await s.write(['base', 'stage'], async (tx) => {
      for (const k of ['a', 'b', 'c']) for (const n of [1, 2]) tx.put('base', [k, n], `${k}${n}`);
      tx.put('stage', ['a'], 'other');
    });
    await s.write(['base'], async (tx) => {
      tx.delete('base', ['a', 1]);
      tx.delete('base', ['nothing']);
      tx.clear('base', ['b']);
      same(await tx.all('base'), ['a2', 'c1', 'c2'], 'inside the transaction');
    });
    same(await s.read(['base'], (tx) => tx.all('base')), ['a2', 'c1', 'c2'], 'after it');
    await s.write(['base'], async (tx) => tx.clear('base'));
    same(await s.read(['base'], (tx) => tx.all('base')), [], 'cleared');
    same(await s.read(['stage'], (tx) => tx.all('stage')), ['other'], 'the other store');
  },

  async 'a transaction that throws leaves nothing'(s) {
    await s.write(['base', 'meta'], async (tx) => tx.put('base', ['a'], 'old'));
    const thrown = await failing(
      s.write(['base', 'meta'], async (tx) => {
        tx.put('base', ['a'], 'new');
        tx.put('base', ['b'], 'new');
        tx.clear('base', ['a']);
        tx.put('meta', ['m'], 'new');
        await tx.get('meta', ['m']);
        throw new Error('stop');
      }),
    );
    same((thrown as Error).message, 'stop', 'the error');
    same(await s.read(['base', 'meta'], async (tx) => [await tx.all('base'), await tx.all('meta')]), [['old'], []], 'the stores');
  },

  async 'a value that cannot be copied fails the whole'(s) {
    const thrown = await failing(
      s.write(['base'], async (tx) => {
        tx.put('base', ['a'], 1);
        tx.put('base', ['b'], () => undefined);
      }),
    );
    if (thrown === undefined) throw new Error('it was kept');
    same(await s.read(['base'], (tx) => tx.all('base')), [], 'the store');
  },

  async 'transactions over the same store are one after the other'(s) {
    const add = (): Promise<void> =>
      s.write(['meta'], async (tx) => {
        const n = (await tx.get<number>('meta', ['n'])) ?? 0;
        tx.put('meta', ['n'], n + 1);
      });
    await Promise.all(Array.from({ length: 50 }, add));
    same(await s.read(['meta'], (tx) => tx.get('meta', ['n'])), 50, 'the sum');
  },

  async 'a read sees one state'(s) {
    const both = (n: number): Promise<void> =>
      s.write(['base', 'meta'], async (tx) => {
        tx.put('base', ['n'], n);
        await tx.get('meta', ['n']);
        tx.put('meta', ['n'], n);
      });
    const reads: Promise<unknown[]>[] = [];
    for (let n = 0; n < 20; n++) {
      void both(n);
      reads.push(s.read(['base', 'meta'], async (tx) => [await tx.get('base', ['n']), await tx.get('meta', ['n'])]));
    }
    for (const [a, b] of await Promise.all(reads)) same(a, b, 'two values written together');
  },

  async 'many values'(s) {
    await s.write(['base'], async (tx) => {
      for (let n = 0; n < 2000; n++) tx.put('base', ['c', `id${n}`], { n, text: 'x'.repeat(200) });
    });
    same(await s.read(['base'], (tx) => tx.count('base', ['c'])), 2000, 'the count');
  },

  async 'a closed store says so, and what was kept is there'(s, bench) {
    await s.write(['base'], async (tx) => tx.put('base', ['a'], 1));
    await s.close();
    const thrown = await failing(s.read(['base'], (tx) => tx.all('base')));
    if (!isFault(thrown, 'client.closed')) throw new Error(`the fault is ${String(thrown)}`);
    if (!bench.durable) return;
    const again = await bench.open('conformance a closed store says so, and what was kept is there');
    same(await again.read(['base'], (tx) => tx.all('base')), [1], 'opened again');
    await again.close();
  },
};

function one<T>(s: Store, key: Key): Promise<T | undefined> {
  return s.read(['base'], (tx) => tx.get<T>('base', key));
}

async function failing(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (e) {
    return e;
  }
  return undefined;
}

function same(got: unknown, want: unknown, what: string): void {
  if (JSON.stringify(got) !== JSON.stringify(want)) {
    throw new Error(`${what} = ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }
}
