// Whether all ports were open, or all closed, at every moment of a probe.
import type { Attempt } from '../../fixtures/endpoint-program.ts';

/**
 * The least number of times that all ports together must have changed between open and closed for every attempt to have come
 * to what it did: an attempt met the ports as they were at some moment between its begin and its end. Ports that change one
 * by one need many.
 */
export function leastFlips(attempts: readonly Attempt[]): number {
  let flips = 0;
  let left = attempts.toSorted((a, b) => a.endedMs - b.endedMs);
  let now = left[0]?.outcome;
  while (now !== undefined) {
    const state = now;
    // They stayed so for as long as possible: until the first attempt that met them otherwise ended.
    const other = left.find(({ outcome }) => outcome !== state);
    if (other === undefined) return flips;
    left = left.filter(({ outcome, beganMs }) => outcome !== state || beganMs > other.endedMs);
    now = other.outcome;
    flips++;
  }
  return flips;
}
