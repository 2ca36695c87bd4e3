// Several tabs of one person share one store. One of them leads: it runs the
// loop. The others write through, and tell it.

import type { FaultData } from '../fault.js';
import type { LoopState } from './loop.js';

/** Runs `held` while this tab leads, and resolves when it does not any more. It rejects with the signal's reason when that ends the wait. */
export type Locker = (held: (signal: AbortSignal) => Promise<void>, signal: AbortSignal, steal: boolean) => Promise<void>;

/** What tabs say to each other. */
export type Message =
  | { k: 'due'; why: 'edit' | 'asked' | 'signedIn'; token: string | undefined } // to who leads
  | { k: 'here' } // from who leads, as the answer
  | { k: 'changed' } // what is seen is another
  | { k: 'needLogin'; fault: FaultData }
  | { k: 'state'; state: LoopState; last: FaultData | undefined; served: readonly string[] }
  | { k: 'inStep'; served: readonly string[] };

/** The way between tabs. */
export interface Channel {
  post(message: Message): void;
  listen(fn: (message: Message) => void): void;
  close(): void;
}

/** Leads at once: for what has one tab only, such as a program in Node. */
export const alone: Locker = (held, signal) => held(signal);

/**
 * Leads by the Web Locks API (https://w3c.github.io/web-locks/): the browser
 * gives the lock to another tab when this one goes. A lock that is stolen ends
 * the signal of who held it; the store stays right even while both run.
 */
export function webLocks(name: string, locks: LockManager = navigator.locks): Locker {
  return async (held, signal, steal) => {
    const inner = new AbortController();
    const stop = (): void => inner.abort(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      await locks.request(name, steal ? { steal: true } : { signal }, () => held(inner.signal));
    } finally {
      inner.abort();
      signal.removeEventListener('abort', stop);
    }
  };
}

/** The way between the tabs of one origin. */
export function broadcast(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen(fn) {
      channel.onmessage = (e: MessageEvent<Message>) => fn(e.data);
    },
    close: () => channel.close(),
  };
}

/** No other tabs. */
export function nobody(): Channel {
  return { post: () => undefined, listen: () => undefined, close: () => undefined };
}
