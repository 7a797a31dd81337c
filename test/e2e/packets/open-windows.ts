// For how long a probe found a port open that should have been closed.
import type { Attempt } from '../../fixtures/endpoint-program.ts';

/**
 * The stretches of accepted attempts in a probe of one lane, in milliseconds: each from the begin of the last refusal before
 * it to the end of the first refusal after it, and so never less than the port was open.
 */
export function openWindowsMs(attempts: readonly Attempt[]): number[] {
  const windows: number[] = [];
  for (const [i, attempt] of attempts.entries()) {
    const before = attempts[i - 1];
    if (attempt.outcome !== 'connected' || before?.outcome === 'connected') continue;
    const next = attempts.slice(i).find(({ outcome }) => outcome !== 'connected');
    windows.push((next?.endedMs ?? Number.POSITIVE_INFINITY) - (before?.beganMs ?? Number.NEGATIVE_INFINITY));
  }
  return windows;
}

/** How often each outcome was seen. */
export function tally(attempts: readonly Attempt[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of attempts) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
