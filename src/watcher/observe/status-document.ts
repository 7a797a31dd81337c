// What `status --json` prints, and the control socket answers: version 1, described by docs/schemas/status.schema.json.
// Times are ISO 8601 in UTC, durations are in seconds; null stands for what is not known or does not apply.

export interface StatusDocument {
  readonly version: 1;
  /** Name and version: the agent's, or the command's own when the agent is down. */
  readonly program: string;
  /** When this was written: what the ages are told from. */
  readonly at: string;
  /**
   * `down`, `unresponsive`: written by the command itself, without an agent to ask, or with one that does not answer; what only
   * an agent knows is null then.
   */
  readonly agent: 'running' | 'unresponsive' | 'down';
  readonly pid: number | null;
  readonly startedAt: string | null;
  /** The id of the latest change that was told, which stands in every line of the log about it. */
  readonly change: string | null;
  /** What the exit status says: open 0, draining 3, drained 4, degraded 5, down 6 (also when the agent does not answer). */
  readonly condition: 'open' | 'draining' | 'drained' | 'degraded' | 'down';
  readonly instance: StatusInstance;
  readonly drain: StatusDrain | null;
  /** Every reason to drain, the first to begin first; listed even while an override decides otherwise. */
  readonly reasons: readonly StatusReason[];
  readonly lease: StatusLease | null;
  readonly firewall: StatusFirewall;
  readonly connections: StatusConnections;
  readonly polls: StatusPolls | null;
  readonly context: StatusContext | null;
  /** Newest first, at most ten. */
  readonly hooks: readonly StatusHooks[];
  /** Lasting troubles: what makes the agent degraded. */
  readonly troubles: readonly StatusTrouble[];
  /** Lines of the log at warn and error, newest first, at most ten. */
  readonly errors: readonly StatusError[];
}

export interface StatusTrouble {
  readonly part: string;
  readonly problem: string;
  readonly since: string;
}

export interface StatusError {
  readonly at: string;
  readonly level: 'warn' | 'error';
  readonly message: string;
  /** What it warned of has ended since, and the log says so. */
  readonly over: boolean;
}

export interface StatusInstance {
  readonly id: string | null;
  readonly group: string | null;
  readonly region: string | null;
  /** The state that scripts were told; null before anything is known. */
  readonly state: string | null;
  readonly since: string | null;
  /** Where it was learned: the API's host, `--instance-state`, a simulation, another source, or the record of a former run. */
  readonly learnedFrom: string | null;
}

export interface StatusReason {
  readonly source: string;
  readonly detail: string;
  readonly since: string;
}

export interface StatusDrain {
  readonly since: string;
  /** When connections are refused, with --refuse-delay; null once it is over. */
  readonly refusesAt: string | null;
  readonly timesOutAt: string | null;
  readonly outcome: 'complete' | 'timeout' | null;
}

export interface StatusLease {
  readonly kind: 'override' | 'simulation';
  readonly verdict: 'open' | 'closed' | null;
  readonly state: string | null;
  readonly reason: string | null;
  /** Who holds it; null where they did not say. */
  readonly holder: StatusLeaseHolder | null;
  readonly since: string;
  readonly until: string;
}

export interface StatusLeaseHolder {
  readonly pid: number;
  readonly user: string;
  /** `pts/2`; null without one. */
  readonly terminal: string | null;
}

/** The kernel's own word, read for this answer. */
export interface StatusFirewall {
  /** Whether new connections to the ports are refused; null when the kernel could not be asked, or the table was altered. */
  readonly refusing: boolean | null;
  readonly table: 'absent' | 'ours' | 'foreign' | 'unknown';
  readonly ownership: 'owned' | 'plain' | null;
  /** What is wrong with it, or why it cannot be read. */
  readonly problem: string | null;
  readonly closing: boolean;
  readonly allowFrom: readonly string[];
  readonly includeLoopback: boolean;
  /** One entry per range: those of the table while it is in place, else those configured. */
  readonly ports: readonly StatusPorts[];
  /** How often the agent has put the table back since it started. */
  readonly restorations: number | null;
}

export interface StatusPorts {
  /** `80` or `8000-8100`. */
  readonly range: string;
  /** SYNs refused since the table was put in place; null without a table or without counters. */
  readonly refused: number | null;
  /** Connections left; null when they cannot be counted. */
  readonly connections: number | null;
  /** Change of `connections` over the last minute, or since counting began; null without two counts. */
  readonly trend: number | null;
}

export interface StatusConnections {
  /** Null when they cannot be counted: `problem` says why. */
  readonly total: number | null;
  /** Flows idle for over an hour, not part of the total. */
  readonly idle: number | null;
  readonly trend: number | null;
  /** How long the trends took: a minute at most, less after counting began. */
  readonly trendSeconds: number | null;
  readonly problem: string | null;
}

export interface StatusPolls {
  readonly periodSeconds: number;
  readonly lastAt: string | null;
  readonly lastSeconds: number | null;
  /** `known`, or what was wrong. */
  readonly lastResult: string | null;
  readonly nextAt: string | null;
  /** `class` and `message`: what was wrong at the latest poll. */
  readonly hold: { readonly since: string; readonly class: string; readonly message: string } | null;
}

export interface StatusContext {
  /** The API's address that worked last, else the one that is tried first. */
  readonly apiUrl: string | null;
  /** Since discovery and tags were last read; null with --api-url. */
  readonly ageSeconds: number | null;
}

export interface StatusHooks {
  /** The id that stands in every line of the log about this change. */
  readonly change: string;
  readonly to: string;
  /** When the agent first heard of them; null when only the record of a former run tells of them. */
  readonly at: string | null;
  readonly result: 'running' | 'done' | 'failed' | 'superseded' | 'interrupted' | 'none';
  /** In the order in which they ran, at most a hundred. */
  readonly scripts: readonly {
    readonly path: string;
    /** `running`, `exit status 0`, `ended by SIGTERM`, `not run: ...`. */
    readonly result: string;
    readonly seconds: number | null;
  }[];
}
