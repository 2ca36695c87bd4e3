import { fault, isFault, type Kind } from '../fault.js';
import type { ExchangeRequest } from '../outbox/wire.js';
import type { Body } from './lines.js';
import type { Verify } from './verify.js';

/**
 * Carries one exchange to the server and returns the bytes of the answer. A
 * fault means that nothing is known about what the server did; the same will
 * be sent again. `unauthenticated` asks for a new login.
 */
export type Exchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<Body>;

/**
 * Opens the stream of events of a device, from the number of the log that it
 * was told of last, and returns its bytes.
 */
export type Stream = (from: { device: string; after: number }, signal: AbortSignal) => Promise<Body>;

/** How to reach a server. */
export interface HttpConfig {
  /** Such as https://example.org; empty is the server the page came from. */
  baseUrl: string;
  /** The person's token, asked for at each request; undefined is nobody signed in. */
  token: () => string | undefined | Promise<string | undefined>;
  /** The language of sentences for the person: it or en. */
  language?: string;
  fetch?: typeof globalThis.fetch;
}

const prefix = '/api/mobile/v1/';

/** From this size in bytes a push is worth compressing. */
const worthwhile = 1400;

/** Returns the ways to a server over HTTP. None retries: the loop does, with the same bytes. */
export function http(config: HttpConfig): { exchange: Exchange; verify: Verify; stream: Stream; wiped: (device: string, signal: AbortSignal) => Promise<void> } {
  const base = config.baseUrl.replace(/\/$/, '') + prefix;
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const token = await config.token();
    if (token === undefined || token === '') throw fault('unauthenticated', 'client.sign_in', 'Nobody is signed in.');
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    if (config.language !== undefined) headers.set('Accept-Language', config.language);
    const response = await send(config.fetch ?? globalThis.fetch, base + path, { ...init, headers, cache: 'no-store' });
    if (!response.ok) throw await refusal(response);
    return response;
  };
  const bytes = (response: Response): Body => {
    if (response.body === null) throw fault('busy', 'client.http', 'The answer has no body.');
    return chunks(response.body);
  };
  const post = async (path: string, request: object, signal: AbortSignal): Promise<Body> =>
    bytes(await ask(path, { method: 'POST', signal, ...(await squeeze(JSON.stringify(request))) }));
  return {
    exchange: (request, signal) => post('sync/exchange', request, signal),
    verify: (request, signal) => post('sync/verify', request, signal),
    wiped: async (device, signal) => {
      await ask(`devices/${encodeURIComponent(device)}/wiped`, { method: 'POST', signal });
    },
    stream: async ({ device, after }, signal) =>
      bytes(await ask(`sync/stream?did=${encodeURIComponent(device)}`, {
        signal,
        headers: { Accept: 'text/event-stream', ...(after > 0 && { 'Last-Event-ID': String(after) }) },
      })),
  };
}

async function send(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (e) {
    if (init.signal?.aborted === true) throw init.signal.reason;
    throw fault('busy', 'client.offline', 'The server cannot be reached.', { cause: e });
  }
}

async function squeeze(text: string): Promise<Pick<RequestInit, 'body' | 'headers'>> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: 'application/x-ndjson' };
  if (text.length < worthwhile || typeof CompressionStream === 'undefined') return { body: text, headers };
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return { body: await new Response(packed).arrayBuffer(), headers: { ...headers, 'Content-Encoding': 'gzip' } };
}

/** Safari's streams cannot be iterated over. */
async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Who stops reading hangs up; a stream that has ended or failed does not mind.
    reader.cancel().catch(() => undefined);
  }
}

const kinds: Record<number, Kind> = {
  400: 'invalid', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 409: 'conflict', 413: 'too_large', 429: 'limited', 503: 'busy',
};

/** Reads the server's answer to what it refuses: {"message": …, "data": {"code": …, "field": …}}. */
async function refusal(response: Response): Promise<unknown> {
  const seconds = Number(response.headers.get('Retry-After') ?? '');
  const after = Number.isFinite(seconds) && seconds > 0 ? { afterMs: seconds * 1000 } : {};
  const kind = kinds[response.status] ?? (response.status < 500 ? 'busy' : 'internal');
  try {
    const said = (await response.json()) as { message?: unknown; data?: { code?: unknown; field?: unknown } };
    const code = said.data?.code;
    if (typeof code === 'string') {
      const field = typeof said.data?.field === 'string' && said.data.field !== '' ? { field: said.data.field } : {};
      return fault(kind, code, typeof said.message === 'string' ? said.message : code, { ...after, ...field });
    }
  } catch (e) {
    if (isFault(e)) return e;
  }
  if (response.status === 401) return fault('unauthenticated', 'client.sign_in', 'The session has ended.');
  // A proxy, or a page to sign in to a network. It is not the server's word, so
  // nothing is dropped for it.
  return fault('busy', 'client.http', `Something answered ${response.status}.`, after);
}
