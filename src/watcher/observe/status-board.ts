// What the agent is, for those who ask: remembers what it was told, and joins that with what is read for the answer.
import type { ConnectionCount, PortRange } from '../../firewall/ruleset.ts';
import type { DrainRuleset } from '../domain/desired-firewall.ts';
import type { HookReport } from '../hooks/hook-report.ts';
import type { Clock, Poll, Reporter, SourceView, Summary } from '../ports.ts';
import { composeStatus, type StatusConfig } from './status-compose.ts';
import type { StatusDocument } from './status-document.ts';
import { type LogListener, RecentErrors } from './status-errors.ts';
import { type Look, rulesetShown } from './status-firewall.ts';
import { HookRuns } from './status-hooks.ts';
import { CountHistory, type Trend } from './status-trends.ts';

/** What is read for one answer. */
export interface Reading {
  readonly look: Look;
  /** Of the ports shown; null when there are none. */
  readonly count: ConnectionCount | null;
  readonly source: SourceView;
  readonly config: StatusConfig;
}

export interface BoardOptions {
  readonly version: string;
  readonly pid: number;
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
}

export class StatusBoard implements Reporter, LogListener {
  readonly #options: BoardOptions;
  readonly #startedWallMs: number;
  readonly #hooks = new HookRuns();
  readonly #errors = new RecentErrors();
  readonly #troubles = new Map<string, { readonly problem: string; readonly sinceWallMs: number }>();
  #poll: Poll | null = null;
  #summary: Summary | null = null;
  #restorations = 0;
  #history: { readonly ports: readonly PortRange[]; readonly counts: CountHistory } | null = null;
  /** Ranges that a running watch counts. */
  #watched: readonly PortRange[] | null = null;
  #isStale = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#startedWallMs = options.clock.wallMs();
  }

  changeBegan(): void {}

  polled(poll: Poll): void {
    this.#poll = poll;
  }

  announce(): void {}

  tableInstalled({ ports }: DrainRuleset, restoring: string | null): void {
    if (restoring !== null) this.#restorations += 1;
    // A count that was under way when other ports took their place is still one of the ports before.
    if (this.#watched !== null && !isSamePorts(this.#watched, ports)) this.#isStale = true;
    this.#watched = ports;
  }

  tableRemoved(): void {
    this.#watched = null;
    this.#isStale = false;
  }

  connections(count: ConnectionCount): void {
    const isStale = this.#isStale;
    this.#isStale = false;
    if (this.#watched !== null && !isStale) this.counted(this.#watched, count);
  }

  connectionsClosed(): void {}

  degraded(part: string, problem: string | null): void {
    const since = this.#troubles.get(part)?.sinceWallMs ?? this.#options.clock.wallMs();
    if (problem === null) this.#troubles.delete(part);
    else this.#troubles.set(part, { problem, sinceWallMs: since });
  }

  settled(summary: Summary): void {
    this.#summary = summary;
  }

  hookReported(report: HookReport): void {
    this.#hooks.add(report, this.#options.clock.wallMs());
  }

  logged(level: 'warn' | 'error', message: string, atMs: number): void {
    this.#errors.add(level, message, atMs);
  }

  /** Remembers a count, for the trend. */
  counted(ports: readonly PortRange[], count: ConnectionCount): void {
    if (this.#history === null || !isSamePorts(this.#history.ports, ports))
      this.#history = { ports, counts: new CountHistory() };
    this.#history.counts.add(count, this.#options.clock.monotonicMs());
  }

  /** The last count of these ports, unless it is older than `maxAgeMs`. */
  recentCount(ports: readonly PortRange[], maxAgeMs: number): ConnectionCount | null {
    if (this.#history === null || !isSamePorts(this.#history.ports, ports)) return null;
    return this.#history.counts.newest(this.#options.clock.monotonicMs(), maxAgeMs);
  }

  /** The status, from what was heard and what was read just now. */
  document({ look, count, source, config }: Reading): StatusDocument {
    const { version, pid, clock } = this.#options;
    const { ports } = rulesetShown(look, config);
    return composeStatus({
      version,
      pid,
      startedWallMs: this.#startedWallMs,
      wallMs: clock.wallMs(),
      summary: this.#summary,
      poll: this.#poll,
      troubles: [...this.#troubles].map(([part, trouble]) => ({ part, ...trouble })),
      hooks: this.#hooks.list(),
      errors: this.#errors.list(),
      restorations: this.#restorations,
      kernel: { look, count, trend: count?.known === true ? this.#trendOf(ports) : null },
      source,
      config,
    });
  }

  #trendOf(ports: readonly PortRange[]): Trend | null {
    const history = this.#history;
    return history !== null && isSamePorts(history.ports, ports) ? history.counts.trend() : null;
  }
}

function isSamePorts(a: readonly PortRange[], b: readonly PortRange[]): boolean {
  return (
    a.length === b.length && a.every(({ first, last }, i) => first === b[i]?.first && last === b[i]?.last)
  );
}
