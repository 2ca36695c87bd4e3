import { isFault } from '../fault.js';
import { torn, type Body } from './lines.js';

/** One server-sent event. */
export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Returns the events of a stream as they come, as the HTML standard reads them
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). EventSource
 * would do it, but cannot send the Authorization header. A connection that
 * breaks is `device.torn`.
 */
export async function* events(body: Body): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  try {
    for await (const piece of body) {
      const parts = (rest + decoder.decode(piece, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? '';
      for (const line of parts) {
        if (line === '') {
          if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
          event = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') event = value;
        if (field === 'data') data.push(value);
        if (field === 'id' && !value.includes('\u0000')) id = value;
      }
    }
  } catch (e) {
    throw isFault(e) ? e : torn('The connection broke.', e);
  }
}
