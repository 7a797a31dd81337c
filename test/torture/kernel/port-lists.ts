// The ports that an agent refuses, and those that it refuses once its configuration names others: what a client tries while one
// list takes the other's place, and how what it met reads.
import type { Attempt, Target } from '../../fixtures/endpoint-program.ts';
import { FAMILIES, HOST, PUBLISHED, SERVED } from '../../e2e/packets/network.ts';

/** Served too, and in the other list alone. */
export const ADDED = [9000, 9001] as const;

/** As a configuration names them. */
export const PORT_LISTS = {
  usual: ['80', '443', '8000-8010', String(PUBLISHED)],
  other: ['80', '8000-8009', String(PUBLISHED), ...ADDED.map(String)],
} as const;
export type PortList = keyof typeof PORT_LISTS;

/** Ports of the usual list that the other one has too, and that it lacks. */
const COMMON: readonly number[] = [SERVED.web, SERVED.rangeFirst];
const DROPPED: readonly number[] = [SERVED.tls, SERVED.rangeLast];

const targets = (ports: readonly number[]): Target[] =>
  ports.flatMap((port) => FAMILIES.map((family) => ({ host: HOST[family], port })));

/** All of them are open or all are closed. */
export const USUAL_TARGETS = targets([...COMMON, ...DROPPED]);
/** For `asUsual`. */
export const BOTH_TARGETS = targets([...COMMON, ...DROPPED, ...ADDED]);

/** What would have met an open port, had it been another. */
const OPPOSITE: Readonly<Record<string, string>> = { connected: 'ECONNREFUSED', ECONNREFUSED: 'connected' };

/**
 * Attempts on the ports of both lists while nothing but the list changes, as if all had been on ports that only the usual list
 * has: those change with it, and those that only the other has change the other way. A port of both lists is never open.
 */
export function asUsual(attempts: readonly Attempt[]): Attempt[] {
  return attempts.flatMap((attempt) => {
    const { port } = BOTH_TARGETS[attempt.target]!;
    const { outcome } = attempt;
    if (DROPPED.includes(port)) return [attempt];
    if (!COMMON.includes(port)) return [{ ...attempt, outcome: OPPOSITE[outcome] ?? outcome }];
    return outcome === 'ECONNREFUSED' ? [] : [{ ...attempt, outcome: `${outcome}, a port of both lists` }];
  });
}
