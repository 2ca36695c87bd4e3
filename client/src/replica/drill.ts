// Finds where a device differs from the server: the sums of ever smaller parts
// are compared, until only the records that differ are left. sync/drill.go is
// the same in Go.

import { fault } from '../fault.js';
import { count, hexOf, keyOf, nothing, type Digest, type Said } from './digest.js';

/** A part is what begins with the digits of the prefix: [scope, collection, prefix]. */
export type Part = [scope: number, coll: string, prefix: string];

/** What to ask. */
export interface Question {
  dig?: Said[];
  split?: Part[];
  list?: [...Part, [id: string, ver: number][]][];
}

/** What the server says the sixteen parts of a part hold; newer are records that have changed since. */
export interface SplitLine {
  t: 'split';
  i: number;
  c: string;
  p: string;
  b: [n: number, sum: string][];
  newer?: string[];
}

/** Records of a part that are compared one by one, and parts in one request, as sync/verify.go has them. */
const few = 64;
const most = 512;
const deepest = 8;

/** A drill-down. */
export interface Drill {
  /** Returns what to ask next, or undefined when there is nothing more. */
  next(): Question | undefined;
  /** Takes in what the server says; the fault of what makes no sense is `device.torn`. */
  take(line: SplitLine): void;
}

interface Held {
  id: string;
  ver: number;
  key: number;
}

/** Returns a drill over everything a device holds. */
export function newDrill(rows: Iterable<{ coll: string; id: string; ver: number; in: readonly number[] }>): Drill {
  const held = new Map<string, { scope: number; coll: string; all: Held[] }>();
  for (const r of rows) {
    const key = keyOf(r.id)[0];
    for (const scope of r.in) {
      const name = `${scope}/${r.coll}`;
      const group = held.get(name) ?? { scope, coll: r.coll, all: [] };
      group.all.push({ id: r.id, ver: r.ver, key });
      held.set(name, group);
    }
  }
  let begun = false;
  let split: Part[] = [];
  let list: NonNullable<Question['list']> = [];
  return {
    next() {
      if (!begun) {
        begun = true;
        const dig = [...held.values()].map(({ scope, coll, all }): Said => {
          const d = sum(all);
          return [scope, coll, d[0], hexOf(d)];
        });
        // A question has to be asked to learn that everything is missing.
        return { dig: dig.length > 0 ? dig : [[0, 'reports', 0, hexOf(nothing())]] };
      }
      const ask: Question = {};
      if (split.length > 0) ask.split = split.splice(0, most);
      if (list.length > 0) ask.list = list.splice(0, most);
      return ask.split === undefined && ask.list === undefined ? undefined : ask;
    },
    take({ i: scope, c: coll, p, b, newer }) {
      if (b.length !== 16 || !/^[0-9a-f]{0,7}$/.test(p)) throw fault('busy', 'device.torn', 'A part makes no sense.');
      const name = `${scope}/${coll}`;
      const group = held.get(name) ?? { scope, coll, all: [] };
      held.set(name, group);
      if (newer !== undefined) {
        const skip = new Set(newer);
        group.all = group.all.filter((h) => !skip.has(h.id));
      }
      b.forEach(([n, digits], part) => {
        const prefix = p + part.toString(16);
        const ours = group.all.filter((h) => h.key.toString(16).padStart(8, '0').startsWith(prefix));
        const d = sum(ours);
        if (d[0] === n && hexOf(d) === digits) return;
        if (prefix.length < deepest && Math.max(ours.length, n) > few) split.push([scope, coll, prefix]);
        else list.push([scope, coll, prefix, ours.map((h) => [h.id, h.ver])]);
      });
    },
  };
}

function sum(all: readonly Held[]): Digest {
  const d = nothing();
  for (const h of all) count(d, 1, h.id, h.ver);
  return d;
}
