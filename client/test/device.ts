// A device in front of the server in a few lines, and time as a test wants it.

import { afterEach, vi } from 'vitest';

import { isFault } from '../src/fault.js';
import { memoryStore, open, type Client, type Config } from '../src/index.js';
import type { FakeServer } from './fake.js';

/** The id of the n-th report. */
export const id = (n: number): string => `report${String(n).padStart(9, '0')}`;
export const A = id(1);
/** Devices that the end of a test closes. */
export const opened: Client[] = [];

/** Opens a device in front of that server. */
export async function device(s: FakeServer, more: Partial<Config> = {}): Promise<Client> {
  const c = await open({ name: 't', store: memoryStore(), exchange: s.exchange, roles: ['technician'], random: () => 0, ...more });
  opened.push(c);
  return c;
}

/** Waits until check passes; a busy machine takes its time. */
export function soon(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 20_000 });
}

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((c) => c.close()));
});

const trueTimeout = globalThis.setTimeout;

/** Lets time pass. Hashing is done by real threads, which a false clock does not wait for. */
export async function pass(ms: number): Promise<void> {
  const step = Math.max(500, ms / 100);
  for (let left = ms; left >= 0; left -= step) {
    await vi.advanceTimersByTimeAsync(Math.min(left, step));
    await real(3);
  }
  await real(100);
}

/** Lets real work be done. */
export async function real(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for real work until check passes. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    try {
      return await check();
    } catch {
      await new Promise((resolve) => trueTimeout(resolve, 5));
    }
  }
  await check();
}

/** Puts a false clock in the place of the real one. */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}

/** What a device shows, in a form to compare. */
export async function shows(c: Client): Promise<string[]> {
  return (await c.list('reports')).map((v) => `${v.id} ${v.row.state} ${v.row.title ?? ''}${v.pending ? ` +${v.pending}` : ''}`);
}

/** The code of the fault that work ends in, or none. */
export async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (e) {
    return isFault(e) ? e.code : String(e);
  }
  return 'none';
}
