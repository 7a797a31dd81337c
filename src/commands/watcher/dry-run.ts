// `--dry-run`: the whole agent, with adapters that read and remember where the real ones change something.
import { hostClock } from '../../watcher/clock.ts';
import type { ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { dryRunLog } from '../../watcher/observe/log-dry-run.ts';
import type { Log } from '../../watcher/observe/log.ts';
import { ContextFile } from '../../watcher/state/context-file.ts';
import { RecordFile, type RecordRead } from '../../watcher/state/record-file.ts';
import { type AgentMode, realFirewall, UNWATCHED } from './agent-mode.ts';
import { DryRunFirewall } from './dry-run-firewall.ts';
import { judgingRunner } from './dry-run-scripts.ts';

/** In so many polls an agent beside this one has acted on the same answer. */
const POLLS_TO_AGREE = 2;

/** Says what it would do, and may run beside an agent that does it: nothing is written, started, listened on or changed. */
export const DRY_RUN: AgentMode = {
  follow: withoutTraces,
  say: dryRunLog,
  // Whoever writes nothing keeps nobody out.
  takeLock: () => ({ kind: 'taken', release: () => {} }),
  effects({ config, log }) {
    log.info(
      { event: 'dry-run' },
      'nothing is touched: no table, no script, no file, no socket; the log goes to stderr',
    );
    return {
      firewall: new DryRunFirewall(realFirewall(config), {
        clock: hostClock,
        differsAfterMs: POLLS_TO_AGREE * config.pollPeriodMs,
        onDifference: (difference) => tellDifference(difference, log),
      }),
      notify: () => {},
      watchdog: UNWATCHED,
      createRunner: (options) => judgingRunner(options, log),
      recordFile(stateDir, bootId) {
        const file = new RecordFile(stateDir, bootId);
        return { path: file.path, read: () => withoutHooks(file.read()), write: () => {} };
      },
      contextFile(stateDir) {
        const file = new ContextFile(stateDir);
        return { read: () => file.read(), write: () => {} };
      },
      openControl: () => ({ close: async () => {} }),
    };
  },
};

/** A log file and a listener may be those of the agent beside. */
function withoutTraces(resolved: ResolvedConfig): ResolvedConfig {
  const traces = { logFile: null, healthListen: null, agentCheckListen: null, metricsListen: null };
  return { ...resolved, config: { ...resolved.config, ...traces } };
}

/** What the record says of scripts that have not ended is the business of the agent that runs them. */
function withoutHooks({ record, problem }: RecordRead): RecordRead {
  return { record: record === null ? null : { ...record, unfinishedHooks: [] }, problem };
}

function tellDifference(difference: string | null, log: Log): void {
  if (difference === null)
    log.info({ event: 'table-agrees' }, 'the kernel has what this agent would have there');
  else log.warn({ event: 'table-differs' }, difference);
}
