// One deadline over all the phases of an operation (credentials, DNS, connection, headers, body, retries),
// joined with the caller's abort signal, and listening to nothing once the operation has ended.

/** How long an operation may take in total, and the signal that gives it up earlier. */
export type Limits = { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined };

/** The reason that a deadline's signal is aborted with when its time is up. */
export class DeadlineExceeded extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'DeadlineExceeded';
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Runs `work` under one deadline. Rejects with DeadlineExceeded, or with the caller's abort reason, as soon as
 * either happens, even when `work` ignores the signal it was given.
 */
export async function runWithin<T>(limits: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, signal: outer } = limits;
  outer?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DeadlineExceeded(timeoutMs)), timeoutMs);
  const onOuterAbort = (): void => controller.abort(outer?.reason);
  outer?.addEventListener('abort', onOuterAbort, { once: true });
  try {
    return await abandonOnAbort(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onOuterAbort);
  }
}

/** Waits for `work` no longer than until `signal` is aborted; the work itself goes on and its outcome is dropped. */
export function abandonOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
