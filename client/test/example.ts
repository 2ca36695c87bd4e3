// The example of the README, as an app would run it.

import { readFileSync } from 'node:fs';
import ts from 'typescript';

import type * as Library from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** What the example leaves to the app, and what takes the network away and brings it back where the example says so. */
export interface Given {
  lib: typeof Library;
  person: { id: string };
  session: { token: string };
  report: { id: string };
  showLogin: () => void;
  draw: (reports: Library.View<'reports'>[], health: Library.Health) => void;
  show: (name: string | undefined, text: string | undefined) => void;
  cellar: (device: Library.Client) => Promise<void>;
  street: (device: Library.Client) => Promise<void>;
}

/** The same, for whoever reads its types. */
export const given = `
declare const person: { id: string };
declare const session: { token: string };
declare const report: { id: string };
declare function showLogin(): void;
declare function draw(reports: { id: string }[], health: Health): void;
declare function show(name: string | undefined, text: string | undefined): void;
`;

/** Returns the example as it stands in the README. */
export function example(): string {
  const code = /^## Offline and back\n[^]*?^```ts\n([^]*?)^```$/m.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md has no example under "Offline and back"');
  return code;
}

/** Returns the example as the text of an async function of what it is given. */
export function runnable(): string {
  const parts = [['// In a cellar', 'await cellar(device);'], ['// Back in the street', 'await street(device);']] as const;
  let code = example().replace(/^import (\{.*\}) from '@sestante\/client';$/m, (_, names: string) => `const ${names.replace(/, type \w+/g, '')} = lib;`);
  for (const [comment, hook] of parts) {
    if (!code.includes(comment)) throw new Error(`the example does not say ${comment}`);
    code = code.replace(comment, `${hook}\n${comment}`);
  }
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
  return `(async ({ lib, person, session, report, showLogin, draw, show, cellar, street }) => {\n${outputText.replace(/^(export \{\}|"use strict");$/gm, '')}\nreturn device;\n})`;
}
