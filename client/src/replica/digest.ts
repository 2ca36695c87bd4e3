// What a device holds, summed up so that it can be compared with the server in
// a few bytes. The formula is sync/digest.go's; Math.imul is its multiplication
// of 32 bits.

const keyFactors = [
  [0x5bd1e995, 0x1b873593, 0x2c1b3c6d, 0x297a2d39, 0x7feb352d],
  [0x165667b1, 0x27d4eb2f, 0x45d9f3b3, 0x6c62272f, 0x3c6ef373],
] as const;
const laneFactors = [
  [0x2545f491, 0x61c88647, 0x1f83d9ab],
  [0x5be0cd19, 0x510e527f, 0x3a8f05c5],
  [0x428a2f99, 0x71374491, 0x12835b01],
  [0x243185bf, 0x550c7dc3, 0x2de92c6f],
] as const;
const roundFactors = [0x7feb352d, 0x46a1c68b] as const;

const utf8 = new TextEncoder();

/** Returns the two hashes of an id that its mixes are made of. The first says in which part of a drill-down it is. */
export function keyOf(id: string): [number, number] {
  const bytes = utf8.encode(id);
  const words = [bytes.length, 0, 0, 0, 0];
  for (let i = 0; i < Math.min(bytes.length, 16); i++) {
    const w = 1 + (i >> 2);
    words[w] = ((words[w] as number) << 8) | (bytes[i] as number);
  }
  const sum = (factors: readonly number[]): number => factors.reduce((key, f, w) => (key + Math.imul(words[w] as number, f)) | 0, 0) >>> 0;
  return [sum(keyFactors[0]), sum(keyFactors[1])];
}

/** How many records, and the sum of their mixes in four lanes of 32 bits. */
export type Digest = [n: number, a: number, b: number, c: number, d: number];

/** Returns the digest of nothing. */
export function nothing(): Digest {
  return [0, 0, 0, 0, 0];
}

/** Counts one version of a record in (sign 1) or out (sign -1). */
export function count(into: Digest, sign: 1 | -1, id: string, ver: number): void {
  const key = keyOf(id);
  into[0] += sign;
  laneFactors.forEach((f, i) => {
    // A version beyond 32 bits counts by its last 32, as in Go.
    let x = (Math.imul(key[0], f[0]) + Math.imul(key[1], f[1]) + Math.imul(ver >>> 0, f[2])) | 0;
    x = Math.imul(x ^ (x >>> 16), roundFactors[0]);
    x = Math.imul(x ^ (x >>> 15), roundFactors[1]);
    into[i + 1] = ((into[i + 1] as number) + Math.imul(sign, x)) >>> 0;
  });
}

/** Returns the sum in 32 hexadecimal digits, as it is on the wire. */
export function hexOf(d: Digest): string {
  return d.slice(1).map((lane) => lane.toString(16).padStart(8, '0')).join('');
}

/** What is held in each scope, by collection. The keys are scope/collection. */
export type Digests = Record<string, Digest>;

/** Counts a record in or out of every scope it is in. */
export function countIn(all: Digests, sign: 1 | -1, r: { coll: string; id: string; ver: number; in: readonly number[] }): void {
  for (const scope of r.in) count((all[`${scope}/${r.coll}`] ??= nothing()), sign, r.id, r.ver);
}

/** What the server holds, as a checkpoint says it: [scope, collection, n, sum]. */
export type Said = [scope: number, coll: string, n: number, sum: string];

/** Reports whether both hold the same. */
export function agree(mine: Digests, theirs: readonly Said[]): boolean {
  const left = new Map(Object.entries(mine).filter(([, d]) => d[0] !== 0 || hexOf(d) !== hexOf(nothing())));
  for (const [scope, coll, n, sum] of theirs) {
    const d = left.get(`${scope}/${coll}`) ?? nothing();
    if (d[0] !== n || hexOf(d) !== sum) return false;
    left.delete(`${scope}/${coll}`);
  }
  return left.size === 0;
}
