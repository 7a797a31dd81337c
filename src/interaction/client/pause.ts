// How long to wait before asking again: at random within a bound that grows, so that a crowd of callers spreads out.
import { setTimeout as wait } from 'node:timers/promises';

const firstBoundMs = 500;
const maxBoundMs = 5_000;

/** `random` is from 0 to 1. Waits before attempt 2, 3, ...; rejects with the signal's reason when it is aborted. */
export async function pauseBefore(attempt: number, random: number, signal?: AbortSignal): Promise<void> {
  const boundMs = Math.min(maxBoundMs, firstBoundMs * 2 ** (attempt - 2));
  await wait(random * boundMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
