// What attempts to connect came to.
import assert from 'node:assert/strict';
import type { Attempt, Target } from '../../fixtures/endpoint-program.ts';
import type { Endpoint } from '../../fixtures/endpoint.ts';

/** A refusal comes within this; a lost SYN is sent again after 1000 ms, and the machine that runs the tests may be busy. */
const AT_ONCE_MS = 250;

export function durationMs({ beganMs, endedMs }: Attempt): number {
  return endedMs - beganMs;
}

/** Connects to every target at the same time: all are refused, and at once. Resolves with how long each took, sorted. */
export async function expectRefused(from: Endpoint, targets: readonly Target[]): Promise<number[]> {
  const attempts = await from.call('attempt', targets);
  assert.deepEqual(outcomes(attempts, targets), outcomesOf('ECONNREFUSED', targets));
  const durations = attempts.map(durationMs).sort((a, b) => a - b);
  assert.ok(durations.at(-1)! < AT_ONCE_MS, `refused, but after ${durations.map((ms) => ms.toFixed(1))} ms`);
  return durations;
}

/** Connects to every target at the same time: all are accepted. */
export async function expectAccepted(from: Endpoint, targets: readonly Target[]): Promise<void> {
  const attempts = await from.call('attempt', targets);
  assert.deepEqual(outcomes(attempts, targets), outcomesOf('connected', targets));
}

function outcomes(attempts: readonly Attempt[], targets: readonly Target[]): string[] {
  return attempts.map(({ outcome }, i) => `${describe(targets[i]!)}: ${outcome}`);
}

function outcomesOf(outcome: string, targets: readonly Target[]): string[] {
  return targets.map((target) => `${describe(target)}: ${outcome}`);
}

function describe({ host, port, localAddress }: Target): string {
  return `${localAddress === undefined ? '' : `${localAddress} -> `}${host} ${port}`;
}
