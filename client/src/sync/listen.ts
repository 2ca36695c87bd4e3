// The stream says that there is something to pull; it never carries data.
// Whatever goes wrong with it, the loop still asks by itself.

import { fault, faultOf } from '../fault.js';
import { events } from './events.js';
import type { Stream } from './http.js';
import { backOff, overheard, sleep, until, watched } from './wait.js';

/** What listening needs. */
export interface ListenConfig {
  stream: Stream;
  /** Who listens, and the last number it knows of; asked at each connection. */
  from: () => Promise<{ device: string; after: number }>;
  random: () => number;
  /** How long the stream may be silent, in milliseconds; a heart beats every 25 s. */
  silenceMs: number;
  /** There is something to pull, or to be told. */
  poked: () => void;
  /** The session has ended; it resolves when it is worth trying again. */
  needLogin: (signal: AbortSignal) => Promise<void>;
}

/** Listens until the signal. It never throws. */
export async function listen(c: ListenConfig, signal: AbortSignal): Promise<void> {
  let after = 0;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await watched(c.silenceMs, signal, silent, async (inner, heard) => {
        const from = await c.from();
        after = Math.max(after, from.after);
        const body = await until(c.stream({ device: from.device, after }, inner), inner);
        heard();
        for await (const e of events(overheard(body, inner, heard))) {
          failures = 0;
          const seq = Number(e.id);
          if (Number.isSafeInteger(seq)) after = Math.max(after, seq);
          if (e.event !== 'hb') c.poked();
        }
      });
    } catch (e) {
      if (signal.aborted) return;
      if (faultOf(e).kind === 'unauthenticated') {
        await c.needLogin(signal);
        continue;
      }
    }
    await sleep(backOff(failures++, c.random), signal);
  }
}

function silent(): Error {
  return fault('busy', 'client.offline', 'The stream fell silent.');
}
