// The process around the agent: its log, its lock, its firewall and its signals.
import type { Environment } from '../../aws/http-agents.ts';
import { findIptablesChain } from '../../firewall/iptables.ts';
import type { ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { hostClock } from '../../watcher/clock.ts';
import { createLog, type Log } from '../../watcher/observe/log.ts';
import { StatusBoard } from '../../watcher/observe/status-board.ts';
import { teeLog } from '../../watcher/observe/status-errors.ts';
import { FOR_REAL } from './agent-mode.ts';
import { DRY_RUN } from './dry-run.ts';
import { EXIT } from './exit-status.ts';
import { OLD_CHAIN, oldChainWarning } from './old-chain.ts';
import { runAgent } from './run-agent.ts';
import { connectAws } from './settings.ts';

const SECOND_AGENT_ADVICE =
  'systemctl status cs-instance-watcher tells whose it is; stop that one first, or use --dry-run beside it';

export interface Surroundings {
  readonly env: Environment;
  readonly version: string;
  /** The command that opens the ports once the agent has ended, for the person who reads the log. */
  readonly cleanupCommand: string;
}

/**
 * Runs the agent until SIGTERM or SIGINT and returns the exit status. SIGHUP reads the configuration again.
 * Throws EnvironmentError when a variable for AWS cannot be used, NativeLoadError without the addon.
 */
export async function serve(
  given: ResolvedConfig,
  reread: () => ResolvedConfig,
  { env, version, cleanupCommand }: Surroundings,
): Promise<number> {
  const mode = given.config.dryRun ? DRY_RUN : FOR_REAL;
  const { config, warnings } = mode.follow(given);
  const aws = connectAws(env, version, config);
  const programLog = createLog({
    level: config.logLevel,
    format: config.logFormat,
    file: config.logFile,
    rotation: config.logFileRotation,
    journalStream: env.JOURNAL_STREAM,
  });
  const board = new StatusBoard({ version, pid: process.pid, clock: hostClock });
  const log = teeLog(mode.say(programLog), board);
  for (const warning of warnings) log.warn({ event: 'configuration' }, warning);
  // The lock before anything of netlink: a second agent must not even look busy.
  const lock = mode.takeLock(config.runtimeDir);
  if (lock.kind === 'held') {
    log.error({ event: 'locked' }, `${lock.message}: ${SECOND_AGENT_ADVICE}`);
    return EXIT.locked;
  }
  if (lock.kind === 'unavailable')
    log.error(
      { event: 'degraded', part: 'lock' },
      `degraded: lock: ${lock.problem}; a second agent would go unnoticed`,
    );
  const effects = mode.effects({ config, env, log });
  await warnOfOldChain(log);
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  let reload = (): void => {};
  process.on('SIGHUP', () => reload());
  try {
    await runAgent({
      config,
      version,
      aws,
      cleanupCommand,
      log,
      board,
      effects,
      holdsLock: lock.kind === 'taken',
      signal: ending.signal,
      onReload: (action) => {
        reload = action;
      },
      reread: () => mode.follow(reread()),
    });
    return EXIT.done;
  } finally {
    effects.firewall.close();
    if (lock.kind === 'taken') lock.release();
    programLog.close();
  }
}

/** The Python tool's rules are no more ours to remove than anybody else's, but whoever replaces it should know. */
async function warnOfOldChain(log: Log): Promise<void> {
  try {
    const warning = oldChainWarning(await findIptablesChain(OLD_CHAIN));
    if (warning !== null) log.warn({ event: 'old-chain' }, warning);
  } catch (error) {
    log.debug({ event: 'old-chain' }, `not looked for: ${(error as Error).message}`);
  }
}
