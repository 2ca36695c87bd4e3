import { describe, expect, test } from 'vitest';

import { fault } from '../src/fault.js';
import { type Config, type FaultData } from '../src/index.js';
import { A, device, eventually, faultOf, pass, shows, soon, stopTime } from './device.js';
import { fakeServer, offline, pieces } from './fake.js';

describe('the loop', () => {
  test('asks for a new login, keeps what waits, and goes on after it', async () => {
    const s = fakeServer();
    const asked: FaultData[] = [];
    const c = await device(s, { onNeedLogin: (f) => asked.push(f) });
    await c.sync();
    s.before = () => {
      throw fault('unauthenticated', 'api.sign_in', 'Prima accedi.');
    };
    await c.submit({ title: 'kept' });
    await soon(async () => expect((await c.health()).loop).toBe('needLogin'));
    expect(asked).toEqual([{ kind: 'unauthenticated', code: 'api.sign_in', message: 'Prima accedi.' }]);
    expect((await c.health()).waiting).toBe(1);
    s.before = () => undefined;
    c.signedIn();
    await soon(async () => expect((await c.health()).waiting).toBe(0));
  });

  test('backs off, and an edit does not hurry it', async () => {
    stopTime();
    const s = fakeServer();
    s.before = offline;
    // False minutes pass within true milliseconds: nothing must count as standing still.
    const c = await device(s, { random: () => 1, stallMs: 1e9 });
    await pass(0);
    await eventually(async () => expect((await c.health()).loop).toBe('waiting'));
    for (let n = 0; n < 20; n++) await c.submit({ title: `${n}` });
    await pass(15_500); // 1 + 2 + 4 + 8 seconds
    expect(s.requests).toHaveLength(5);
    await pass(3_600_000);
    expect(s.requests.length).toBeLessThan(30);
    s.before = () => undefined;
    await pass(300_000);
    await eventually(async () => expect((await c.health()).waiting).toBe(0));
  });

  test('asks by itself every fifteen minutes', async () => {
    stopTime();
    const s = fakeServer();
    await device(s, { stallMs: 1e9 });
    await pass(60 * 60_000 + 1000);
    await eventually(async () => expect(s.requests).toHaveLength(5));
  });

  test('does not wait for an answer that stands still', async () => {
    stopTime();
    const s = fakeServer();
    let hang = true;
    const exchange: Config['exchange'] = async (r, signal) => {
      if (!hang) return s.exchange(r, signal);
      return (async function* () {
        yield* pieces('{"t":"push"');
        await new Promise(() => undefined);
      })();
    };
    const c = await device(s, { exchange, stallMs: 1000 });
    await pass(1100);
    await eventually(async () => expect(await c.health()).toMatchObject({ loop: 'waiting', last: { code: 'client.offline' } }));
    hang = false;
    await eventually(async () => {
      await pass(100);
      expect((await c.health()).loop).toBe('idle');
    });
  });

  test('sends less when that is too much', async () => {
    const s = fakeServer();
    s.before = offline;
    const c = await device(s);
    for (let n = 0; n < 40; n++) await c.submit({ title: `${n}` });
    s.before = (r) => {
      if (r.muts.length > 12) throw fault('too_large', 'sync.too_large', 'Too much.');
    };
    for (let i = 0; i < 10 && (await c.health()).waiting > 0; i++) await faultOf(c.sync());
    expect(s.effects).toHaveLength(40);
  });

  test('does not ask in a ring a server with which nothing moves', async () => {
    const s = fakeServer();
    s.put('reports', A, { state: 'assigned' });
    const c = await device(s);
    await c.sync();
    s.wire = (t) => `${t.split('\n')[0]}\n${t.split('\n')[1]}\n{"t":"pg","cur":"same","n":0}\n`;
    const before = s.requests.length;
    expect(await faultOf(c.sync())).toBe('device.torn');
    expect(s.requests.length - before).toBeLessThan(8);
  });

  test('listens, and pulls when it is poked', async () => {
    const s = fakeServer();
    let poke: (() => void) | undefined;
    const from: { device: string; after: number }[] = [];
    const c = await device(s, {
      stream: async (f, signal) => {
        from.push(f);
        return (async function* () {
          for (;;) {
            await new Promise<void>((resolve, reject) => {
              poke = resolve;
              signal.addEventListener('abort', () => reject(signal.reason));
            });
            yield new TextEncoder().encode('id: 9\nevent: poke\ndata: {"seq":9,"p":1}\n\n');
          }
        })();
      },
    });
    await c.sync();
    s.put('reports', A, { state: 'assigned' });
    await soon(() => expect(poke).toBeDefined());
    poke?.();
    await soon(async () => expect(await shows(c)).toHaveLength(1));
    expect(from[0]).toMatchObject({ device: await c.device() });
  });
});
