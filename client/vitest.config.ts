import { defineConfig } from 'vitest/config';

// Three projects: what needs nothing but Node, what needs the server, and what
// needs the server and a browser.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'node', include: ['test/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
      {
        test: {
          name: 'server',
          include: ['test/server/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts', 'test/map/*.test.ts'],
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
