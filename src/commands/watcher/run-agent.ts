// Runs the agent: lock, adopt, ready, loop, and the signals that reload and end it.
import { randomUUID } from 'node:crypto';
import type { Firewall } from '../../firewall/firewall.ts';
import { lookAtTable } from '../../firewall/look.ts';
import { hostClock } from '../../watcher/clock.ts';
import type { AgentConfig, ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { configChanges } from '../../watcher/config/config-changes.ts';
import { adopt } from '../../watcher/domain/adopt.ts';
import { recordedState } from '../../watcher/domain/agent-state.ts';
import type { TableObservation } from '../../watcher/domain/desired-firewall.ts';
import type { HookReport } from '../../watcher/hooks/hook-report.ts';
import { createHookRunner } from '../../watcher/hooks/runner.ts';
import { startAgent } from '../../watcher/loop.ts';
import { hookLine, unfinishedHooksLine } from '../../watcher/observe/hook-line.ts';
import type { Log } from '../../watcher/observe/log.ts';
import { writeEntry } from '../../watcher/observe/log-entry.ts';
import { LogReporter } from '../../watcher/observe/reporter.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { ContextFile } from '../../watcher/state/context-file.ts';
import { RecordFile } from '../../watcher/state/record-file.ts';
import { RecordKeeper } from '../../watcher/state/record-keeper.ts';
import { type AwsClients, settingsFor } from './settings.ts';

export interface AgentRun {
  readonly config: AgentConfig;
  readonly version: string;
  readonly aws: AwsClients;
  readonly cleanupCommand: string;
  readonly log: Log;
  readonly firewall: Firewall;
  /** Tells the service manager one assignment per line; does nothing where there is none. */
  readonly notify: (text: string) => void;
  /** Aborts to end the agent. */
  readonly signal: AbortSignal;
  /** Registers what to do on SIGHUP. */
  readonly onReload: (reload: () => void) => void;
  /** Reads the configuration again, from the same sources. Throws ConfigError. */
  readonly reread: () => ResolvedConfig;
}

/** Runs until the signal aborts. Ready before anything is asked of the network; a drain stays closed when it returns. */
export async function runAgent(run: AgentRun): Promise<void> {
  const { log, firewall, notify } = run;
  let config = run.config;
  const boot = bootId();
  const contextFile = new ContextFile(config.stateDir);
  const parts = {
    ...run.aws,
    bootId: boot,
    readCache: () => contextFile.read(),
    writeCache: (context: Parameters<ContextFile['write']>[0]['context']) => {
      const problem = attempt(() => contextFile.write({ bootId: boot, context }));
      reporter.degraded('context file', problem);
    },
    refreshFailed: (message: string) =>
      log.warn({ event: 'context-stale' }, `context not refreshed, the last one goes on: ${message}`),
    monotonicMs: hostClock.monotonicMs,
  };
  const reporter = new LogReporter(log, notify);

  const recordFile = new RecordFile(config.stateDir, boot);
  const { record, problem } = recordFile.read();
  if (problem !== null) log.warn({ event: 'record-ignored' }, problem);
  const table = await lookAtTable(firewall);
  const initial = adopt(record?.state ?? null, table);
  const keeper = new RecordKeeper(recordFile, recordedState(initial), (trouble) =>
    reporter.degraded('record', trouble),
  );
  const unfinished = record?.unfinishedHooks ?? [];
  for (const hooks of unfinished) writeEntry(log, unfinishedHooksLine(hooks));
  // What was told once is not told again at the next start.
  if (unfinished.length > 0) keeper.save(recordedState(initial));
  const hooks = createHookRunner({
    settings: () => ({ scriptDir: config.scriptDir, timeoutMs: config.hookTimeoutMs }),
    onBegin: (transition) => keeper.hooksBegan(transition),
    onReport: (report) => {
      if (report.kind === 'superseded') keeper.hooksSuperseded(report.transition);
      if (hasEnded(report)) keeper.hooksEnded(report.transition);
      writeEntry(log, hookLine(report));
    },
  });

  log.info(
    { event: 'started', table: table.table, recorded: initial.instanceState },
    startMessage(run.version, initial.desired, table),
  );
  if (config.ports.length === 0) {
    log.info(
      { event: 'no-ports' },
      'no ports are given (--on-draining-block-new-connections-to-ports): only scripts run, no connection is refused',
    );
  }
  notify('READY=1\nSTATUS=waiting for the API');
  const agent = startAgent(
    initial,
    settingsFor(config, parts),
    {
      firewall,
      clock: hostClock,
      random: Math.random,
      record: keeper,
      hooks: {
        submit: (transition) => {
          keeper.hooksSubmitted(transition);
          hooks.submit(transition);
        },
      },
      reporter,
      newId: randomUUID,
    },
    run.signal,
  );
  run.onReload(() => {
    const reread = rereadOr(run.reread, log);
    if (reread === null) return;
    const { applied, atRestart } = configChanges(config, reread.config);
    config = reread.config;
    for (const warning of reread.warnings) log.warn({ event: 'configuration' }, warning);
    // A role attached since is found at once, not at the next recheck.
    parts.credentials.forget();
    agent.reload(settingsFor(config, parts));
    log.info(
      { event: 'reloaded', applied },
      `configuration read again: ${applied.join(', ') || 'nothing'} changed`,
    );
    if (atRestart.length > 0)
      log.warn(
        { event: 'configuration', atRestart },
        `${atRestart.join(', ')}: changed too, in force after a restart`,
      );
  });

  await agent.ended;
  notify('STOPPING=1');
  await hooks.stop();
  const left = await lookAtTable(firewall);
  log.info({ event: 'stopped', table: left.table }, stopMessage(left, run.cleanupCommand));
  parts.http.close();
  parts.imds.close();
}

/** Whether scripts that began have ended; those that the end of the agent interrupts or keeps from beginning stay on record. */
function hasEnded(report: HookReport): boolean {
  switch (report.kind) {
    case 'completed':
      return !report.interrupted;
    case 'malformed-state':
    case 'given-up':
      return true;
    default:
      return false;
  }
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

function attempt(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function startMessage(version: string, desired: string, table: TableObservation): string {
  const found = table.table === 'ours' ? 'a drain table is in place' : 'no drain table is in place';
  const drain = desired === 'refuse' ? 'the drain of before goes on' : 'waiting for the API';
  return `cs-instance-watcher ${version}: ${table.table === 'unknown' ? '' : `${found}, `}${drain}`;
}

function stopMessage(left: TableObservation, cleanupCommand: string): string {
  return left.table === 'ours'
    ? `stopped; new connections stay refused, to open the ports: ${cleanupCommand}`
    : 'stopped';
}
