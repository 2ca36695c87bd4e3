import { fault, isFault } from '../fault.js';
import { bodyHash } from '../outbox/chain.js';
import type { ExitLine, PutLine } from '../outbox/wire.js';
import type { Fix } from '../replica/replica.js';

/** The bytes of an answer, piece by piece. */
export type Body = AsyncIterable<Uint8Array>;

/**
 * Returns the lines of NDJSON as they come. A connection that breaks, or an end
 * in the middle of a line, is `device.torn` after the last whole line.
 */
export async function* lines(body: Body): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const piece of body) {
      rest += decoder.decode(piece, { stream: true });
      let from = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
        yield rest.slice(from, end);
        from = end + 1;
      }
      rest = rest.slice(from);
    }
  } catch (e) {
    throw isFault(e) ? e : torn('The connection broke.', e);
  }
  if (rest !== '') throw torn('The answer ends in the middle of a line.');
}

/** The fault of an answer that broke off: what came is kept, and the rest will be asked for. */
export function torn(message: string, cause?: unknown): Error {
  return fault('busy', 'device.torn', message, { cause });
}

/**
 * Returns the text of a member of a JSON object as it stands, or undefined. The
 * hash of a body is over the bytes that came, which parsing and writing again
 * may change.
 */
export function rawMember(object: string, name: string): string | undefined {
  let at = space(object, 0);
  if (object[at] !== '{') return undefined;
  for (at = space(object, at + 1); object[at] === '"'; at = space(object, at + 1)) {
    const key = end(object, at);
    const colon = space(object, key);
    const from = space(object, colon + 1);
    const to = end(object, from);
    if (JSON.parse(object.slice(at, key)) === name) return object.slice(from, to);
    at = space(object, to);
    if (object[at] !== ',') return undefined;
  }
  return undefined;
}

function space(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r' || text[at] === '\n') at++;
  return at;
}

/** Returns where the value that begins there ends. The text is known to be JSON. */
function end(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return closing(text, at);
  if (first !== '{' && first !== '[') {
    while (at < text.length && !',]} \t\r\n'.includes(text[at] as string)) at++;
    return at;
  }
  for (let depth = 0; at < text.length; ) {
    const c = text[at];
    if (c === '"') {
      at = closing(text, at);
      continue;
    }
    if (c === '{' || c === '[') depth++;
    if (c === '}' || c === ']') depth--;
    at++;
    if (depth === 0) break;
  }
  return at;
}

function closing(text: string, at: number): number {
  for (let i = at + 1; ; i++) {
    const quote = text.indexOf('"', i);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
    i = quote;
  }
}

/** Returns the JSON of a line; one that is none is `device.torn`. */
export function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (e) {
    throw torn('A line is not JSON.', e);
  }
}

/**
 * Returns a line about a record with its body as it stands in the text. One
 * that does not say which record it is about, in which version and where, is
 * kept as it came, under the hash of itself.
 */
export async function fixOf(line: PutLine | ExitLine, text: string): Promise<Fix> {
  const key = typeof line.c === 'string' && typeof line.id === 'string';
  if (line.t === 'x' && key) return line;
  if (line.t === 'x' || !key || !Number.isSafeInteger(line.v) || !Array.isArray(line.m) || !line.m.every(Number.isSafeInteger)) {
    const hash = await bodyHash(text);
    return { t: 'p', q: 0, c: '', id: hash, v: 0, m: [], h: hash, body: text, bad: 'line' };
  }
  const { d, ...rest } = line;
  const body = d === undefined ? undefined : rawMember(text, 'd');
  return body === undefined ? rest : { ...rest, body };
}
