// Verify and repair: when a checkpoint says that the server holds something
// else in a scope, the difference is found by drill-down, and only it travels.

import { fault } from '../fault.js';
import type { Store } from '../kv/store.js';
import { readMeta } from '../outbox/meta.js';
import { version, type ExitLine, type PutLine } from '../outbox/wire.js';
import { newDrill, type Question, type SplitLine } from '../replica/drill.js';
import { amend, type Doubted, type Fix, type Row } from '../replica/replica.js';
import type { Body } from './lines.js';
import { fixOf, lines, parse, torn } from './lines.js';

/** What a device asks to find where it differs. */
export interface VerifyRequest extends Question {
  v: number;
  did: string;
  /** Of the last checkpoint. */
  cur: string;
}

/** Carries one question of a drill-down to the server and returns the bytes of the answer. */
export type Verify = (request: VerifyRequest, signal: AbortSignal) => Promise<Body>;

type VerifyLine = SplitLine | PutLine | ExitLine | { t: 'vf'; ok: boolean; behind?: boolean };

/** The most questions of one drill-down: eight digits deep, in batches. */
const patience = 100;

/**
 * Finds where the device differs and puts it right. It reports whether it
 * could: not when too much has changed since the checkpoint, or another tab has
 * reached a new one; then the device pulls first. The faults are the
 * transport's, the store's and `device.torn`.
 */
export async function repair(store: Store, verify: Verify, doubted: Doubted, signal: AbortSignal): Promise<boolean> {
  const { meta, rows } = await store.read(['meta', 'base'], async (tx) => ({ meta: await readMeta(tx), rows: await tx.all<Row>('base') }));
  const drill = newDrill(rows);
  const fixes: Fix[] = [];
  for (let asked = 0; ; asked++) {
    const question = drill.next();
    if (question === undefined) break;
    if (asked > patience) throw fault('busy', 'device.torn', 'The comparison does not end.');
    const answer = lines(await verify({ v: version, did: meta.device, cur: meta.cursor, ...question }, signal));
    let end: Extract<VerifyLine, { t: 'vf' }> | undefined;
    for await (const text of answer) {
      const line = parse(text) as VerifyLine;
      if (line.t === 'split') drill.take(line);
      else if (line.t === 'p' || line.t === 'x') fixes.push(await fixOf(line, text));
      else if (line.t === 'vf') end = line;
    }
    if (end === undefined) throw torn('The comparison breaks off.');
    if (end.behind === true) return false;
  }
  return amend(store, meta, fixes, doubted);
}
