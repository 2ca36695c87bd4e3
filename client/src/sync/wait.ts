/** Waits that long, or until the signal; which of them it was does not matter. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Returns how long to wait after that many failures in a row: doubled each time up to five minutes, and half of it by chance, so that a fleet does not come back at once. */
export function backOff(failures: number, random: () => number): number {
  const most = Math.min(1000 * 2 ** Math.min(failures, 20), 300_000);
  return most / 2 + (most / 2) * random();
}

/** Runs work with a signal that also ends when nothing was heard for so long; `heard` starts the time again. */
export async function watched<T>(
  ms: number,
  signal: AbortSignal,
  reason: () => unknown,
  work: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const stop = (): void => inner.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => inner.abort(reason()), ms);
  };
  heard();
  try {
    return await work(inner.signal, heard);
  } catch (e) {
    // What work throws after that is only how it noticed.
    throw inner.signal.aborted ? inner.signal.reason : e;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Passes a body on, and tells of each piece. A piece that never comes ends with the signal. */
export async function* overheard(body: AsyncIterable<Uint8Array>, signal: AbortSignal, heard: () => void): AsyncGenerator<Uint8Array, void, void> {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await until(pieces.next(), signal);
      if (next.done === true) return;
      heard();
      yield next.value;
    }
  } finally {
    // A body that stands still would keep us waiting for its end.
    void Promise.resolve(pieces.return?.()).catch(() => undefined);
  }
}

/** Waits for a promise, or fails with the signal's reason: not everybody who is handed a signal looks at it. */
export async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
