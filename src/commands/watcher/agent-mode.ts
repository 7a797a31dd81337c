// What an agent does to the host it runs on, each thing behind an adapter; `--dry-run` brings others (dry-run.ts).
import type { Environment } from '../../aws/http-agents.ts';
import type { Firewall } from '../../firewall/firewall.ts';
import { openFirewall } from '../../firewall/native-firewall.ts';
import { ReopeningFirewall } from '../../firewall/reopening-firewall.ts';
import { isWatchdogAsked, notify, signOfLife } from '../../firewall/service-manager.ts';
import type { AgentConfig, ResolvedConfig } from '../../watcher/config/agent-config.ts';
import { createHookRunner, type HookRunnerOptions, type ScriptRunner } from '../../watcher/hooks/runner.ts';
import type { Log } from '../../watcher/observe/log.ts';
import type { Watchdog } from '../../watcher/ports.ts';
import { ContextFile } from '../../watcher/state/context-file.ts';
import { RecordFile } from '../../watcher/state/record-file.ts';
import { type AgentControl, openAgentControl } from './agent-control.ts';
import { ServiceNotices } from './service-notices.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

export interface AgentMode {
  /** The configuration, as far as this mode follows it. */
  readonly follow: (resolved: ResolvedConfig) => ResolvedConfig;
  /** The log, as this mode speaks. */
  readonly say: (log: Log) => Log;
  /** Throws NativeLoadError. */
  readonly takeLock: (runtimeDir: string) => WriterLock;
  readonly effects: (parts: EffectParts) => Effects;
}

export interface EffectParts {
  readonly config: AgentConfig;
  readonly env: Environment;
  readonly log: Log;
}

/** Everything by which an agent leaves a trace. */
export interface Effects {
  readonly firewall: Firewall;
  /** Tells the service manager one assignment per line; does nothing where there is none. */
  readonly notify: (text: string) => void;
  /** Fed only where the service manager asked for it. */
  readonly watchdog: Watchdog;
  readonly createRunner: (options: HookRunnerOptions) => ScriptRunner;
  readonly recordFile: (stateDir: string, bootId: string) => Pick<RecordFile, 'path' | 'read' | 'write'>;
  readonly contextFile: (stateDir: string) => Pick<ContextFile, 'read' | 'write'>;
  readonly openControl: (control: AgentControl) => { close(): Promise<void> };
}

/** The agent as it runs: what it decides, it does. */
export const FOR_REAL: AgentMode = {
  follow: (resolved) => resolved,
  say: (log) => log,
  takeLock: takeWriterLock,
  effects({ config, env, log }) {
    const notices = new ServiceNotices(
      (text) => notify(env.NOTIFY_SOCKET, text),
      (problem) => log.debug({ event: 'notify' }, problem),
    );
    return {
      firewall: realFirewall(config),
      notify: (text) => notices.tell(text),
      watchdog: isWatchdogAsked(env, process.pid)
        ? { feed: (withinMs) => notices.tell(signOfLife(withinMs)) }
        : UNWATCHED,
      createRunner: createHookRunner,
      recordFile: (stateDir, bootId) => new RecordFile(stateDir, bootId),
      contextFile: (stateDir) => new ContextFile(stateDir),
      openControl: openAgentControl,
    };
  },
};

/** Nobody waits for a sign of life. */
export const UNWATCHED: Watchdog = { feed: () => {} };

/** The kernel's, opened at its first use. */
export function realFirewall({ tableOwnership }: Pick<AgentConfig, 'tableOwnership'>): Firewall {
  return new ReopeningFirewall(() => openFirewall({ ownership: tableOwnership }));
}
