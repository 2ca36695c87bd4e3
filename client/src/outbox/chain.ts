import { fault } from '../fault.js';
import { canonical } from './canonical.js';
import type { Json, Mutation } from './wire.js';

const utf8 = new TextEncoder();

async function sha256(text: string): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw fault('invalid', 'client.insecure', 'This page has no cryptography: serve it over HTTPS.');
  }
  return new Uint8Array(await subtle.digest('SHA-256', utf8.encode(text)));
}

function hex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += b.toString(16).padStart(2, '0');
  return out;
}

/** Returns the first 128 bits of the SHA-256 of a body's bytes, in hex. */
export async function bodyHash(body: string): Promise<string> {
  return hex((await sha256(body)).subarray(0, 16));
}

/**
 * Returns the hash of a mutation that follows the one with the hash
 * `previous`: the first 128 bits of SHA-256(canonical form without h ‖
 * previous), in hex. The previous of the first is empty.
 */
export async function chain(m: Mutation, previous: string): Promise<string> {
  return bodyHash(canonical(m as unknown as Json, 'h') + previous);
}

/**
 * Returns the id under which the server knows a mutation's call: its own, or
 * one made from the device, the number and the hash of its content.
 */
export async function callId(device: string, m: Mutation): Promise<string> {
  if (m.call !== undefined) return m.call;
  const bytes = await sha256(['call', device, m.mid, await chain(m, '')].join('\0'));
  let bits = '';
  for (const b of bytes.subarray(0, 10)) bits += b.toString(2).padStart(8, '0');
  const digits = '0123456789abcdefghijklmnopqrstuv';
  return Array.from({ length: 15 }, (_, i) => digits[parseInt(bits.slice(5 * i, 5 * i + 5), 2)]).join('');
}

/** Returns a fresh id of a device or a record: 15 characters of a-z0-9. */
export function newId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let out = '';
  while (out.length < 15) {
    for (const b of crypto.getRandomValues(new Uint8Array(20))) {
      // 252 is seven times 36: what is above would make some letters likelier.
      if (b < 252 && out.length < 15) out += letters[b % 36];
    }
  }
  return out;
}

/** Reports whether an id is 15 characters of a-z0-9. */
export function validId(id: string): boolean {
  return /^[a-z0-9]{15}$/.test(id);
}
