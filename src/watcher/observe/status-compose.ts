// The status of a running agent, put together. Pure: the same facts give the same document.
import type { Reason } from '../domain/decision.ts';
import { SIGNAL_SOURCES } from '../domain/signals.ts';
import type { Poll, SourceView, Summary } from '../ports.ts';
import type {
  StatusDocument,
  StatusDrain,
  StatusError,
  StatusHooks,
  StatusInstance,
  StatusPolls,
  StatusReason,
  StatusTrouble,
} from './status-document.ts';
import {
  type ConfiguredRuleset,
  connectionsStatus,
  firewallStatus,
  type KernelReading,
} from './status-firewall.ts';
import { leaseStatus } from './status-lease.ts';

/** Where a state comes from that this run has not heard of itself. */
export const FORMER_RUN = 'the record of a former run';

/** The part of the configuration that a status tells of. */
export interface StatusConfig extends ConfiguredRuleset {
  readonly pollPeriodMs: number;
  readonly refuseDelayMs: number;
  readonly drainTimeoutMs: number | null;
  readonly instanceState: string | null;
  readonly instanceId: string | null;
  readonly apiUrl: string | null;
}

export interface StatusFacts {
  readonly version: string;
  readonly pid: number;
  /** The id of the latest change; null before the first. */
  readonly change: string | null;
  readonly startedWallMs: number;
  readonly wallMs: number;
  /** Null before the loop has stood still once. */
  readonly summary: Summary | null;
  readonly poll: Poll | null;
  readonly troubles: readonly {
    readonly part: string;
    readonly problem: string;
    readonly sinceWallMs: number;
  }[];
  readonly hooks: readonly StatusHooks[];
  readonly errors: readonly StatusError[];
  readonly restorations: number;
  readonly kernel: KernelReading;
  readonly source: SourceView;
  readonly config: StatusConfig;
}

export function composeStatus(facts: StatusFacts): StatusDocument {
  const { config, kernel, source, summary } = facts;
  const lease = summary?.state.lease ?? null;
  const firewall = firewallStatus(kernel, config, facts.restorations);
  const connections = connectionsStatus(kernel);
  const troubles = troublesOf(facts);
  const drain = drainStatus(facts);
  return {
    version: 1,
    program: `cs-instance-watcher ${facts.version}`,
    at: iso(facts.wallMs),
    agent: 'running',
    pid: facts.pid,
    startedAt: iso(facts.startedWallMs),
    change: facts.change,
    condition: conditionOf({ firewall, connections, troubles, drain }, summary),
    instance: instanceStatus(facts),
    drain,
    reasons: (summary?.now.reasons ?? []).map(reasonStatus),
    lease: lease === null ? null : leaseStatus(lease),
    firewall,
    connections,
    polls: pollsStatus(facts),
    context: {
      apiUrl: source.apiUrl ?? config.apiUrl,
      ageSeconds: source.contextAgeMs === null ? null : Math.round(source.contextAgeMs / 1000),
    },
    hooks: facts.hooks,
    troubles,
    errors: facts.errors,
  };
}

/** A reason as the status has it. */
export function reasonStatus({ source, detail, sinceWallMs }: Reason): StatusReason {
  return { source, detail, since: iso(sinceWallMs) };
}

function conditionOf(
  {
    firewall,
    connections,
    troubles,
    drain,
  }: Pick<StatusDocument, 'firewall' | 'connections' | 'troubles' | 'drain'>,
  summary: Summary | null,
): StatusDocument['condition'] {
  if (troubles.length > 0) return 'degraded';
  if (drain?.outcome === 'complete' && connections.total === 0) return 'drained';
  const isMeant = summary?.now.desired === 'refuse';
  return isMeant || firewall.refusing === true ? 'draining' : 'open';
}

function instanceStatus({ summary, config, source }: StatusFacts): StatusInstance {
  const since = summary?.state.stateSinceWallMs ?? null;
  return {
    id: summary?.state.instanceId ?? config.instanceId,
    group: source.group,
    region: source.region,
    state: summary?.now.instanceState ?? null,
    since: since === null ? null : iso(since),
    learnedFrom: summary === null ? null : learnedFrom(summary, config, source),
  };
}

function learnedFrom({ state, now }: Summary, config: StatusConfig, source: SourceView): string | null {
  if (now.instanceState === null) return null;
  if (state.lease?.kind === 'simulation') return 'a simulation';
  if (now.instanceState !== state.instanceState) {
    const signal = now.reasons.find((reason) => SIGNAL_SOURCES.some((one) => one === reason.source));
    if (signal !== undefined) return signal.source;
  }
  if (!state.heard) return FORMER_RUN;
  if (config.instanceState !== null) return '--instance-state';
  const url = source.apiUrl ?? config.apiUrl;
  return url === null ? 'the API' : new URL(url).host;
}

function drainStatus({ summary, config, kernel, wallMs }: StatusFacts): StatusDrain | null {
  const drain = summary?.state.drain ?? null;
  if (drain === null) return null;
  const { sinceWallMs, outcome } = drain;
  const refusesAtMs = sinceWallMs + config.refuseDelayMs;
  const isRefusedLater = refusesAtMs > wallMs && kernel.look.table !== 'ours' && config.ports.length > 0;
  const isTimed = outcome === null && config.drainTimeoutMs !== null;
  return {
    since: iso(sinceWallMs),
    refusesAt: isRefusedLater ? iso(refusesAtMs) : null,
    timesOutAt: isTimed ? iso(sinceWallMs + (config.drainTimeoutMs as number)) : null,
    outcome,
  };
}

function pollsStatus({ poll, summary, config }: StatusFacts): StatusPolls {
  const hold = summary?.state.hold ?? null;
  return {
    periodSeconds: config.pollPeriodMs / 1000,
    lastAt: poll === null ? null : iso(poll.startedWallMs),
    lastSeconds: poll === null ? null : Math.round(poll.durationMs) / 1000,
    lastResult: poll === null ? null : poll.answer.kind === 'known' ? 'known' : poll.answer.message,
    nextAt: poll === null ? null : iso(poll.nextWallMs),
    hold: hold === null ? null : { since: iso(hold.sinceWallMs), class: hold.class, message: hold.message },
  };
}

function troublesOf({ troubles, summary, wallMs }: StatusFacts): StatusTrouble[] {
  const told = troubles.map(({ part, problem, sinceWallMs }) => ({ part, problem, since: iso(sinceWallMs) }));
  const since = iso(summary?.state.hold?.sinceWallMs ?? wallMs);
  const standing = (summary?.degraded ?? []).map((problem) => ({ part: 'API', problem, since }));
  return [...told, ...standing];
}

/** ISO 8601 in UTC. */
export function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
