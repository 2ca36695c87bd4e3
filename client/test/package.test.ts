import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved"/);
});

test('an app gets no dependency, and every version of ours is exact', () => {
  const pkg = JSON.parse(read('package.json')) as { dependencies?: object; devDependencies: Record<string, string> };
  expect(pkg.dependencies).toBeUndefined();
  for (const [name, version] of Object.entries(pkg.devDependencies)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});
