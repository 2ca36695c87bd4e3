// Which tab runs the loop, and what the tabs tell each other.

import { dataOf, faultOf, type FaultData } from './fault.js';
import type { Store } from './kv/store.js';
import { readMeta } from './outbox/meta.js';
import type { Stream } from './sync/http.js';
import { listen } from './sync/listen.js';
import { newLoop, type Loop, type LoopConfig, type LoopState } from './sync/loop.js';
import type { Channel, Locker, Message } from './sync/tabs.js';
import { sleep } from './sync/wait.js';
import { onWake } from './sync/wake.js';

/** How long who leads may take to answer another tab before the lead is taken from it, in milliseconds: a browser may have frozen it. */
const patience = 10_000;

/** What leading needs. */
export interface LeadConfig extends Omit<LoopConfig, 'tell'> {
  store: Store;
  stream?: Stream;
  silenceMs: number;
  locks: Locker;
  channel: Channel;
  onNeedLogin: (fault: FaultData) => void;
  /** What is seen, or how it stands, is another. */
  onChange: () => void;
}

/** A run of exchanges as every tab hears of it. */
export type Heard = Extract<Message, { k: 'state' | 'inStep' }>;

/** One tab's part in keeping in step. */
export interface Part {
  /** Where the loop stands, here or in the tab that leads. */
  now(): { loop: LoopState; leading: boolean; last: FaultData | undefined };
  /** Has whoever leads look again. */
  due(why: 'edit' | 'asked' | 'signedIn', token?: string): void;
  /** Tells this and the other tabs that what is seen is another. */
  changed(): void;
  /** Has fn hear of every run; it returns how to stop. */
  hear(fn: (m: Heard) => void): () => void;
  /** Stops for good. */
  stop(): Promise<void>;
}

/** Takes part in keeping in step, until stop. */
export function takePart(c: LeadConfig): Part {
  const ended = new AbortController();
  const hearers = new Set<(m: Heard) => void>();
  let signIn = new AbortController();
  let leading = false;
  let state: LoopState = 'stopped';
  let last: FaultData | undefined;
  let theft: { abort: () => void; timer: ReturnType<typeof setTimeout> | undefined } | undefined;

  const heard = (m: Heard): void => {
    if (m.k === 'state') ({ state, last } = m);
    for (const fn of [...hearers]) fn(m);
    if (m.k === 'state') c.onChange();
  };
  const tell = (m: Message): void => {
    if (!ended.signal.aborted) c.channel.post(m);
  };
  const loop: Loop = newLoop({
    ...c,
    tell: {
      state(state, last, served) {
        const m = { k: 'state', state, last, served } as const;
        tell(m);
        heard(m);
      },
      inStep(served) {
        tell({ k: 'inStep', served });
        heard({ k: 'inStep', served });
      },
      changed() {
        tell({ k: 'changed' });
        c.onChange();
      },
      needLogin(fault) {
        tell({ k: 'needLogin', fault });
        c.onNeedLogin(fault);
      },
    },
  });

  c.channel.listen((m) => {
    if (ended.signal.aborted) return;
    switch (m.k) {
      case 'due':
        if (!leading) return;
        tell({ k: 'here' });
        wake(m.why, m.token);
        return;
      case 'here':
        clearTimeout(theft?.timer);
        return;
      case 'changed':
        c.onChange();
        return;
      case 'needLogin':
        c.onNeedLogin(m.fault);
        return;
      case 'state':
      case 'inStep':
        if (!leading) heard(m);
    }
  });

  const wake = (why: 'edit' | 'asked' | 'signedIn', token?: string): void => {
    if (why === 'signedIn') {
      signIn.abort();
      signIn = new AbortController();
    }
    loop.due(why, token);
  };

  /** Runs the loop and listens, until the loop ends or the lead is lost. */
  async function held(signal: AbortSignal): Promise<void> {
    leading = true;
    clearTimeout(theft?.timer);
    const inner = new AbortController();
    const stop = (): void => inner.abort();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const unwake = onWake((why) => loop.due(why));
    const { stream } = c;
    const ear =
      stream &&
      listen(
        {
          stream,
          random: c.random,
          silenceMs: c.silenceMs,
          from: () => c.store.read(['meta'], async (tx) => pick(await readMeta(tx))),
          poked: () => loop.due('poke'),
          needLogin: async (s) => {
            loop.due('poke'); // it will meet the same, and say so
            await Promise.race([sleep(c.pollMs, s), sleep(c.pollMs, signIn.signal)]);
          },
        },
        inner.signal,
      );
    try {
      await loop.run(inner.signal);
    } finally {
      unwake();
      inner.abort();
      signal.removeEventListener('abort', stop);
      await ear;
      leading = false;
    }
  }

  async function compete(): Promise<void> {
    for (let steal = false; !ended.signal.aborted && loop.state() !== 'wiped'; ) {
      const request = new AbortController();
      const stop = (): void => request.abort();
      ended.signal.addEventListener('abort', stop);
      let stolen = false;
      theft = {
        timer: undefined,
        abort: () => {
          stolen = true;
          request.abort();
        },
      };
      let running: Promise<void> | undefined;
      try {
        await c.locks((s) => (running = held(s)), request.signal, steal);
      } catch (e) {
        // The lead was taken from us, or we gave up waiting for it. Anything
        // else is no reason to stop, but to wait.
        if (!request.signal.aborted && running === undefined) {
          last = dataOf(faultOf(e));
          await sleep(1000, ended.signal);
        }
      }
      await running;
      ended.signal.removeEventListener('abort', stop);
      steal = stolen;
    }
  }

  const competing = compete();
  return {
    now: () => ({ loop: state, leading, last }),
    due(why, token) {
      if (leading) {
        // Without locks every tab leads, and each has to hear of a new login.
        if (why === 'signedIn') tell({ k: 'due', why, token: undefined });
        return wake(why, token);
      }
      tell({ k: 'due', why, token });
      const t = theft;
      if (t === undefined || ended.signal.aborted) return;
      clearTimeout(t.timer);
      t.timer = setTimeout(t.abort, patience);
    },
    changed() {
      tell({ k: 'changed' });
      c.onChange();
    },
    hear(fn) {
      hearers.add(fn);
      return () => hearers.delete(fn);
    },
    async stop() {
      ended.abort();
      signIn.abort();
      clearTimeout(theft?.timer);
      c.channel.close();
      await competing;
    },
  };
}

function pick(m: { device: string; seq: number }): { device: string; after: number } {
  return { device: m.device, after: m.seq };
}
