// The loop that keeps a device in step. It runs in one tab at a time.
//
//                      edit, poke, asked, online, visible, 15 minutes
//        ┌────────┐ ─────────────────────────────────────────────────► ┌────────────┐
//   ───► │  idle  │                                                    │ exchanging │ ◄─┐ there is
//        └────────┘ ◄───────────────────────────────────────────────── └────────────┘ ──┘ more
//                        nothing is left                                 │   │   │
//                                                                        │   │   │ wipe
//        ┌────────┐  it went wrong: longer each time                     │   │   ▼
//        │waiting │ ◄────────────────────────────────────────────────────┘   │ ┌───────┐
//        └────────┘ ──► exchanging: time is up, asked, online, visible       │ │ wiped │
//                                                                            │ └───────┘
//        ┌──────────┐  401                                                   │
//        │ needLogin│ ◄──────────────────────────────────────────────────────┘
//        └──────────┘ ──► exchanging: signed in, asked, 15 minutes
//
// A locked device goes on like an idle one: what it is told is in its health.
// No state waits without a time at which it ends.

import { dataOf, fault, isFault, type Fault, type FaultData } from '../fault.js';
import { readMeta } from '../outbox/meta.js';
import { forgetCursor, type Doubted } from '../replica/replica.js';
import type { Body } from './lines.js';
import { faultOfRound, round, type RoundConfig, type RoundEnd } from './round.js';
import { repair, type Verify } from './verify.js';
import { backOff, overheard, sleep, until, watched } from './wait.js';

/** Where the loop stands. */
export type LoopState = 'stopped' | 'idle' | 'exchanging' | 'waiting' | 'needLogin' | 'wiped';

/** Why the loop should look again. */
export type Reason = 'edit' | 'poke' | 'asked' | 'online' | 'visible' | 'signedIn';

/** What a loop needs. */
export interface LoopConfig extends Omit<RoundConfig, 'verifies' | 'recount' | 'doubted'> {
  /** Without it a device that differs from the server begins anew. */
  verify?: Verify;
  random: () => number;
  /** How long an idle device waits before it asks by itself, in milliseconds. */
  pollMs: number;
  /** How long an answer may stand still, in milliseconds. */
  stallMs: number;
  /** What is told about the loop. */
  tell: {
    state(state: LoopState, last: FaultData | undefined, served: readonly string[]): void;
    /** Something that a person can see changed. */
    changed(): void;
    needLogin(fault: FaultData): void;
    /** Everything was in step, in a run that began after those were asked for. */
    inStep(served: readonly string[]): void;
  };
}

/** A loop. */
export interface Loop {
  /** Runs until the signal, or until the device is wiped. It never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes the loop look again. Who asks may hand in a token, which the run that begins after it names. */
  due(why: Reason, token?: string): void;
  /** Where it stands. */
  state(): LoopState;
}

/** What cuts a wait short. An edit is no reason to ask a server again that has just failed. */
const urgent: Record<'idle' | 'waiting' | 'needLogin', readonly Reason[]> = {
  idle: ['edit', 'poke', 'asked', 'online', 'visible', 'signedIn'],
  waiting: ['asked', 'online', 'visible', 'signedIn'],
  needLogin: ['asked', 'signedIn'],
};

/** Returns a loop. */
export function newLoop(c: LoopConfig): Loop {
  let state: LoopState = 'stopped';
  let last: FaultData | undefined;
  let reasons = new Set<Reason>();
  let wake: (() => void) | undefined;
  let failures = 0;
  let most = c.maxMuts;
  let recount = true; // what is stored has not been summed up since the start
  let reread = true; // what could not be read was not asked for since the start
  const doubted: Doubted = new Set();
  let sent = 0; // mutations in the last push
  let asked = new Set<string>(); // tokens for the next run
  let served: string[] = []; // tokens of the present run

  const enter = (next: LoopState, f?: FaultData): void => {
    if (next === state && f === last) return;
    state = next;
    last = f;
    c.tell.state(state, last, served);
  };

  async function rest(as: 'idle' | 'waiting' | 'needLogin', ms: number, signal: AbortSignal, f?: FaultData): Promise<void> {
    enter(as, f);
    const cuts = (): boolean => urgent[as].some((r) => reasons.has(r));
    if (cuts()) return;
    const woken = new AbortController();
    const stop = (): void => woken.abort();
    signal.addEventListener('abort', stop);
    wake = () => cuts() && woken.abort();
    await sleep(ms, signal.aborted ? signal : woken.signal);
    signal.removeEventListener('abort', stop);
    wake = undefined;
  }

  /** Makes rounds until nothing is left. */
  async function exchange(signal: AbortSignal): Promise<void> {
    // What could not be read may be better by now, or this version reads it.
    if (reread && ((await c.store.read(['meta'], readMeta)).unreadable ?? 0) > 0) await forgetCursor(c.store);
    reread = false;
    for (let idle = 0, anew = 0, repairs = 0; ; ) {
      const end = await oneRound(c, { maxMuts: most, recount, doubted }, (n) => (sent = n), signal);
      if (end.visible) c.tell.changed();
      if (!end.more) {
        recount = false;
        const { doubts } = await c.store.read(['meta'], readMeta);
        if (doubts === 0) break;
        if (++repairs > 3) throw fault('internal', 'device.corrupt', 'The device does not hold what the server says.');
        await putRight(c, doubts, doubted, signal);
        continue;
      }
      idle = end.progress ? 0 : idle + 1;
      anew += end.anew ? 1 : 0;
      if (idle > 2 || anew > 2) throw fault('busy', 'device.torn', 'The server answers and nothing moves.');
      signal.throwIfAborted();
    }
    failures = 0;
    most = c.maxMuts;
    c.tell.inStep(served);
  }

  async function failed(f: Fault, signal: AbortSignal): Promise<void> {
    const data = dataOf(f);
    if (f.code === 'device.locked') {
      c.tell.changed();
      return rest('idle', c.pollMs, signal, data);
    }
    if (f.kind === 'unauthenticated') {
      c.tell.needLogin(data);
      return rest('needLogin', c.pollMs, signal, data);
    }
    if (f.kind === 'too_large' && f.code !== 'client.quota') most = Math.max(1, sent >> 1);
    return rest('waiting', Math.max(backOff(failures++, c.random), f.afterMs ?? 0), signal, data);
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      reasons = new Set();
      served = [...asked];
      asked = new Set();
      enter('exchanging', last);
      try {
        await exchange(signal);
        await rest('idle', c.pollMs, signal);
      } catch (e) {
        if (signal.aborted) break;
        const f = faultOfRound(e);
        if (f === undefined) continue;
        if (f.code === 'device.wiped') {
          enter('wiped', dataOf(f));
          c.tell.changed();
          return;
        }
        await failed(f, signal);
      }
    }
    enter('stopped', last);
  }

  return {
    run,
    due(why, token) {
      if (token !== undefined) asked.add(token);
      if (why === 'online' || why === 'visible' || why === 'asked') failures = 0;
      reasons.add(why);
      wake?.();
    },
    state: () => state,
  };
}

/** Puts right what a checkpoint found wrong: by difference once, and if that does not help, from the beginning. */
async function putRight(c: LoopConfig, doubts: number, doubted: Doubted, signal: AbortSignal): Promise<void> {
  const { verify } = c;
  if (verify === undefined || doubts > 1) return forgetCursor(c.store);
  const stalled = (): Fault => fault('busy', 'client.offline', 'The server stopped answering.');
  await watched(c.stallMs, signal, stalled, (inner, heard) =>
    repair(c.store, async (q, s) => overheard(await until(verify(q, s), inner), inner, heard), doubted, inner),
  ).catch((e: unknown) => {
    if (!isFault(e, 'client.http')) throw e;
    return forgetCursor(c.store); // an older server, that cannot compare
  });
}

/** One round that does not wait for ever. */
function oneRound(c: LoopConfig, now: Pick<RoundConfig, 'maxMuts' | 'recount' | 'doubted'>, sending: (mutations: number) => void, signal: AbortSignal): Promise<RoundEnd> {
  const stalled = (): Fault => fault('busy', 'client.offline', 'The server stopped answering.');
  return watched(c.stallMs, signal, stalled, (inner, heard) => {
    const exchange = async (...args: Parameters<RoundConfig['exchange']>): Promise<Body> => {
      sending(args[0].muts.length);
      return overheard(await until(c.exchange(...args), inner), inner, heard);
    };
    return round({ ...c, ...now, verifies: c.verify !== undefined, exchange }, inner).catch((e: unknown) => {
      throw isFault(e, 'device.torn') && inner.aborted ? inner.reason : e;
    });
  });
}
