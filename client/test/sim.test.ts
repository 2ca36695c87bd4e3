// Two devices of one person live through a network that loses, repeats and
// breaks off, stores that fail with what was written kept and lost, servers that
// are restored from a backup, and a world that changes around them. In the end
// both hold what the server holds, and everything that was acknowledged to a
// person was done once, unless a restore took it when no device had it any more.
// SEEDS=1000 runs more of it, SEED=17 one.

import { expect, test } from 'vitest';

import { fault } from '../src/fault.js';
import { memoryStore } from '../src/kv/memory.js';
import type { Store } from '../src/kv/store.js';
import { beDevice, readMeta } from '../src/outbox/meta.js';
import { append, readOutbox, type Entry } from '../src/outbox/outbox.js';
import type { Row } from '../src/replica/replica.js';
import type { Exchange } from '../src/sync/http.js';
import { round, type RoundEnd } from '../src/sync/round.js';
import { repair } from '../src/sync/verify.js';
import { fakeServer, offline, pieces } from './fake.js';

/** A source of chance that a seed determines (mulberry32). */
function chance(seed: number): (n: number) => number {
  let a = seed;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
}

interface Device {
  store: Store;
  exchange: Exchange;
  rounds: number;
}

async function live(seed: number): Promise<void> {
  const rnd = chance(seed);
  const s = fakeServer();
  s.pageRows = 1 + rnd(5);
  s.maxRows = 3 + rnd(20);
  s.scopes = [1, 2];
  let trouble = false; // until there is a device
  const ids = Array.from({ length: 12 }, (_, n) => `report${String(n).padStart(9, '0')}`);
  for (const id of ids) s.put('reports', id, { state: 'assigned', title: 'new' }, [1 + rnd(2)]);

  const late: Parameters<Exchange>[0][] = [];
  const exchange: Exchange = async (request, signal) => {
    const again = late[rnd(late.length + 1)];
    if (trouble && again !== undefined && rnd(4) === 0) await s.exchange(again, signal); // one that was lost arrives after all
    const luck = trouble ? rnd(8) : 9;
    if (luck === 0) {
      late.push(structuredClone(request));
      offline();
    }
    if (luck === 1 || luck === 2) await s.exchange(request, signal);
    if (luck === 1) offline();
    const body = await s.exchange(request, signal);
    if (!trouble || rnd(3) > 0) return body;
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of body) text += decoder.decode(piece, { stream: true });
    return pieces(text.slice(0, rnd(text.length + 1)));
  };

  /** A store whose writes fail now and then: the whole is lost, or it is kept and nobody is told. */
  const fragile = (inner: Store): Store => ({
    ...inner,
    async write(over, fn) {
      const luck = trouble ? rnd(20) : 9;
      const failed = fault('internal', 'client.store', 'The local store failed.');
      if (luck === 0) {
        await inner.write(over, async (tx) => {
          await fn(tx);
          throw failed;
        });
      }
      const value = await inner.write(over, fn);
      if (luck === 1) throw failed;
      return value;
    },
  });

  const devices: Device[] = [1, 2].map(() => ({ store: fragile(memoryStore()), exchange, rounds: 0 }));
  for (const d of devices) await beDevice(d.store, ['technician']);
  trouble = true;

  const signal = new AbortController().signal;
  const step = (d: Device): Promise<RoundEnd> =>
    round({ store: d.store, exchange: d.exchange, now: () => 1_800_000_000_000 + d.rounds++, maxMuts: 1 + rnd(6), verifies: true, recount: rnd(4) === 0, doubted: new Set() }, signal);

  const told = new Set<string>();
  let restore = (): void => undefined;
  /** What the devices still have, to send or to show. */
  const had = async (): Promise<string[]> => {
    const entries = await Promise.all(devices.map((d) => d.store.read(['outbox', 'merges'], async (tx) => [...(await readOutbox(tx)), ...(await tx.all<Entry>('merges'))])));
    return entries.flat().map((e) => (e.mutation.args as { text: string }).text);
  };
  for (let n = 0; n < 120; n++) {
    const d = devices[rnd(2)] as Device;
    const id = ids[rnd(ids.length)] as string;
    switch (rnd(6)) {
      case 0:
      case 1: {
        const text = `edit ${n}`;
        const drafts = Array.from({ length: 1 + rnd(3) }, (_, i) => ({
          op: 'call' as const, c: 'reports' as const, id, name: 'report.comment', args: { text: `${text}.${i}` },
        }));
        await append(d.store, () => n, drafts).then(
          () => drafts.forEach((x) => told.add(x.args.text)),
          () => undefined,
        );
        break;
      }
      case 2:
        s.put('reports', id, { state: 'assigned', title: `world ${n}` }, [1 + rnd(2)]);
        break;
      case 3:
        if (rnd(3) === 0) s.scopes = [[1], [2], [1, 2]][rnd(3)] as number[];
        else s.remove('reports', id);
        break;
      case 4:
        if (rnd(8) === 0) restore = s.backup();
        else if (rnd(12) === 0) {
          const left = new Set(await had());
          restore();
          late.length = 0; // what was under way when the server stood still never arrives
          for (const text of told) if (!left.has(text) && !s.texts.includes(text)) told.delete(text);
          break;
        }
        await step(d).catch(() => undefined);
        break;
      default:
        await step(d).catch(() => undefined);
    }
  }

  trouble = false;
  s.scopes = [1, 2];
  // The first again at the end: what the second handed in has changed the world.
  for (const d of [...devices, ...devices]) {
    for (let n = 0; n < 400; n++) {
      const end = await step(d);
      const doubts = await d.store.read(['meta'], async (tx) => (await readMeta(tx)).doubts);
      expect(doubts, 'a checkpoint that differs').toBe(0);
      if (!end.more) break;
    }
    await repair(d.store, s.verify, new Set(), signal);
    expect(await d.store.read(['outbox'], async (tx) => (await readOutbox(tx)).filter((e) => e.result === undefined))).toEqual([]);
  }
  const bases = await Promise.all(devices.map((d) => d.store.read(['base'], async (tx) => (await tx.all<Row>('base')).map((r) => `${r.id} ${r.ver} ${r.in.join()} ${r.body}`))));
  expect(bases[0]).toEqual(bases[1]);
  expect(s.repaired, 'what a comparison found').toEqual([]);
  expect(bases[0]).toEqual(s.visible());
  const count = new Map<string, number>();
  for (const text of s.texts) count.set(text, (count.get(text) ?? 0) + 1);
  for (const text of told) expect(count.get(text), `${text} was acknowledged`).toBe(1);
  for (const [text, n] of count) expect(n, text).toBe(1);
}

const one = process.env.SEED;
const seeds = one === undefined ? Array.from({ length: Number(process.env.SEEDS ?? 60) }, (_, n) => n) : [Number(one)];

test.each(seeds)('seed %d ends well', live, 60_000);
