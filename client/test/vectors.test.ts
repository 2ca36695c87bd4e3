import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { canonical, plain } from '../src/outbox/canonical.js';
import { bodyHash, callId, chain, newId, validId } from '../src/outbox/chain.js';
import type { Json, Mutation } from '../src/outbox/wire.js';

interface Vectors {
  canonical: { name: string; mutation: Mutation; canonical: string; hash: string; callId?: string }[];
  bodies: { body: string; hash: string }[];
  device: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../sync/testdata/vectors.json', import.meta.url), 'utf8')) as Vectors;

test('mutations have the canonical form and the hash that the server gives them', async () => {
  let previous = '';
  for (const v of vectors.canonical) {
    expect(canonical(v.mutation as unknown as Json, 'h'), v.name).toBe(v.canonical);
    previous = await chain(v.mutation, previous);
    expect(previous, v.name).toBe(v.hash);
  }
  expect(vectors.canonical.length).toBeGreaterThan(5);
});

test('calls have the id that the server makes for them, or their own', async () => {
  const calls = vectors.canonical.filter((v) => v.callId !== undefined);
  expect(calls.length).toBeGreaterThan(1);
  for (const v of calls) {
    expect(await callId(vectors.device, v.mutation), v.name).toBe(v.callId);
    expect(await callId(vectors.device, { ...v.mutation, call: 'mine00000000000' })).toBe('mine00000000000');
  }
});

test('bodies have the hash of their bytes', async () => {
  for (const v of vectors.bodies) expect(await bodyHash(v.body)).toBe(v.hash);
});

test.each([
  ['what is undefined is left out', { a: undefined, b: [undefined] }, { b: [null] }],
  ['a date is text', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
  ['half a character is replaced', { t: 'a\ud83d', u: '\ude00b', v: '\ud83d\ude00' }, { t: 'a\ufffd', u: '\ufffdb', v: '\u{1f600}' }],
  ['numbers that JSON has not are null', { n: NaN }, { n: null }],
])('plain: %s', (_, value, want) => {
  expect(plain<unknown>(value)).toEqual(want);
});

test.each([
  ['a number without end', { n: 1n }],
  ['nothing', undefined],
  ['half a character in a key', { '\ud83d': 1 }],
])('plain refuses %s', (_, value) => {
  expect(() => plain<unknown>(value)).toThrow(expect.objectContaining({ code: 'client.args' }));
});

test('new ids are valid and differ', () => {
  const ids = Array.from({ length: 200 }, newId);
  expect(ids.every(validId)).toBe(true);
  expect(new Set(ids).size).toBe(200);
  for (const bad of ['', 'abc', 'ABCDEFGHIJKLMNO', 'aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaa\n']) expect(validId(bad)).toBe(false);
});
