import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { isFault } from '../src/fault.js';
import { moves } from '../src/gen/calls.js';
import { events } from '../src/sync/events.js';
import { http } from '../src/sync/http.js';
import { lines, rawMember } from '../src/sync/lines.js';
import { backOff } from '../src/sync/wait.js';
import { pieces } from './fake.js';

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const one of from) out.push(one);
  return out;
}

describe('lines', () => {
  test.each([1, 2, 3, 7, 1000])('come whole in pieces of %d bytes', async (size) => {
    expect(await all(lines(pieces('{"a":"è€😀"}\n{}\n\nx\n', size)))).toEqual(['{"a":"è€😀"}', '{}', '', 'x']);
  });

  test('end in a fault in the middle of one, after those that came', async () => {
    const got: string[] = [];
    await expect(
      (async () => {
        for await (const l of lines(pieces('one\ntwo\nthr'))) got.push(l);
      })(),
    ).rejects.toMatchObject({ code: 'device.torn' });
    expect(got).toEqual(['one', 'two']);
  });
});

test.each([
  ['{"d":{"a":1}}', '{"a":1}'],
  ['{ "t" : "p" , "d" : [1 , {"x":"]}"}] , "z":1}', '[1 , {"x":"]}"}]'],
  ['{"x":"\\"d\\":1,\\\\","d":1.0}', '1.0'],
  ['{"x":{"d":1},"d":"a\\\\"}', '"a\\\\"'],
  ['{"\\u0064":true}', 'true'],
  ['{"x":1}', undefined],
  ['{}', undefined],
  ['[]', undefined],
])('the member d of %s as it stands', (object, want) => {
  JSON.parse(object);
  expect(rawMember(object, 'd')).toBe(want);
});

test.each([
  ['an event', 'id: 7\nevent: poke\ndata: {}\n\n', [{ id: '7', event: 'poke', data: '{}' }]],
  ['several, and the last id', 'id:7\ndata:a\n\ndata:b\ndata: c\n\n', [{ id: '7', event: 'message', data: 'a' }, { id: '7', event: 'message', data: 'b\nc' }]],
  ['other ends of lines', 'event: x\r\ndata: 1\r\n\r\nevent: y\rdata: 2\r\r.', [{ id: '', event: 'x', data: '1' }, { id: '', event: 'y', data: '2' }]],
  ['comments, unknown fields, no data', ': hello\nretry: 3\nevent: x\n\ndata\n\n', [{ id: '', event: 'message', data: '' }]],
  ['one that never ends', 'event: x\ndata: 1\n', []],
])('server-sent events: %s', async (_, text, want) => {
  for (const size of [1, 5, 1000]) expect(await all(events(pieces(text, size)))).toEqual(want);
});

test('the wait doubles up to five minutes, and half of it is chance', () => {
  expect([0, 1, 2, 3].map((n) => backOff(n, () => 1))).toEqual([1000, 2000, 4000, 8000]);
  expect(backOff(3, () => 0)).toBe(4000);
  expect(backOff(1e9, () => 1)).toBe(300_000);
});

describe('http', () => {
  const answers = (status: number, body: string, headers: Record<string, string> = {}) =>
    http({
      baseUrl: 'https://example.org/',
      token: () => 'secret',
      fetch: async () => new Response(body, { status, headers }),
    }).exchange({ v: 1, did: 'd', clock: { wall: '', mono_ms: 0, off_ms: 0 }, unacked: { n: 0 }, muts: [] }, new AbortController().signal);

  test.each([
    [401, '{"message":"Prima accedi.","data":{"code":"api.sign_in"}}', { kind: 'unauthenticated', code: 'api.sign_in', message: 'Prima accedi.' }],
    [401, '{"data":{}}', { kind: 'unauthenticated', code: 'client.sign_in' }],
    [400, '{"message":"m","data":{"code":"sync.body","field":"did"}}', { kind: 'invalid', code: 'sync.body', field: 'did' }],
    [413, '{"message":"m","data":{"code":"api.too_large"}}', { kind: 'too_large', code: 'api.too_large' }],
    [503, '{"message":"m","data":{"code":"api.draining"}}', { kind: 'busy', code: 'api.draining', afterMs: 5000 }],
    [404, '<html>not here</html>', { kind: 'busy', code: 'client.http' }],
    [502, 'bad gateway', { kind: 'busy', code: 'client.http' }],
    [511, '<html>sign in to the network</html>', { kind: 'busy', code: 'client.http' }],
  ])('an answer of %d %s', async (status, body, want) => {
    const thrown = await answers(status, body, { 'Retry-After': '5' }).catch((e: unknown) => e);
    expect(isFault(thrown)).toBe(true);
    expect(thrown).toMatchObject(want);
  });

  test('no network, and nobody signed in', async () => {
    const request = { v: 1, did: 'd', clock: { wall: '', mono_ms: 0, off_ms: 0 }, unacked: { n: 0 }, muts: [] };
    const { signal } = new AbortController();
    const fetch = (): Promise<Response> => Promise.reject(new TypeError('failed'));
    await expect(http({ baseUrl: '', token: () => 'x', fetch }).exchange(request, signal)).rejects.toMatchObject({ code: 'client.offline' });
    await expect(http({ baseUrl: '', token: () => undefined, fetch }).exchange(request, signal)).rejects.toMatchObject({ code: 'client.sign_in' });
  });

  test('a large push is packed', async () => {
    let seen: RequestInit | undefined;
    const { exchange } = http({ baseUrl: '', token: () => 't', fetch: async (_, init) => ((seen = init), new Response('x')) });
    const muts = Array.from({ length: 50 }, (_, n) => ({ mid: n, op: 'call' as const, id: 'a', at: '' }));
    await exchange({ v: 1, did: 'd', clock: { wall: '', mono_ms: 0, off_ms: 0 }, unacked: { n: 0 }, muts }, new AbortController().signal);
    const headers = new Headers(seen?.headers);
    expect([headers.get('Content-Encoding'), headers.get('Authorization')]).toEqual(['gzip', 'Bearer t']);
    const back = await new Response(new Blob([seen?.body as ArrayBuffer]).stream().pipeThrough(new DecompressionStream('gzip'))).json();
    expect(back).toMatchObject({ muts });
  });
});

test('the table of moves has a row for what a technician does', () => {
  const row = moves.find((m) => m.call === 'report.start' && m.by.includes('technician'));
  expect(row).toMatchObject({ from: ['assigned', 'scheduled'], to: 'in_progress' });
});

/** The rooms, and which they may look into. */
const rooms: Record<string, string[]> = {
  gen: ['.'],
  kv: ['.'],
  outbox: ['.', 'kv', 'gen'],
  replica: ['.', 'kv', 'outbox', 'gen'],
  sync: ['.', 'kv', 'outbox', 'replica', 'gen'],
};

test('imports point one way: sync, replica, outbox, kv', () => {
  const root = new URL('../src/', import.meta.url);
  let seen = 0;
  for (const [room, may] of Object.entries(rooms)) {
    for (const file of readdirSync(new URL(`${room}/`, root))) {
      const text = readFileSync(new URL(`${room}/${file}`, root), 'utf8');
      for (const [, path] of text.matchAll(/from '([^']+)'/g)) {
        seen++;
        const to = path?.startsWith('./') ? room : path === '../fault.js' ? '.' : path?.split('/')[1];
        expect(to === room || may.includes(to ?? ''), `${room}/${file} imports ${path}`).toBe(true);
      }
      expect(text, `${room}/${file}`).not.toMatch(/\bany\b(?=[\]>;,)]| =)/);
    }
  }
  expect(seen).toBeGreaterThan(20);
});
