// What balancers are told when they ask: whether to send this instance new connections, and why not.
import type { Summary } from '../ports.ts';

/** The body of every answer of `--health-listen`. Times are ISO 8601 in UTC. */
export interface HealthDocument {
  readonly version: 1;
  /** From the moment the drain is decided, however long `--refuse-delay` and whatever the kernel makes of it. */
  readonly draining: boolean;
  /** The state that scripts were told; null before anything is known. */
  readonly state: string | null;
  /** Whether the drain table is in place. */
  readonly refusing: boolean;
  /** When the drain began; null without one. */
  readonly since: string | null;
  /** When connections are refused; null without a drain and once they are. */
  readonly refusesAt: string | null;
  /** The sources of the reasons to drain, the first to begin first. */
  readonly reasons: readonly string[];
}

/** The document for where the agent stands. An instance of which nothing is known is not drained. */
export function healthDocument(
  { state, now, refusing }: Summary,
  refuseDelayMs: number | null,
): HealthDocument {
  const drain = now.desired === 'refuse' ? state.drain : null;
  const isAwaited = drain !== null && !refusing && refuseDelayMs !== null;
  return {
    version: 1,
    draining: now.desired === 'refuse',
    state: now.instanceState,
    refusing,
    since: drain === null ? null : isoTime(drain.sinceWallMs),
    refusesAt: isAwaited ? isoTime(drain.sinceWallMs + refuseDelayMs) : null,
    reasons: [...new Set(now.reasons.map(({ source }) => source))],
  };
}

function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
