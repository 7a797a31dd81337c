// What the agent is, for those who ask: remembers what it was told, and joins that with what is read for the answer.
import type { TableLook } from '../../firewall/look.ts';
import type { ConnectionCount, PortRange } from '../../firewall/ruleset.ts';
import type { DrainRuleset } from '../domain/desired-firewall.ts';
import type { HookReport } from '../hooks/hook-report.ts';
import type { Announcement } from '../domain/step.ts';
import type { Clock, Poll, Reporter, SourceView, Summary } from '../ports.ts';
import type { LogFields } from './log.ts';
import { CHANGES_NOTHING } from './reporter.ts';
import { composeStatus, type StatusConfig } from './status-compose.ts';
import type { StatusDocument } from './status-document.ts';
import { type LogListener, RecentErrors, TOPICS } from './status-errors.ts';
import { rulesetShown } from './status-firewall.ts';
import { HookRuns } from './status-hooks.ts';
import { CountHistory, type Trend } from './status-trends.ts';

/** What is read for one answer. */
export interface Reading {
  readonly look: TableLook;
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

export class StatusBoard implements Partial<Reporter>, LogListener {
  readonly #options: BoardOptions;
  readonly #startedWallMs: number;
  readonly #hooks = new HookRuns();
  readonly #errors = new RecentErrors();
  readonly #troubles = new Map<string, { readonly problem: string; readonly sinceWallMs: number }>();
  /** What is told from now on belongs to it. */
  #begun: string | null = null;
  /** The latest that there is something in the log about. */
  #change: string | null = null;
  #poll: Poll | null = null;
  #summary: Summary | null = null;
  #restorations = 0;
  #history: { readonly ports: readonly PortRange[]; readonly counts: CountHistory } | null = null;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#startedWallMs = options.clock.wallMs();
  }

  changeBegan(id: string): void {
    this.#begun = id;
  }

  polled(poll: Poll): void {
    this.#poll = poll;
  }

  announce({ event }: Announcement): void {
    if (!CHANGES_NOTHING.has(event)) this.#change = this.#begun;
    if (event === 'lease-ended') this.#errors.end(TOPICS.lease);
    if (event === 'hold-ended') this.#errors.end(TOPICS.hold);
  }

  tableInstalled(_ruleset: DrainRuleset, restoring: string | null): void {
    if (restoring !== null) this.#restorations += 1;
  }

  connections(count: ConnectionCount, ports: readonly PortRange[]): void {
    this.counted(ports, count);
  }

  degraded(part: string, problem: string | null): void {
    const since = this.#troubles.get(part)?.sinceWallMs ?? this.#options.clock.wallMs();
    if (problem === null) {
      this.#troubles.delete(part);
      this.#errors.end(TOPICS.trouble(part));
    } else {
      this.#troubles.set(part, { problem, sinceWallMs: since });
    }
  }

  settled(summary: Summary): void {
    this.#summary = summary;
  }

  hookReported(report: HookReport): void {
    this.#hooks.add(report, this.#options.clock.wallMs());
  }

  logged(level: 'warn' | 'error', message: string, atMs: number, fields: LogFields): void {
    this.#errors.add(level, message, atMs, fields);
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
      change: this.#change,
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
