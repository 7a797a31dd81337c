// Runs the agent: adopt what is there, be ready, loop, take up a new configuration, end.
import { randomUUID } from 'node:crypto';
import { lookAtTable } from '../../firewall/look.ts';
import { releaseResidentMemory } from '../../firewall/resident-memory.ts';
import { hostClock } from '../../watcher/clock.ts';
import type { AgentConfig, ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { configChanges } from '../../watcher/config/config-changes.ts';
import { SummaryWatch } from '../../watcher/control/summary-watch.ts';
import { startAgent } from '../../watcher/loop.ts';
import { NO_PORTS_LINE, reloadLines, startLine, stopLine } from '../../watcher/observe/agent-line.ts';
import { hookLine } from '../../watcher/observe/hook-line.ts';
import type { Log } from '../../watcher/observe/log.ts';
import { writeEntry } from '../../watcher/observe/log-entry.ts';
import { fanOut } from '../../watcher/observe/fan-out.ts';
import { HealthListeners } from '../../watcher/observe/health-listeners.ts';
import { tellingLooks } from '../../watcher/observe/metrics-firewall.ts';
import { metricsListener } from '../../watcher/observe/metrics-listener.ts';
import { createMetrics } from '../../watcher/observe/metrics.ts';
import { LogReporter } from '../../watcher/observe/reporter.ts';
import { answerStatus } from '../../watcher/observe/status-answer.ts';
import type { StatusBoard } from '../../watcher/observe/status-board.ts';
import { teeLog } from '../../watcher/observe/status-errors.ts';
import type { Reporter } from '../../watcher/ports.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { endLease } from './agent-control.ts';
import type { Effects } from './agent-mode.ts';
import { RareMemory } from './rare-memory.ts';
import { recordedScripts } from './scripts.ts';
import { type AwsClients, type SourceParts, settingsFor } from './settings.ts';
import { takeUpRecord } from './take-up-record.ts';

export interface AgentRun {
  readonly config: AgentConfig;
  readonly version: string;
  readonly aws: AwsClients;
  readonly cleanupCommand: string;
  readonly log: Log;
  /** Hears of the log already. */
  readonly board: StatusBoard;
  readonly effects: Effects;
  readonly holdsLock: boolean;
  /** Aborts to end the agent. */
  readonly signal: AbortSignal;
  /** Registers what to do on SIGHUP. */
  readonly onReload: (reload: () => void) => void;
  /** Reads the configuration again, from the same sources. Throws ConfigError. */
  readonly reread: () => ResolvedConfig;
}

/** Runs until the signal aborts. Ready before anything is asked of the network; a drain stays closed when it returns. */
export async function runAgent(run: AgentRun): Promise<void> {
  const { board, effects } = run;
  const { notify } = effects;
  let config = run.config;
  const metrics = createMetrics({
    version: run.version,
    clock: hostClock,
    firewall: effects.firewall,
    settings: () => config,
    source: () => settings.source.describe(),
  });
  const log = teeLog(run.log, metrics);
  const firewall = tellingLooks(effects.firewall, metrics.tableSeen);
  const boot = bootId();
  const summaries = new SummaryWatch();
  const health = new HealthListeners(config, (part, problem) => reporter.degraded(part, problem));
  const reporter = fanOut([new LogReporter(log, notify), board, health, metrics.reporter, summaries]);
  const rareMemory = new RareMemory(releaseResidentMemory, (error) =>
    log.debug({ event: 'memory' }, `not released: ${error.message}`),
  );
  const parts = sourceParts({ ...run, log }, boot, reporter, rareMemory);

  const table = await lookAtTable(firewall);
  const { initial, record } = takeUpRecord(
    effects.recordFile(config.stateDir, boot),
    config.instanceId,
    table,
    reporter,
    log,
  );
  const scripts = recordedScripts(
    effects.createRunner,
    () => ({ scriptDir: config.scriptDir, timeoutMs: config.hookTimeoutMs }),
    record,
    (report) => {
      writeEntry(log, hookLine(report));
      board.hookReported(report);
      metrics.hookReported(report);
      if (!scripts.arePending()) summaries.again();
    },
  );
  writeEntry(log, startLine(run.version, table, initial.desired, initial.instanceState));
  if (config.ports.length === 0) writeEntry(log, NO_PORTS_LINE);

  const ports = {
    firewall,
    clock: hostClock,
    random: Math.random,
    record,
    hooks: scripts,
    reporter,
    watchdog: effects.watchdog,
    newId: randomUUID,
  };
  let settings = settingsFor(config, parts);
  const status = () =>
    answerStatus({ board, firewall, current: () => ({ config, source: settings.source }) });
  const agent = startAgent(initial, settings, ports, run.signal);
  const control = effects.openControl({
    config,
    holdsLock: run.holdsLock,
    subject: {
      status,
      metrics: metrics.render,
      areScriptsPending: scripts.arePending,
      lease: (lease, why) => agent.lease(lease, why),
    },
    summaries,
    reporter,
  });
  notify('READY=1\nSTATUS=waiting for the API');
  rareMemory.used();
  // An idle moment: what the kernel can do is tried once, and takes it tens of milliseconds that a first drain would wait for.
  void firewall.probe().catch(() => undefined);
  const scraped = metricsListener(metrics, (part, problem) => reporter.degraded(part, problem));
  scraped.update(config.metricsListen);
  run.onReload(() => {
    const next = rereadOr(run.reread, log);
    if (next === null) return;
    const changes = configChanges(config, next.config);
    config = next.config;
    for (const warning of next.warnings) log.warn({ event: 'configuration' }, warning);
    // A role attached since is found at once, not at the next recheck.
    parts.credentials.forget();
    settings = settingsFor(config, parts);
    agent.reload(settings);
    health.update(config);
    scraped.update(config.metricsListen);
    for (const line of reloadLines(changes)) writeEntry(log, line);
    rareMemory.used();
  });

  await agent.ended;
  rareMemory.close();
  notify('STOPPING=1');
  await endLease(summaries, firewall, reporter);
  await Promise.all([health.close(), scraped.close(), control.close()]);
  await scripts.stop();
  writeEntry(log, stopLine(await lookAtTable(firewall), run.cleanupCommand));
  parts.http.close();
  parts.imds.close();
}

/** What the sources of answers share, with the context's place on disk. */
function sourceParts(
  { aws, config, effects, log }: AgentRun,
  boot: string,
  reporter: Reporter,
  rareMemory: RareMemory,
): SourceParts {
  const file = effects.contextFile(config.stateDir);
  return {
    ...aws,
    bootId: boot,
    readCache: () => file.read(),
    writeCache: (context) => {
      rareMemory.used();
      try {
        file.write({ bootId: boot, context });
        reporter.degraded('context file', null);
      } catch (error) {
        reporter.degraded('context file', (error as Error).message);
      }
    },
    refreshFailed: (message) =>
      log.warn({ event: 'context-stale' }, `context not refreshed, the last one goes on: ${message}`),
    refreshed: () => log.info({ event: 'context-refreshed' }, 'context refreshed again'),
    monotonicMs: hostClock.monotonicMs,
  };
}

function rereadOr(reread: () => ResolvedConfig, log: Log): ResolvedConfig | null {
  try {
    return reread();
  } catch (error) {
    log.error(
      { event: 'configuration' },
      `configuration not read again, nothing changed: ${(error as Error).message}`,
    );
    return null;
  }
}
