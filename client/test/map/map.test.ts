// The server's tiles as a map draws them: MapLibre in headless Chromium. With
// PICTURES=folder the pictures stay there, to be looked at.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Map as MapLibre } from 'maplibre-gl';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startServer, type Person, type Server } from '../server/real.js';
import { colours, startPage, type Page as Site } from './page.js';

type Place = [lon: number, lat: number];

interface MapWindow extends Window {
  map: MapLibre;
  token: string;
  failed: string[];
  ready?: true;
  draw: (center: Place, zoom: number) => Promise<void>;
  pixel: (at: Place) => number[];
}

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', // WebGL without a graphics card
];

const started = existsSync(executablePath) ? await startServer() : { missing: `there is no ${executablePath}; CHROMIUM may name another` };
if ('missing' in started) {
  if ((process.env.CHROMIUM_REQUIRED ?? '') !== '') throw new Error(`CHROMIUM_REQUIRED is set, and ${started.missing}`);
  console.warn(`skipped: ${started.missing}`);
}

describe.skipIf('missing' in started)('the map in a browser', () => {
  const server = started as Server;
  let site: Site;
  let chrome: Browser;
  let page: Page;
  let anna: Person;
  let cit: Person;
  const east: string[] = [];

  beforeAll(async () => {
    site = await startPage(server.url);
    chrome = await chromium.launch({ executablePath, args: flags, headless: true });
    page = await chrome.newPage({ viewport: { width: 800, height: 600 } });
    await page.goto(site.url);
    await page.waitForFunction(() => (window as unknown as MapWindow).ready === true);
    anna = await server.person('anna', 'l1_operator');
    cit = await server.person('cit');
    const report = (lon: number, lat: number, more = {}): Promise<{ id: string }> =>
      server.ask('POST', '/api/mobile/v1/reports', { title: 'Buca', objectType: 'pothole', lon, lat, ...more }, cit);
    for (let i = 0; i < 25; i++) await report(10.5 + (i % 5) / 1000, 45.5 + Math.floor(i / 5) / 1000);
    for (let i = 0; i < 3; i++) east.push((await report(11.7 + i / 100, 45.2, { consentPublish: false })).id);
  });
  afterAll(async () => {
    await chrome.close();
    await site.stop();
    await server.stop();
  });

  /** Runs something in the page. What it throws has the page in its stack, which vitest takes for a file. */
  async function run<A, R>(fn: (arg: A) => R, arg: A): Promise<Awaited<R>> {
    try {
      return (await page.evaluate(fn as (arg: unknown) => R, arg)) as Awaited<R>;
    } catch (e) {
      const said = new Error(`in the page: ${(e as Error).message.split('\n')[0] ?? ''}`);
      delete said.stack;
      throw said;
    }
  }

  async function draw(name: string, who: Person | undefined, center: Place, zoom: number): Promise<void> {
    await run(
      ([token, center, zoom]) => {
        const w = window as unknown as MapWindow;
        w.token = token;
        return w.draw(center, zoom);
      },
      [who?.token ?? '', center, zoom] as const,
    );
    expect(await run(() => (window as unknown as MapWindow).failed, 0)).toEqual([]);
    const folder = process.env.PICTURES ?? '';
    if (folder !== '') await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  const pixel = (at: Place): Promise<number[]> => run((at) => (window as unknown as MapWindow).pixel(at), at);

  /** The features drawn of a layer, each once. */
  const drawn = (layer: string): Promise<Record<string, unknown>[]> =>
    run((layer) => (window as unknown as MapWindow).map.queryRenderedFeatures({ layers: [layer] }).map((f) => f.properties as Record<string, unknown>), layer);

  /** The pixel is that colour, but for rounding. */
  async function expectColour(at: Place, colour: readonly number[]): Promise<void> {
    const got = await pixel(at);
    expect(Math.max(...got.map((v, i) => Math.abs(v - (colour[i] ?? 0)))), `${at.join(', ')} is ${got.join(' ')}, want ${colour.join(' ')}`).toBeLessThanOrEqual(3);
  }

  test('far out: areas, borders and cells', async () => {
    await draw('far', anna, [11, 45.5], 7.3);
    await expectColour([10.2, 45.8], colours.West);
    await expectColour([11.8, 45.8], colours.East);
    await expectColour([9.5, 45.5], colours.ground);
    await expectColour([12.3, 45.5], colours.ground);
    for (const at of [[11, 45.8], [11, 45.2], [10, 45.6], [12, 45.4], [10.3, 46], [11.6, 45]] as Place[]) await expectColour(at, colours.border);
    await expectColour([10.502, 45.502], colours.cell);
    await expectColour([11.71, 45.2], colours.cell);
    const cells = await drawn('cells');
    expect(cells.reduce((sum, c) => sum + Number(c.count), 0)).toBe(28);
    expect(cells.reduce((sum, c) => sum + Number(c.registered ?? 0), 0)).toBe(28);
    expect(cells.reduce((sum, c) => sum + Number(c.priority3 ?? 0), 0)).toBe(28);
  });

  test('near: every report where it is', async () => {
    await draw('near', anna, [10.502, 45.502], 15);
    for (let i = 0; i < 25; i++) await expectColour([10.5 + (i % 5) / 1000, 45.5 + Math.floor(i / 5) / 1000], colours.report);
    await expectColour([10.5025, 45.5025], colours.West);
    const reports = await drawn('reports');
    expect(new Set(reports.map((r) => r.id)).size).toBe(25);
    expect(reports[0]).toMatchObject({ state: 'registered', phase: 'analysis', priority: 3 });
  });

  test('closer than the closest tiles, the reports stay where they are', async () => {
    await draw('close', anna, [10.502, 45.502], 19.5);
    await expectColour([10.502, 45.502], colours.report);
    expect(await drawn('reports')).toHaveLength(1);
  });

  test('a passer-by sees what everybody may know', async () => {
    await draw('public', undefined, [11, 45.5], 7.3);
    await expectColour([10.502, 45.502], colours.cell);
    await expectColour([11.71, 45.2], colours.East);
    const cells = await drawn('cells');
    expect(cells.reduce((sum, c) => sum + Number(c.analysis), 0)).toBe(25);
    expect(cells.some((c) => 'registered' in c || 'priority3' in c)).toBe(false);
  });

  test('a change is drawn when the map asks again', async () => {
    await draw('before', anna, [11.71, 45.2], 14);
    expect((await drawn('reports')).map((r) => r.state)).toEqual(['registered', 'registered', 'registered']);
    await server.call(anna, 'report.take', east[0] ?? '');
    await run(() => (window as unknown as MapWindow).map.refreshTiles('reports'), 0);
    await vi.waitFor(async () => expect((await drawn('reports')).map((r) => r.state).sort()).toEqual(['in_analysis', 'registered', 'registered']), { timeout: 20_000, interval: 100 });
  });
});
