import { fault } from '../fault.js';
import type { Json } from './wire.js';

/**
 * Returns a JSON value in the canonical form of RFC 8785: keys in the order of
 * their UTF-16 code units, numbers and strings as ECMAScript writes them, no
 * space. Keys that `without` names at the top are left out.
 */
export function canonical(value: Json, without?: string): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonical(v)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value)
    .filter((k) => k !== without)
    .sort();
  return `{${keys.map((k) => `${JSON.stringify(k)}:${canonical(value[k] as Json)}`).join(',')}}`;
}

/**
 * Returns the value as JSON will bring it to the server: without what is
 * undefined, dates as text, and text without halves of characters, which no
 * UTF-8 can write and which the server would hash otherwise. The fault is
 * `client.args`.
 */
export function plain<T>(value: T): T {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'string' ? whole(v) : v));
  } catch (e) {
    throw fault('invalid', 'client.args', 'That cannot be written in JSON.', { cause: e });
  }
  if (text === undefined) throw fault('invalid', 'client.args', 'That cannot be written in JSON.');
  return JSON.parse(text, function (this: unknown, key, v: unknown) {
    if (whole(key) !== key) throw fault('invalid', 'client.args', 'A key has half a character.', { field: key });
    return v;
  }) as T;
}

function whole(s: string): string {
  return s.replace(/\p{Surrogate}/gu, '\ufffd');
}
