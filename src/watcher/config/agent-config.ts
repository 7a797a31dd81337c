// What the agent was asked to do, after every source was read: the values, where each came from, and the one error.
import type { PortRange } from '../domain/port-ranges.ts';
import type { SignalSource } from '../domain/signals.ts';
import type { ListenAddress } from './listen-address.ts';
import type { RotationSpec } from '../observe/rotation-spec.ts';

/** Every setting of the agent. Paths are absolute, durations in milliseconds. `options.ts` has one row for each. */
export interface AgentConfig {
  /** 1,000 to 60,000. */
  readonly pollPeriodMs: number;
  /** Canonical (see `mergePortRanges`); empty means scripts only. */
  readonly ports: readonly PortRange[];
  readonly configFile: string;
  readonly scriptDir: string;
  /** Stands in for the state the API reports; null when not overridden. */
  readonly instanceState: string | null;
  readonly staleContextAfterMs: number;
  readonly force: boolean;
  /** null is stderr. */
  readonly logFile: string | null;
  readonly logFileRotation: RotationSpec;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  /** No trailing slash; null means discovery. */
  readonly apiUrl: string | null;
  readonly instanceId: string | null;
  readonly region: string | null;
  /** Canonical CIDR strings (see `canonicalCidrs`). */
  readonly allowFrom: readonly string[];
  readonly includeLoopback: boolean;
  readonly tableOwnership: 'auto' | 'plain';
  /** null holds without limit. */
  readonly maxHoldMs: number | null;
  readonly runScriptsAtStart: boolean;
  /** Other reasons to drain than the API's. */
  readonly drainOn: readonly SignalSource[];
  /** From the verdict to the first refusal. */
  readonly refuseDelayMs: number;
  /** null waits without limit. */
  readonly drainTimeoutMs: number | null;
  readonly onDrainTimeout: 'keep' | 'close';
  /** null does not listen. */
  readonly healthListen: ListenAddress | null;
  readonly agentCheckListen: ListenAddress | null;
  readonly metricsListen: ListenAddress | null;
  /** Nothing is touched; what would be done is logged. */
  readonly dryRun: boolean;
  /** How long one script may run before it is sent SIGTERM. */
  readonly hookTimeoutMs: number;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** The unit file to write instead of running; null when not asked for or suppressed. */
  readonly generateSystemd: string | null;
  readonly doNotGenerateSystemd: boolean;
  readonly printConfig: boolean;
}

export type Setting = keyof AgentConfig;
export type LogFormat = 'auto' | 'text' | 'json';
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Which source a value came from, and its name there: `--force`, `CS_FORCE`, or the file's path. */
export type Origin =
  | { readonly from: 'command-line'; readonly name: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'file'; readonly name: string }
  | { readonly from: 'default' };

export interface ResolvedConfig {
  readonly config: AgentConfig;
  readonly origins: Readonly<Record<Setting, Origin>>;
  /** One line each, for the log: values that were adjusted. */
  readonly warnings: readonly string[];
}

/** A command line (`usage`), environment or file (`configuration`) that cannot be followed: one line, exit status 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: 'usage' | 'configuration';

  constructor(code: 'usage' | 'configuration', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
