// A page on localhost that holds the library as tsc writes it, and passes the
// API on to the real server: slower, or not at all, as a test wishes.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('../../', import.meta.url));

export interface Site {
  url: string;
  /** The API cannot be reached. */
  down: boolean;
  /** So many answers to exchanges are lost after the server did what was asked. */
  lose: number;
  /** Exchanges that reached the server. */
  exchanges: number;
  stop(): Promise<void>;
}

const page = `<!doctype html><meta charset="utf-8"><title>client</title>
<script type="module">
import * as lib from '/lib/index.js';
import * as conformance from '/lib/kv/conformance.js';
Object.assign(window, { lib, conformance });
await navigator.serviceWorker.register('/worker.js');
await navigator.serviceWorker.ready;
const cache = await caches.open('shell');
const loaded = performance.getEntriesByType('resource').map((e) => e.name).filter((name) => name.includes('/lib/'));
if (navigator.onLine) await cache.addAll(['/', ...loaded]);
window.ready = true;
</script>`;

// The shell without a network, so that a reload finds it.
const worker = `
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (e) => {
  if (new URL(e.request.url).pathname.startsWith('/api/')) return;
  e.respondWith((async () => {
    try {
      return await fetch(e.request);
    } catch {
      return (await caches.match(e.request)) ?? Response.error();
    }
  })());
});`;

export async function startSite(api: string): Promise<Site> {
  const lib = mkdtempSync(join(tmpdir(), 'sestante-lib-'));
  const built = spawnSync(process.execPath, [join(client, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.browser.json', '--outDir', lib], { cwd: client, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the library cannot be built: ${built.stdout}`);

  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/api/')) return pass(req, res);
    if (path === '/') return send(res, 'text/html', page);
    if (path === '/worker.js') return send(res, 'text/javascript', worker);
    if (!/^\/lib\/[a-z/]+\.js$/.test(path)) return void res.writeHead(404).end();
    try {
      send(res, 'text/javascript', readFileSync(join(lib, path.slice('/lib/'.length))));
    } catch {
      res.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const site: Site = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    down: false,
    lose: 0,
    exchanges: 0,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(lib, { recursive: true, force: true });
    },
  };

  function pass(req: IncomingMessage, res: ServerResponse): void {
    if (site.down) return void req.socket.destroy();
    const exchange = req.url?.endsWith('/exchange') === true;
    const lost = exchange && site.lose > 0;
    if (exchange) site.exchanges++;
    if (lost) site.lose--;
    const up = request(api + (req.url ?? ''), { method: req.method, headers: { ...req.headers, host: new URL(api).host } }, (answer) => {
      if (lost) {
        answer.resume();
        answer.on('end', () => req.socket.destroy());
        return;
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    up.on('error', () => req.socket.destroy());
    res.on('close', () => up.destroy());
    req.pipe(up);
  }
  return site;
}

function send(res: ServerResponse, type: string, body: string | Buffer): void {
  res.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}
