// The agent in Prometheus's form: counts what the loop and the scripts tell, and reads the rest when it is asked for.
// Names, types and labels are a contract: docs/schemas/metrics.json.
import { Registry } from 'prom-client';
import type { Firewall } from '../../firewall/firewall.ts';
import { lookAtTable, type TableLook } from '../../firewall/look.ts';
import type { HookReport } from '../hooks/hook-report.ts';
import type { Clock, Reporter, SourceView, Summary } from '../ports.ts';
import { ConnectionMetrics } from './metrics-connections.ts';
import { DrainMetrics } from './metrics-drain.ts';
import { OptionalGauge } from './metrics-gauges.ts';
import { HookMetrics } from './metrics-hooks.ts';
import { PollMetrics } from './metrics-polls.ts';
import { ProcessMetrics } from './metrics-process.ts';
import { type MetricsSettings, SettingsMetrics } from './metrics-settings.ts';
import { TableMetrics } from './metrics-table.ts';
import { TroubleMetrics } from './metrics-troubles.ts';

export interface MetricsOptions {
  readonly version: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly firewall: Pick<Firewall, 'inspect'>;
  /** The configuration in force. */
  readonly settings: () => MetricsSettings;
  readonly source: () => SourceView;
}

export interface Metrics {
  readonly reporter: Partial<Reporter>;
  readonly contentType: string;
  hookReported(report: HookReport): void;
  /** A line of the log at warn or error. */
  logged(level: 'warn' | 'error'): void;
  /** What somebody saw of the table: the more looks, the less of what a table counted goes with it. */
  tableSeen(found: TableLook): void;
  /** Every metric as text; looks at the table. Several who ask at once share one answer. */
  render(): Promise<string>;
}

/** The metrics of one agent, in a registry of their own: nothing global, no timer. */
export function createMetrics({ version, clock, firewall, settings, source }: MetricsOptions): Metrics {
  const registry = new Registry();
  const agent = new SettingsMetrics(registry, version);
  const polls = new PollMetrics(registry);
  const drain = new DrainMetrics(registry);
  const table = new TableMetrics(registry);
  const connections = new ConnectionMetrics(registry);
  const hooks = new HookMetrics(registry);
  const troubles = new TroubleMetrics(registry);
  const wallClock = new OptionalGauge(registry, 'clock_timestamp_seconds', "The host's clock at the scrape");
  const own = new ProcessMetrics(registry);
  let settled: Summary | null = null;
  let rendering: Promise<string> | null = null;

  const render = async (): Promise<string> => {
    table.show(await lookAtTable(firewall));
    agent.show(settings(), source(), settled?.state.instanceId ?? null);
    if (settled !== null) {
      drain.show(settled);
      polls.showHold(settled.state.hold);
      troubles.show(settled.degraded);
    }
    polls.show();
    await own.show();
    wallClock.setTime(clock.wallMs());
    return registry.metrics();
  };

  return {
    contentType: registry.contentType,
    reporter: {
      polled: (poll) => polls.polled(poll),
      announce: (announcement) => {
        const { event } = announcement;
        if (event === 'drained') drain.ended('complete', announcement.lastedMs);
        if (event === 'drain-timeout') drain.ended('timeout', announcement.lastedMs);
      },
      tableInstalled: (_ruleset, restoring, by) => table.installed(restoring !== null, by),
      tableRemoved: () => table.removed(),
      connections: (count, ports) => connections.counted(count, ports),
      connectionsClosed: (result) => connections.closed(result),
      degraded: (part, problem) => troubles.degraded(part, problem !== null),
      settled: (summary) => {
        if (summary.count === null && settled?.count !== null) connections.clear();
        settled = summary;
      },
    },
    hookReported: (report) => hooks.reported(report),
    logged: (level) => troubles.logged(level),
    tableSeen: (found) => table.seen(found),
    render: () => {
      rendering ??= render().finally(() => {
        rendering = null;
      });
      return rendering;
    },
  };
}
