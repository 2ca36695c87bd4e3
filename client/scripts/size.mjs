// Prints what an app pays for the library, minified, and fails above the budget.
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const budget = 15_500; // bytes, gzip, of what an app needs

const parts = {
  'what an app needs (open, http, idbStore)': "export { open, http, idbStore } from './src/index.ts'",
  'with the table of moves, faults and words': "export * from './src/index.ts'",
};

let over = false;
for (const [name, contents] of Object.entries(parts)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
  });
  const code = outputFiles[0].contents;
  const gzip = gzipSync(code, { level: 9 }).length;
  console.log(`${String(code.length).padStart(6)} B  gzip ${String(gzip).padStart(6)} B  brotli ${String(brotliCompressSync(code).length).padStart(6)} B  ${name}`);
  over ||= contents.includes('{') && gzip > budget; // the whole has no budget: an app takes what it needs
}
if (over) {
  console.error(`over the budget of ${budget} B`);
  process.exit(1);
}
