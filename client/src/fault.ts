import type { FaultCode } from './gen/codes.js';

/** What the caller may do about a failure; the words are the server's. */
export type Kind =
  | 'invalid' // malformed: do not retry it
  | 'unauthenticated' // sign in, then try again
  | 'forbidden' // the caller may not do this
  | 'not_found' // no such thing, or not for this caller
  | 'conflict' // it no longer fits: show it to a person
  | 'too_large' // send or keep less
  | 'limited' // too many: try again later, unchanged
  | 'busy' // try again later, unchanged
  | 'internal'; // a mistake: try again later, unchanged

/**
 * The faults that only this library has.
 *
 * - `client.offline`: the server could not be reached.
 * - `client.http`: something that is no Sestante answered, such as a proxy.
 * - `client.sign_in`: the session has ended; the outbox is kept.
 * - `client.quota`: the device has no room; nothing of the write was kept.
 * - `client.store`: the local store failed; nothing of the write was kept.
 * - `client.blocked`: another tab holds the local store and does not let go.
 * - `client.newer`: the local store was written by a newer version.
 * - `client.insecure`: the page is not served over HTTPS, so there is no cryptography.
 * - `client.args`: what should be queued cannot be written in JSON, or has no valid id.
 * - `client.closed`: the client was closed.
 */
export type ClientCode =
  | 'client.offline'
  | 'client.http'
  | 'client.sign_in'
  | 'client.quota'
  | 'client.store'
  | 'client.blocked'
  | 'client.newer'
  | 'client.insecure'
  | 'client.args'
  | 'client.closed';

/** The code of any fault. A newer server may have codes that are not listed. */
export type AnyCode = FaultCode | ClientCode | (string & {});

/** A failure as plain data, to keep, to send between tabs and to show. */
export interface FaultData {
  readonly kind: Kind;
  readonly code: AnyCode;
  message: string;
  readonly field?: string;
}

/** A failure as it is thrown. */
export interface Fault extends Error, FaultData {
  readonly fault: true;
  /** When it is worth trying again, in milliseconds, if the server said so. */
  readonly afterMs?: number;
}

/** Makes a fault. */
export function fault(
  kind: Kind,
  code: AnyCode,
  message: string,
  more: { field?: string; afterMs?: number; cause?: unknown } = {},
): Fault {
  const { cause, ...rest } = more;
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  error.name = 'Fault';
  return Object.assign(error, { fault: true as const, kind, code, ...rest });
}

/** Reports whether something that was thrown is a fault, and of that code if one is given. */
export function isFault(thrown: unknown, code?: AnyCode): thrown is Fault {
  return (
    thrown instanceof Error &&
    (thrown as Partial<Fault>).fault === true &&
    (code === undefined || (thrown as Fault).code === code)
  );
}

/** Returns the fault that was thrown; anything else is an internal one. */
export function faultOf(thrown: unknown): Fault {
  if (isFault(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return fault('internal', 'internal', message, { cause: thrown });
}

/** Returns the fault as plain data. */
export function dataOf(f: FaultData): FaultData {
  const { kind, code, message, field } = f;
  return field === undefined ? { kind, code, message } : { kind, code, message, field };
}
