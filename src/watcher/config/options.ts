// The one table of the agent's options. The command line, the keys of the file, the names in the environment, --help,
// and --print-config all derive from it.
import { SIGNAL_SOURCES } from '../domain/signals.ts';
import type { AgentConfig, Setting } from './agent-config.ts';
import * as kinds from './value-kinds.ts';
import type { ValueKind } from './value-kinds.ts';

export interface OptionSpec<T> {
  /** Long option without its dashes. */
  readonly name: string;
  /** The value's name in help; null for a flag. */
  readonly placeholder: string | null;
  readonly kind: ValueKind<T>;
  readonly description: string;
  readonly default: T;
  /** What the option means without its value. */
  readonly bare: T;
  /** `paths` are made absolute against the working directory. */
  readonly isPath?: true;
  /** Sources that may set it; all three when absent. */
  readonly only?: 'command-line' | 'command-line-and-environment';
  /** An option of the Python tool: may be abbreviated, as argparse allowed. */
  readonly abbreviable?: true;
}

export type OptionTable = { readonly [S in Setting]: OptionSpec<AgentConfig[S]> };

const DAY_SECONDS = 86_400;
const ONE_WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const OPTIONS: OptionTable = {
  pollPeriodMs: {
    name: 'api-polling-period',
    placeholder: 'SECONDS',
    kind: kinds.seconds({ min: 1, max: 60, outside: 'clamp' }),
    description: 'time between two polls of the Interaction API, 1 to 60',
    default: 10_000,
    bare: 10_000,
    abbreviable: true,
  },
  ports: {
    name: 'on-draining-block-new-connections-to-ports',
    placeholder: 'PORT',
    kind: kinds.portRanges,
    description: 'TCP ports and ranges (80 8000-8100) that refuse new connections while the instance drains',
    default: [],
    bare: [],
    abbreviable: true,
  },
  configFile: {
    name: 'config',
    placeholder: 'FILE',
    kind: kinds.path,
    description: 'JSON file of options; its keys are these names with - or _',
    default: '/etc/cs-instance-watcher.json',
    bare: '/etc/cs-instance-watcher.json',
    isPath: true,
    only: 'command-line-and-environment',
    abbreviable: true,
  },
  scriptDir: {
    name: 'script-dir',
    placeholder: 'DIR',
    kind: kinds.path,
    description: 'scripts to run when the state changes, in one directory per state',
    default: '/etc/cs-instance-watcher.d',
    bare: '/etc/cs-instance-watcher.d',
    isPath: true,
    abbreviable: true,
  },
  instanceState: {
    name: 'instance-state',
    placeholder: 'STATE',
    kind: kinds.optional(kinds.text(/^[a-z][a-z0-9_-]{0,63}$/, 'a state such as draining')),
    description: 'act as if the API reported this state',
    default: null,
    bare: null,
    abbreviable: true,
  },
  staleContextAfterMs: {
    name: 'stale-context-timeout',
    placeholder: 'SECONDS',
    // Clamped, as 0 (never cached) was a value of the Python tool's command lines.
    kind: kinds.seconds({ min: 1, max: 30 * DAY_SECONDS, outside: 'clamp' }),
    description: 'how long instance tags and discovery are used before they are read again',
    default: 300_000,
    bare: 300_000,
    abbreviable: true,
  },
  force: {
    name: 'force',
    placeholder: null,
    kind: kinds.flag,
    description: 'act on a main fleet with target groups too',
    default: false,
    bare: true,
    abbreviable: true,
  },
  logFile: {
    name: 'log-file',
    placeholder: 'FILE',
    kind: kinds.optional(kinds.path, 'stderr'),
    description: 'log to this rotated file',
    default: null,
    bare: null,
    isPath: true,
    abbreviable: true,
  },
  logFileRotation: {
    name: 'log-file-rotate',
    placeholder: 'SPEC',
    kind: kinds.rotation,
    description: 'UNIT,INTERVAL,KEEP with UNIT s, m, h, d, midnight or w0 (Monday) to w6',
    default: { unit: 'D', interval: 1, backupCount: 7 },
    bare: { unit: 'D', interval: 1, backupCount: 7 },
    abbreviable: true,
  },
  logFormat: {
    name: 'log-format',
    placeholder: 'FORMAT',
    kind: kinds.choice('auto', 'text', 'json'),
    description: 'auto, text or json; auto is text on a terminal and json elsewhere',
    default: 'auto',
    bare: 'auto',
  },
  logLevel: {
    name: 'log-level',
    placeholder: 'LEVEL',
    kind: kinds.choice('error', 'warn', 'info', 'debug'),
    description: 'error, warn, info or debug',
    default: 'info',
    bare: 'info',
  },
  apiUrl: {
    name: 'api-url',
    placeholder: 'URL',
    kind: kinds.optional(kinds.url),
    description: 'Interaction API to ask, in place of discovery',
    default: null,
    bare: null,
  },
  instanceId: {
    name: 'instance-id',
    placeholder: 'ID',
    kind: kinds.optional(kinds.text(ONE_WORD, 'an instance id such as i-0123456789abcdef0')),
    description: 'instance to ask about, in place of the metadata service',
    default: null,
    bare: null,
  },
  region: {
    name: 'region',
    placeholder: 'REGION',
    kind: kinds.optional(kinds.text(ONE_WORD, 'a region such as eu-west-1')),
    description: 'AWS region, in place of the metadata service',
    default: null,
    bare: null,
  },
  allowFrom: {
    name: 'allow-from',
    placeholder: 'CIDR',
    kind: kinds.networks,
    description: 'sources that are never refused',
    default: [],
    bare: [],
  },
  includeLoopback: {
    name: 'include-loopback',
    placeholder: null,
    kind: kinds.flag,
    description: 'refuse new connections over loopback too',
    default: false,
    bare: true,
  },
  tableOwnership: {
    name: 'table-ownership',
    placeholder: 'MODE',
    kind: kinds.choice('auto', 'plain'),
    description: 'auto or plain; auto has the kernel (6.9 or later) protect the table',
    default: 'auto',
    bare: 'auto',
  },
  maxHoldMs: {
    name: 'max-hold',
    placeholder: 'SECONDS',
    kind: kinds.secondsOrUnlimited(365 * DAY_SECONDS),
    description: 'open the ports when the state has been unknown this long; 0 holds without limit',
    default: null,
    bare: null,
  },
  runScriptsAtStart: {
    name: 'run-scripts-at-start',
    placeholder: null,
    kind: kinds.flag,
    description: 'run the scripts for the first state seen, with no earlier state on record',
    default: false,
    bare: true,
  },
  drainOn: {
    name: 'drain-on',
    placeholder: 'SOURCE',
    kind: kinds.choices(...SIGNAL_SOURCES),
    description: `drain on what the instance metadata says too: ${SIGNAL_SOURCES.join(', ')}`,
    default: [],
    bare: SIGNAL_SOURCES,
  },
  refuseDelayMs: {
    name: 'refuse-delay',
    placeholder: 'SECONDS',
    kind: kinds.seconds({ min: 0, max: 3600, outside: 'error' }),
    description: 'refuse this long after the drain began; the listeners answer drain at once',
    default: 0,
    bare: 0,
  },
  drainTimeoutMs: {
    name: 'drain-timeout',
    placeholder: 'SECONDS',
    kind: kinds.secondsOrUnlimited(365 * DAY_SECONDS),
    description:
      'run the scripts in drained/ when a drain has lasted this long, whatever is left; 0 waits without limit',
    default: null,
    bare: null,
  },
  onDrainTimeout: {
    name: 'on-drain-timeout',
    placeholder: 'ACTION',
    kind: kinds.choice('keep', 'close'),
    description: 'keep or close: what happens then to the connections left',
    default: 'keep',
    bare: 'keep',
  },
  healthListen: {
    name: 'health-listen',
    placeholder: 'ADDRESS',
    kind: kinds.optional(kinds.listenAddress),
    description: 'answer health checks over HTTP here: 200, or 503 while draining',
    default: null,
    bare: null,
  },
  agentCheckListen: {
    name: 'agent-check-listen',
    placeholder: 'ADDRESS',
    kind: kinds.optional(kinds.listenAddress),
    description: "answer HAProxy's agent-check here",
    default: null,
    bare: null,
  },
  metricsListen: {
    name: 'metrics-listen',
    placeholder: 'ADDRESS',
    kind: kinds.optional(kinds.listenAddress),
    description: 'serve metrics to Prometheus here, at /metrics',
    default: null,
    bare: null,
  },
  hookTimeoutMs: {
    name: 'hook-timeout',
    placeholder: 'SECONDS',
    kind: kinds.seconds({ min: 1, max: DAY_SECONDS, outside: 'error' }),
    description: 'end a script that runs longer',
    default: 60_000,
    bare: 60_000,
  },
  stateDir: {
    name: 'state-dir',
    placeholder: 'DIR',
    kind: kinds.path,
    description: 'what survives a restart',
    default: '/var/lib/cs-instance-watcher',
    bare: '/var/lib/cs-instance-watcher',
    isPath: true,
  },
  runtimeDir: {
    name: 'runtime-dir',
    placeholder: 'DIR',
    kind: kinds.path,
    description: 'the lock and the control socket',
    default: '/run/cs-instance-watcher',
    bare: '/run/cs-instance-watcher',
    isPath: true,
  },
  dryRun: {
    name: 'dry-run',
    placeholder: null,
    kind: kinds.flag,
    description: 'touch nothing: log what would be done, beside an agent that runs',
    default: false,
    bare: true,
  },
  generateSystemd: {
    name: 'generate-systemd',
    placeholder: 'FILE',
    kind: kinds.optional(kinds.path),
    description: 'write a systemd unit that runs this command line, and exit',
    default: null,
    bare: '/etc/systemd/system/cs-instance-watcher.service',
    isPath: true,
    only: 'command-line',
    abbreviable: true,
  },
  doNotGenerateSystemd: {
    name: 'do-not-generate-systemd',
    placeholder: null,
    kind: kinds.flag,
    description: 'run, whatever --generate-systemd says',
    default: false,
    bare: true,
    only: 'command-line',
    abbreviable: true,
  },
  printConfig: {
    name: 'print-config',
    placeholder: null,
    kind: kinds.flag,
    description: 'show every option, its value and where that came from, and exit',
    default: false,
    bare: true,
    only: 'command-line',
  },
};

export const SETTINGS = Object.keys(OPTIONS) as readonly Setting[];

/** `CS_API_POLLING_PERIOD` for `api-polling-period`. */
export function environmentName(name: string): string {
  return `CS_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** `api_polling_period` for `api-polling-period`: the key a file is printed with; the dashed form is read too. */
export function fileKey(name: string): string {
  return name.replaceAll('-', '_');
}
