// A page on localhost that draws the server's tiles with MapLibre.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../node_modules/maplibre-gl/dist/', import.meta.url));

export interface Page {
  url: string;
  stop(): Promise<void>;
}

/** What the pictures are made of, to be looked for in them. */
export const colours = {
  ground: [255, 255, 255],
  West: [207, 232, 207],
  East: [207, 216, 240],
  border: [40, 40, 40],
  cell: [200, 30, 30],
  report: [20, 60, 220],
} as const;

const rgb = (c: readonly number[]): string => `rgb(${c.join(',')})`;

function style(api: string): unknown {
  const tiles = `${api}/api/mobile/v1/tiles`;
  return {
    version: 8,
    sources: {
      areas: { type: 'vector', url: `${tiles}/areas.json` },
      reports: { type: 'vector', url: `${tiles}/reports.json` },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': rgb(colours.ground) } },
      {
        id: 'areas', type: 'fill', source: 'areas', 'source-layer': 'areas',
        paint: { 'fill-color': ['match', ['get', 'code'], 'W', rgb(colours.West), rgb(colours.East)], 'fill-antialias': false },
      },
      { id: 'borders', type: 'line', source: 'areas', 'source-layer': 'borders', paint: { 'line-color': rgb(colours.border), 'line-width': 5 } },
      {
        id: 'cells', type: 'circle', source: 'reports', 'source-layer': 'cells',
        paint: { 'circle-color': rgb(colours.cell), 'circle-radius': ['interpolate', ['linear'], ['get', 'count'], 1, 6, 30, 14] },
      },
      { id: 'reports', type: 'circle', source: 'reports', 'source-layer': 'reports', paint: { 'circle-color': rgb(colours.report), 'circle-radius': 7 } },
    ],
  };
}

const page = (api: string): string => `<!doctype html><meta charset="utf-8"><title>map</title>
<link rel="stylesheet" href="/dist/maplibre-gl.css">
<style>body { margin: 0 } #view { width: 800px; height: 600px }</style><div id="view"></div>
<script type="module">
import * as maplibre from '/dist/maplibre-gl.mjs';
window.token = '';
window.failed = [];
window.draw = (center, zoom) => new Promise((resolve) => {
  window.map?.remove();
  window.map = new maplibre.Map({
    container: 'view', style: ${JSON.stringify(style(api))}, center, zoom, fadeDuration: 0, attributionControl: false,
    canvasContextAttributes: { preserveDrawingBuffer: true },
    transformRequest: (url) => (window.token !== '' && url.includes('/tiles/reports') ? { url, headers: { Authorization: window.token } } : { url }),
  });
  window.map.on('error', (e) => window.failed.push(String(e.error?.message ?? e.error)));
  window.map.once('idle', resolve);
});
window.pixel = (lngLat) => {
  const from = window.map.getCanvas();
  const to = document.createElement('canvas');
  [to.width, to.height] = [from.width, from.height];
  const pen = to.getContext('2d');
  pen.drawImage(from, 0, 0);
  const { x, y } = window.map.project(lngLat);
  return [...pen.getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3);
};
window.ready = true;
</script>`;

export async function startPage(api: string): Promise<Page> {
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://localhost').pathname;
    const file = /^\/dist\/(maplibre-gl[a-z-]*\.(mjs|css))$/.exec(path);
    if (path === '/') return void res.writeHead(200, { 'Content-Type': 'text/html' }).end(page(api));
    if (file === null) return void res.writeHead(404).end();
    res.writeHead(200, { 'Content-Type': file[2] === 'css' ? 'text/css' : 'text/javascript' }).end(readFileSync(dist + (file[1] ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
