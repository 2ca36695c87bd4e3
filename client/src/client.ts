import { fault, isFault, type FaultData } from './fault.js';
import type { CallArgs, CallName, Role } from './gen/calls.js';
import type { AnyRow, Collection } from './gen/rows.js';
import { readHealth, type Health } from './health.js';
import type { Store } from './kv/store.js';
import { takePart, type Part } from './lead.js';
import { newId } from './outbox/chain.js';
import { beDevice, readMeta } from './outbox/meta.js';
import { append, dismiss, limits, readOutbox, refused, type Draft, type Entry } from './outbox/outbox.js';
import type { Json } from './outbox/wire.js';
import { viewAll, viewOne, type View } from './replica/view.js';
import type { Exchange, Stream } from './sync/http.js';
import type { Verify } from './sync/verify.js';
import { alone, broadcast, nobody, webLocks, type Channel, type Locker } from './sync/tabs.js';

/** What a client is made of. One store is one device of one person: another person gets another store. */
export interface Config {
  /** Names the locks and the channel that the tabs over the same store share; give it the store's name. */
  name: string;
  store: Store;
  exchange: Exchange;
  /** Without it a device that differs from the server begins anew, rather than by difference. */
  verify?: Verify;
  /** Hands in the receipt that the device destroyed what it held; without it nobody is told. */
  wiped?: (device: string, signal: AbortSignal) => Promise<void>;
  /** Without it the device asks by itself every `pollMs`. */
  stream?: Stream;
  /** The person's roles, to foresee what a call does without a network; the last ones when not given. */
  roles?: Role[];
  /** The version of the app, for whoever looks after the devices. */
  app?: string;
  /** The session has ended: everything is kept, and goes on after `signedIn`. */
  onNeedLogin?: (fault: FaultData) => void;
  /** How long an idle device waits before it asks by itself, in milliseconds; 15 minutes. */
  pollMs?: number;
  /** How long an answer may stand still, in milliseconds; one minute. */
  stallMs?: number;
  /** How long the stream may be silent, in milliseconds; one minute, and never below 25 s. */
  silenceMs?: number;
  /** Bytes wanted in one pull; absent leaves it to the server. */
  maxBytes?: number;
  /** Which tab leads; Web Locks where a browser has them. Without, every tab leads: the store stays right, and the server hears from each. */
  locks?: Locker;
  /** The way between tabs; BroadcastChannel where a browser has it. */
  channel?: Channel;
  now?: () => number;
  random?: () => number;
}

/** A call that is to stand or fall with others. */
export type AnyCall = { [N in CallName]: { name: N; report: string; args: CallArgs[N] } }[CallName];

/** A photo whose bytes are on the device: the server and dispatch learn that it exists. */
export interface Announcement {
  /** Its id, 15 characters of a-z0-9; made when not given. */
  id?: string;
  report: string;
  kind: 'before' | 'after' | 'doc';
  /** Of the bytes, in 64 characters of hex. */
  sha256: string;
  /** In bytes. */
  size: number;
  type: 'image/jpeg' | 'image/png';
  /** RFC 3339. */
  takenAt?: string;
}

/** Where the device was, in degrees, WGS84; and the refused mutation this one puts right. */
export interface More {
  at?: { lon: number; lat: number };
  supersedes?: number;
}

/** A device in step with a server, whenever there is one to reach. */
export interface Client {
  /** The device's id. It changes when the server knows another history under it. */
  device(): Promise<string>;
  /** Queues a call on a report and returns its number. What it does is seen at once. */
  call<N extends CallName>(name: N, report: string, args: CallArgs[N], more?: More): Promise<number>;
  /** Queues a new report and returns its id. */
  submit(args: CallArgs['report.submit'], more?: More): Promise<string>;
  /** Queues the announcement of a photo and returns its id. */
  announce(photo: Announcement): Promise<string>;
  /**
   * Queues a change of plain fields, which have no life of their own, with what
   * the person saw: the server merges it field by field with what others
   * changed meanwhile, and what it could not keep is in `merges`.
   */
  patch<C extends Collection>(coll: C, id: string, fields: Partial<AnyRow[C]>): Promise<number>;
  /** Queues members to add to a field that is a set, and to take out of it. */
  members(coll: Collection, id: string, field: string, change: { add?: Json[]; remove?: Json[] }): Promise<number>;
  /** Queues calls that stand or fall together. */
  group(calls: readonly AnyCall[]): Promise<number[]>;
  /** Returns a record as the person sees it: the last checkpoint with what waits on top. */
  get<C extends Collection>(coll: C, id: string): Promise<View<C> | undefined>;
  /** Returns the records of a collection as the person sees them, by id. */
  list<C extends Collection>(coll: C): Promise<View<C>[]>;
  /** Returns what the server has not answered, oldest first. */
  waiting(): Promise<Entry[]>;
  /** Returns what the server refused, oldest first: each stays until `dismiss` or `correct`. */
  attention(): Promise<Entry[]>;
  /** Returns what took effect otherwise than it was meant, oldest first: each stays until `dismiss`. */
  merges(): Promise<Entry[]>;
  /** Takes a refusal or a merge off its list. */
  dismiss(mid: number): Promise<void>;
  /** Queues a refused call again with other arguments, and takes the refusal off the list. */
  correct(mid: number, args: Json): Promise<number>;
  /** Returns how well the device is in step. */
  health(): Promise<Health>;
  /** Has fn called whenever records, lists or health may be other than they were; it returns how to stop. What fn was still reading when the device is closed is nobody's failure. */
  onChange(fn: () => unknown): () => void;
  /** Brings the device in step now. It rejects with the fault of the first attempt that fails; the loop goes on. */
  sync(signal?: AbortSignal): Promise<void>;
  /** Says that there is a new token. */
  signedIn(): void;
  /** Asks the browser not to evict the store, and returns what it says. Some ask the person. */
  persist(): Promise<boolean>;
  /** Stops, and closes the store. What waits stays in it. */
  close(): Promise<void>;
}

/** Opens a device over its store and keeps it in step until `close`. */
export async function open(config: Config): Promise<Client> {
  const { store } = config;
  await beDevice(store, config.roles);
  const now = config.now ?? Date.now;
  const listeners = new Set<() => unknown>();
  let persisted: boolean | undefined;
  const closing = new AbortController();
  const changed = (): void => {
    for (const fn of [...listeners]) tell(fn);
  };
  // Node has the same names, but no tabs over one store.
  const browser = typeof indexedDB !== 'undefined' && typeof navigator !== 'undefined';
  const part = takePart({
    store,
    exchange: config.exchange,
    now,
    random: config.random ?? Math.random,
    maxMuts: limits.mutations,
    pollMs: config.pollMs ?? 900_000,
    stallMs: config.stallMs ?? 60_000,
    silenceMs: config.silenceMs ?? 60_000,
    locks: config.locks ?? (browser && navigator.locks !== undefined ? webLocks(`sestante ${config.name}`) : alone),
    channel: config.channel ?? (browser && typeof BroadcastChannel !== 'undefined' ? broadcast(`sestante ${config.name}`) : nobody()),
    onNeedLogin: (f) => tell(() => config.onNeedLogin?.(f)),
    onChange: changed,
    ...(config.verify !== undefined && { verify: config.verify }),
    ...(config.wiped !== undefined && { wiped: config.wiped }),
    ...(config.stream !== undefined && { stream: config.stream }),
    ...(config.app !== undefined && { app: config.app }),
    ...(config.maxBytes !== undefined && { maxBytes: config.maxBytes }),
  });

  async function queue(drafts: Draft[]): Promise<number[]> {
    if (drafts.length === 0) return [];
    const mids = await append(store, now, drafts);
    part.changed();
    part.due('edit');
    return mids;
  }

  const client: Client = {
    device: async () => (await store.read(['meta'], readMeta)).device,
    call: async (name, report, args, more) => first(await queue([draftOf({ name, report, args } as AnyCall, more)])),
    async submit(args, more) {
      const id = newId();
      await queue([draftOf({ name: 'report.submit', report: id, args }, more)]);
      return id;
    },
    async announce({ id = newId(), ...photo }) {
      const set: NonNullable<Draft['set']> = {};
      for (const [name, value] of Object.entries(photo)) if (value !== undefined) set[name] = { t: value };
      await queue([{ op: 'create', c: 'media', id, set }]);
      return id;
    },
    async patch(coll, id, fields) {
      const seen = ((await client.get(coll, id))?.row ?? {}) as Record<string, Json | undefined>;
      const set: NonNullable<Draft['set']> = {};
      for (const [name, value] of Object.entries(fields as Record<string, Json | undefined>)) {
        const from = seen[name];
        if (value !== undefined) set[name] = { ...(from !== undefined && { f: from }), t: value };
      }
      if (Object.keys(set).length === 0) throw fault('invalid', 'client.args', 'There is nothing to change.', { field: 'fields' });
      return first(await queue([{ op: 'patch', c: coll, id, set }]));
    },
    members: async (coll, id, field, { add = [], remove = [] }) =>
      first(await queue([{ op: 'sets', c: coll, id, f: field, ...(add.length > 0 && { add }), ...(remove.length > 0 && { rem: remove }) }])),
    group: (calls) => queue(calls.map((c) => draftOf(c))),
    get: (coll, id) => store.read(['meta', 'base', 'outbox'], (tx) => viewOne(tx, coll, id)),
    list: (coll) => store.read(['meta', 'base', 'outbox'], (tx) => viewAll(tx, coll)),
    waiting: () => outbox(store, (e) => e.result === undefined),
    attention: () => outbox(store, refused),
    merges: () =>
      store.read(['outbox', 'merges'], async (tx) => [
        ...(await tx.all<Entry>('merges')),
        ...(await readOutbox(tx)).filter((e) => e.result?.st === 'merged'),
      ]),
    async dismiss(mid) {
      await dismiss(store, mid);
      part.changed();
    },
    async correct(mid, args) {
      const old = (await client.attention()).find((e) => e.mid === mid);
      if (old === undefined) throw fault('not_found', 'client.args', 'There is no such refusal.', { field: 'mid' });
      const { op, id, c, name, pos } = old.mutation;
      const draft: Draft = { op, id, args, ...(c && { c }), ...(name && { name }), ...(pos && { pos }), ...supersedes(old) };
      const next = first(await queue([draft]));
      await client.dismiss(mid);
      return next;
    },
    health: () => readHealth(store, { ...part.now(), persisted }),
    onChange(fn) {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    sync: (signal) => inStep(part, signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])),
    signedIn: () => part.due('signedIn'),
    async persist() {
      const storage = globalThis.navigator?.storage;
      persisted = storage !== undefined && ((await storage.persisted()) || (await storage.persist()));
      changed();
      return persisted;
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort(fault('invalid', 'client.closed', 'The client is closed.'));
      await part.stop();
      listeners.clear();
      await store.close();
    },
  };
  return client;
}

/** Calls what the app gave us. What it throws is the app's own, a rejection that nobody handles, and stops nothing here. */
function tell(fn: () => unknown): void {
  void (async () => fn())().catch((e: unknown) => {
    if (!isFault(e, 'client.closed')) throw e;
  });
}

function draftOf(call: AnyCall, more: More = {}): Draft {
  return {
    op: 'call',
    c: 'reports',
    id: call.report,
    name: call.name,
    args: call.args as unknown as Json,
    ...(more.at !== undefined && { pos: more.at }),
    ...(more.supersedes !== undefined && { supersedes: more.supersedes }),
  };
}

/** Names a refusal as the server knows it: after a fork under the device's former id. */
function supersedes({ mid, was }: Entry): Pick<Draft, 'supersedes' | 'of'> {
  return was === undefined ? { supersedes: mid } : { supersedes: was.mid, of: was.did };
}

function first(mids: readonly number[]): number {
  return mids[0] as number;
}

function outbox(store: Store, keep: (e: Entry) => boolean): Promise<Entry[]> {
  return store.read(['outbox'], async (tx) => (await readOutbox(tx)).filter(keep));
}

/** Waits for a run of exchanges that began from now on, in whichever tab. */
function inStep(part: Part, signal: AbortSignal): Promise<void> {
  const token = newId();
  return new Promise((resolve, reject) => {
    const end = (fn: () => void): void => {
      unhear();
      signal.removeEventListener('abort', aborted);
      fn();
    };
    const aborted = (): void => end(() => reject(signal.reason));
    const unhear = part.hear((m) => {
      if (m.k === 'inStep') {
        if (m.served.includes(token)) end(resolve);
        return;
      }
      if (m.state === 'exchanging') return;
      const { last } = m;
      // A run that knows nothing of us has ended; who leads may have changed.
      if (m.state !== 'wiped' && !m.served.includes(token)) part.due('asked', token);
      else if (last !== undefined) end(() => reject(fault(last.kind, last.code, last.message)));
    });
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    const { loop, last } = part.now();
    if (loop === 'wiped' && last !== undefined) return end(() => reject(fault(last.kind, last.code, last.message)));
    part.due('asked', token);
  });
}
