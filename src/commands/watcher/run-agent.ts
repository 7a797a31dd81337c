// Runs the agent: adopt what is there, be ready, loop, take up a new configuration, end.
import { randomUUID } from 'node:crypto';
import type { Firewall } from '../../firewall/firewall.ts';
import { lookAtTable } from '../../firewall/look.ts';
import { hostClock } from '../../watcher/clock.ts';
import type { AgentConfig, ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { configChanges } from '../../watcher/config/config-changes.ts';
import { adopt } from '../../watcher/domain/adopt.ts';
import { type AgentState, recordedState } from '../../watcher/domain/agent-state.ts';
import type { TableObservation } from '../../watcher/domain/desired-firewall.ts';
import { startAgent } from '../../watcher/loop.ts';
import { NO_PORTS_LINE, reloadLines, startLine, stopLine } from '../../watcher/observe/agent-line.ts';
import { unfinishedHooksLine } from '../../watcher/observe/hook-line.ts';
import type { Log } from '../../watcher/observe/log.ts';
import { writeEntry } from '../../watcher/observe/log-entry.ts';
import { LogReporter } from '../../watcher/observe/reporter.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { ContextFile } from '../../watcher/state/context-file.ts';
import { RecordFile } from '../../watcher/state/record-file.ts';
import { RecordKeeper } from '../../watcher/state/record-keeper.ts';
import { recordedScripts } from './scripts.ts';
import { type AwsClients, type SourceParts, settingsFor } from './settings.ts';

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
  const reporter = new LogReporter(log, notify);
  const parts = sourceParts(run, boot, reporter);

  const table = await lookAtTable(firewall);
  const { initial, record } = takeUpRecord(new RecordFile(config.stateDir, boot), table, reporter, log);
  const scripts = recordedScripts(
    () => ({ scriptDir: config.scriptDir, timeoutMs: config.hookTimeoutMs }),
    record,
    log,
  );
  writeEntry(log, startLine(run.version, table, initial.desired, initial.instanceState));
  if (config.ports.length === 0) writeEntry(log, NO_PORTS_LINE);
  notify('READY=1\nSTATUS=waiting for the API');

  const ports = {
    firewall,
    clock: hostClock,
    random: Math.random,
    record,
    hooks: scripts,
    reporter,
    newId: randomUUID,
  };
  const agent = startAgent(initial, settingsFor(config, parts), ports, run.signal);
  run.onReload(() => {
    const next = rereadOr(run.reread, log);
    if (next === null) return;
    const changes = configChanges(config, next.config);
    config = next.config;
    for (const warning of next.warnings) log.warn({ event: 'configuration' }, warning);
    // A role attached since is found at once, not at the next recheck.
    parts.credentials.forget();
    agent.reload(settingsFor(config, parts));
    for (const line of reloadLines(changes)) writeEntry(log, line);
  });

  await agent.ended;
  notify('STOPPING=1');
  await scripts.stop();
  writeEntry(log, stopLine(await lookAtTable(firewall), run.cleanupCommand));
  parts.http.close();
  parts.imds.close();
}

/** Where to begin, by the record of this boot; what an earlier agent left unfinished is told, once. */
function takeUpRecord(
  file: RecordFile,
  table: TableObservation,
  reporter: LogReporter,
  log: Log,
): { initial: AgentState; record: RecordKeeper } {
  const { record: found, problem } = file.read();
  if (problem !== null) log.warn({ event: 'record-ignored' }, problem);
  const initial = adopt(found?.state ?? null, table);
  const record = new RecordKeeper(file, recordedState(initial), (trouble) =>
    reporter.degraded('record', trouble),
  );
  const unfinished = found?.unfinishedHooks ?? [];
  for (const hooks of unfinished) writeEntry(log, unfinishedHooksLine(hooks));
  // What was told once is not told again at the next start.
  if (unfinished.length > 0) record.save(recordedState(initial));
  return { initial, record };
}

/** What the sources of answers share, with the context's place on disk. */
function sourceParts({ aws, config, log }: AgentRun, boot: string, reporter: LogReporter): SourceParts {
  const file = new ContextFile(config.stateDir);
  return {
    ...aws,
    bootId: boot,
    readCache: () => file.read(),
    writeCache: (context) => {
      try {
        file.write({ bootId: boot, context });
        reporter.degraded('context file', null);
      } catch (error) {
        reporter.degraded('context file', (error as Error).message);
      }
    },
    refreshFailed: (message) =>
      log.warn({ event: 'context-stale' }, `context not refreshed, the last one goes on: ${message}`),
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
