// One exchange: what waits goes out, what changed comes in.

import { fault, faultOf } from '../fault.js';
import type { Store } from '../kv/store.js';
import { readMeta, writeMeta, type Meta } from '../outbox/meta.js';
import { fork, limits, readOutbox, rebase, settle, sizeOf, type Entry } from '../outbox/outbox.js';
import { version, type ExchangeRequest, type Line, type PushReply } from '../outbox/wire.js';
import { forgetCursor, overtaken, receive, wipe, type Doubted, type Incoming } from '../replica/replica.js';
import type { Exchange } from './http.js';
import { fixOf, lines, parse, torn } from './lines.js';

/** What a round needs. */
export interface RoundConfig {
  store: Store;
  exchange: Exchange;
  now: () => number;
  app?: string;
  /** Hands in the receipt that the device destroyed what it held. */
  wiped?: (device: string, signal: AbortSignal) => Promise<void>;
  /** Mutations in one push. */
  maxMuts: number;
  /** Whether the device can compare itself with the server: see verify.ts. */
  verifies: boolean;
  /** Whether the digest is to be counted anew at the checkpoint, rather than carried on. */
  recount: boolean;
  /** Bodies that did not match once. */
  doubted: Doubted;
  /** Bytes wanted in one pull; absent leaves it to the server. */
  maxBytes?: number;
}

/** How a round ended. */
export interface RoundEnd {
  /** There is more to send or to fetch. */
  more: boolean;
  /** Something became durable: a round that makes none must not be repeated at once. */
  progress: boolean;
  /** Something that a person can see changed. */
  visible: boolean;
  /** The device had to begin again with another id or without its cursor: once is a restored backup, twice is a server that cannot be pleased. */
  anew: boolean;
}

/**
 * Makes one exchange. Whatever goes wrong on the way, what was reached is kept,
 * and the next round goes on from there. The faults are the transport's and the
 * store's, `device.torn`, `device.deferred`, `device.locked`, `device.wiped`,
 * and what the server refuses a pull with.
 */
export async function round(c: RoundConfig, signal: AbortSignal): Promise<RoundEnd> {
  const { meta, waiting } = await c.store.read(['meta', 'outbox'], async (tx) => ({
    meta: await readMeta(tx),
    waiting: (await readOutbox(tx)).filter((e) => e.result === undefined),
  }));
  if (meta.state === 'wipe' && waiting.length === 0) throw await wiped(c, signal);
  const muts = batch(waiting, c.maxMuts);
  const sent = c.now();
  const answer = lines(await c.exchange(request(c, meta, waiting, muts), signal));
  try {
    const first = await answer.next();
    if (first.done === true) throw torn('There is no answer.');
    const reply = readReply(first.value);
    const answered = (waiting[0]?.mid ?? meta.nextMid) - 1;
    const end = await keepReply(c, meta, reply, sent, answered, muts.at(-1)?.mid ?? answered);
    const cmd = reply.cmd ?? [];
    if (cmd.length > 0) return await obey(c, cmd.map((k) => k.k), end, muts.length, signal);
    if (meta.state === 'wipe') throw await wiped(c, signal);
    const pull = await pullIn(c, meta, answer);
    if (reply.err === 'defer') {
      throw fault('busy', 'device.deferred', 'The server cannot take the changes now; they wait on the device.', {
        afterMs: (reply.after_s ?? 30) * 1000,
      });
    }
    return {
      more: !pull.whole || muts.length < waiting.length || reply.err !== undefined || end.anew,
      progress: end.progress || pull.progress,
      visible: end.visible || pull.whole,
      anew: end.anew || pull.anew,
    };
  } finally {
    await answer.return();
  }
}

/** Ends a wiped device, with a receipt for the server. What it cannot take for good is no reason to ask again. */
async function wiped(c: RoundConfig, signal: AbortSignal): Promise<Error> {
  const { device, receipt } = await c.store.read(['meta'], readMeta);
  if (!receipt && c.wiped !== undefined) {
    await c.wiped(device, signal).catch((e: unknown) => {
      const { kind, code } = faultOf(e);
      if (code !== 'client.http' && kind !== 'not_found' && kind !== 'conflict') throw e;
    });
    await c.store.write(['meta'], async (tx) => writeMeta(tx, { ...(await readMeta(tx)), receipt: true }));
  }
  return fault('forbidden', 'device.wiped', 'This device was wiped by its administrator.');
}

/** As many as fit and speak of numbers of one epoch, without parting a group. */
function batch(waiting: readonly Entry[], max: number): Entry[] {
  let n = 0;
  let bytes = 0;
  while (n < waiting.length && waiting[n]?.epoch === waiting[0]?.epoch) {
    let end = n + 1;
    const tx = waiting[n]?.tx;
    while (tx !== undefined && waiting[end]?.tx === tx) end++;
    const size = sizeOf(waiting.slice(n, end));
    if (n > 0 && (end > max || bytes + size > limits.bytes)) break;
    n = end;
    bytes += size;
  }
  return waiting.slice(0, n);
}

function request(c: RoundConfig, m: Meta, waiting: readonly Entry[], muts: readonly Entry[]): ExchangeRequest {
  const cur = m.page === '' ? m.cursor : m.page;
  const oldest = waiting[0]?.at;
  // Of what the mutations were made in: the server may have been restored since.
  const epoch = muts[0]?.epoch ?? m.epoch;
  return {
    v: version,
    did: m.device,
    ...(epoch !== '' && { epoch }),
    ...(c.app !== undefined && { app: c.app }),
    clock: { wall: new Date(c.now()).toISOString(), mono_ms: Math.round(performance.now()), off_ms: m.offMs },
    unacked: { n: waiting.length, ...(oldest !== undefined && { oldest }) },
    muts: muts.map((e) => e.mutation),
    pull: {
      v: version,
      did: m.device,
      dig: true,
      ...(c.verifies && { soft: true }),
      ...(cur !== '' && { cur }),
      ...(c.maxBytes !== undefined && { max_bytes: c.maxBytes }),
    },
  };
}

function readReply(line: string): PushReply {
  const reply = parse(line) as Partial<PushReply>;
  if (reply.t !== 'push') throw torn('The first line is no push reply.');
  return reply as PushReply;
}

type Kept = Pick<RoundEnd, 'progress' | 'visible' | 'anew'>;

/** Keeps how the mutations ended, and does what the server says about the rest. Answered is the last mutation that had its end when it was asked, pushed the last that was sent. */
async function keepReply(c: RoundConfig, asked: Meta, reply: PushReply, sent: number, answered: number, pushed: number): Promise<Kept> {
  const took = c.now() - sent;
  const theirs = Date.parse(reply.now);
  const forked = reply.err === 'fork' ? (reply.mid ?? 0) : Infinity;
  // From where another history begins, a number is another change's. What was
  // not sent can have no end: one that comes all the same is of such a history.
  const results = (reply.res ?? []).filter((r) => r.mid < forked && r.mid <= pushed);
  const settled = await c.store.write(['meta', 'outbox'], async (tx) => {
    const m = await readMeta(tx);
    if (m.device !== asked.device) throw overtaken;
    m.want = reply.want ?? [];
    // Ten seconds on the way say nothing about a clock.
    if (took >= 0 && took < 10_000 && !Number.isNaN(theirs)) m.offMs = Math.round(theirs - (sent + took / 2));
    if (m.state === 'lock' && (reply.cmd ?? []).length === 0) m.state = '';
    writeMeta(tx, m);
    if (m.epoch !== '' && m.epoch !== reply.epoch) await rebase(tx, reply.lmid);
    return settle(tx, results);
  });
  // A server that was restored from a backup has forgotten what it had answered:
  // under the old id nothing would pass any more.
  const forgot = reply.err === 'gap' || ((reply.err ?? 'defer') === 'defer' && reply.lmid < answered);
  const anew = forgot || reply.err === 'fork';
  if (anew) await fork(c.store, forgot ? reply.lmid + 1 : undefined);
  return { progress: settled > 0 || anew, visible: settled > 0 || anew, anew };
}

/** Does what a device must that may no longer work. */
async function obey(
  c: RoundConfig,
  commands: readonly string[],
  end: Kept,
  sent: number,
  signal: AbortSignal,
): Promise<RoundEnd> {
  if (commands.includes('wipe')) {
    await wipe(c.store);
    // What waits is still handed in: the server keeps it for whoever asks.
    const left = await c.store.read(['outbox'], (tx) => tx.count('outbox'));
    if (left === 0 || sent === 0 || !end.progress) throw await wiped(c, signal);
    return { more: true, progress: true, visible: true, anew: end.anew };
  }
  if (!commands.includes('lock')) return { more: false, ...end };
  await c.store.write(['meta'], async (tx) => writeMeta(tx, { ...(await readMeta(tx)), state: 'lock' }));
  const left = await c.store.read(['outbox'], async (tx) => (await readOutbox(tx)).some((e) => e.result === undefined));
  if (left && end.progress) return { more: true, progress: true, visible: true, anew: end.anew };
  throw fault('forbidden', 'device.locked', 'This device is locked. What waits on it was handed in.');
}

/** Takes in a pull; whole says that it reached its checkpoint. */
async function pullIn(c: RoundConfig, asked: Meta, answer: AsyncGenerator<string, void, void>): Promise<{ whole: boolean; progress: boolean; anew: boolean }> {
  // After a fork the pull goes on: what is shown does not hang on the device's id.
  const meta = await c.store.read(['meta'], readMeta);
  const incoming = receive(c.store, { ...meta, page: asked.page, generation: asked.generation }, c.recount, c.doubted);
  const state = { open: false, paused: false, progress: false };
  try {
    for (;;) {
      const next = await answer.next();
      if (next.done === true) {
        // A full answer ends with a resume point, and there is more to ask for.
        if (state.paused) return { whole: false, progress: state.progress, anew: false };
        throw torn('The answer ends before its checkpoint.');
      }
      const whole = await take(c, incoming, state, next.value, asked);
      if (whole) return { whole: true, progress: true, anew: false };
    }
  } catch (e) {
    if (e === overtaken || e === stale) return { whole: false, progress: true, anew: e === stale };
    throw e;
  }
}

/** Thrown when the cursor was refused and forgotten: the next round asks for everything. */
const stale = Symbol('stale');

/** Takes one line in, and reports whether it was the checkpoint. */
async function take(
  c: RoundConfig,
  incoming: Incoming,
  state: { open: boolean; paused: boolean; progress: boolean },
  text: string,
  asked: Meta,
): Promise<boolean> {
  const line = parse(text) as Line;
  if (line.t !== 'hi' && line.t !== 'err' && !state.open) throw torn('The pull does not begin with hi.');
  state.paused = false;
  switch (line.t) {
    case 'hi':
      state.open = true;
      // After a soft reset nothing is forgotten: what is held too much is found by comparing.
      incoming.open(line.epoch, line.sc ?? [], (line.reset ?? '') !== '' && line.reset !== 'soft');
      return false;
    case 'p':
    case 'x':
      incoming.stage(await fixOf(line, text));
      return false;
    case 'drop':
      incoming.stage(line);
      return false;
    case 'pg':
      await incoming.page(line.cur);
      state.progress ||= line.cur !== asked.page;
      state.paused = true;
      return false;
    case 'cp':
      await incoming.checkpoint(line.seq, line.cur, c.now(), line.dig ?? undefined);
      return true;
    case 'err':
      throw await refused(c, line, asked);
    default:
      return false; // of a later version
  }
}

/** A pull that the server would not give. A cursor that is not its own any more is forgotten. */
async function refused(c: RoundConfig, line: { code: string; msg: string }, asked: Meta): Promise<unknown> {
  if (line.code === 'sync.cursor' && (asked.cursor !== '' || asked.page !== '')) {
    await forgetCursor(c.store);
    return stale;
  }
  return fault('busy', line.code, line.msg);
}

/** The fault of a round, or undefined when another tab merely went on in its place. */
export function faultOfRound(e: unknown): ReturnType<typeof faultOf> | undefined {
  return e === overtaken ? undefined : faultOf(e);
}
