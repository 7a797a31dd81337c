// Nothing of the machine on which an image is made may be in it: no state, no log, no key, no name of that machine.
import { basename, dirname, join } from 'node:path';
import { sharedFiles } from '../../../../aws/profile.ts';
import type { Origin } from '../../../../watcher/config/agent-config.ts';
import { shellWord } from '../../../../watcher/domain/shell-word.ts';
import { type Check, type Finding, notRun, ok, problem, someOf } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';
import type { Subject } from '../subject.ts';
import { dropIns, UNIT, UNIT_DIRECTORIES } from '../unit-files.ts';

export interface Trace {
  readonly what: string;
  readonly remedy: string;
}

const KEY_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
const ACCESS_KEY = /\b(AKIA|ASIA)[A-Z0-9]{16}\b/;
const SECRET = /\baws_(secret_access_key|session_token)\b["']?\s*[=:]/i;
/** As an option of a command line, or as a variable. */
const INSTANCE_SETTING = /(?:^|[\s"'=])(--instance-(?:id|state)[\s=]|CS_INSTANCE_(?:ID|STATE)=)/;

export const builderTraces: Check = {
  id: 'builder-traces',
  title: 'traces of the builder',
  place: 'bake',
  look: (subject) => {
    const { host, config } = subject;
    const hidden = [config.stateDir, config.configFile].filter((path) => isHidden(host, path));
    return judgeTraces(tracesOf(subject), hidden);
  },
};

export function judgeTraces(traces: readonly Trace[], hidden: readonly string[]): Finding {
  if (traces.length > 0) {
    const remedies = [...new Set(traces.map(({ remedy }) => remedy))];
    return problem(
      someOf(
        traces.map(({ what }) => what),
        8,
      ),
      remedies.join(' && '),
    );
  }
  if (hidden.length > 0) return notRun(`${hidden.join(' and ')} may not be read`, 'run it as root');
  return ok('no state, log, key or instance of the builder');
}

/** What is left of the builder. No secret is repeated. */
export function tracesOf({
  host,
  config,
  origins,
  env,
}: Pick<Subject, 'host' | 'config' | 'origins' | 'env'>): Trace[] {
  const service = [...SERVICE_FILES, ...dropIns(host)];
  return [
    ...filesIn(host, config.stateDir),
    ...(config.logFile === null ? [] : logsOf(host, config.logFile)),
    ...keysInFiles(host, [config.configFile, ...service, ...sharedFilesOf(env)]),
    ...service.flatMap((path) => namesInFile(host, path)),
    ...KEY_VARIABLES.filter((name) => env[name]).map((name) => ({
      what: `${name} is in the environment`,
      remedy: `unset ${name}`,
    })),
    ...namesOfInstance(config, origins),
  ];
}

/** Where a service gets its command line and its environment from. */
const SERVICE_FILES = [
  ...UNIT_DIRECTORIES.map((directory) => join(directory, UNIT)),
  '/etc/default/cs-instance-watcher',
  '/etc/sysconfig/cs-instance-watcher',
  '/etc/environment',
];

function sharedFilesOf(env: Subject['env']): string[] {
  const { configFile, credentialsFile } = sharedFiles(env);
  return [...new Set([configFile, credentialsFile, '/root/.aws/config', '/root/.aws/credentials'])];
}

function filesIn(host: HostFiles, directory: string): Trace[] {
  return (seen(host.names(directory)) ?? []).map((name) => {
    const path = join(directory, name);
    return { what: `${path} is there`, remedy: `rm -rf ${shellWord(path)}` };
  });
}

/** The log, and the files that its rotation left beside it. */
function logsOf(host: HostFiles, logFile: string): Trace[] {
  const names = seen(host.names(dirname(logFile))) ?? [];
  return names
    .filter((name) => name === basename(logFile) || name.startsWith(`${basename(logFile)}.`))
    .map((name) => join(dirname(logFile), name))
    .map((path) => ({ what: `log ${path} is there`, remedy: `rm ${shellWord(path)}` }));
}

function keysInFiles(host: HostFiles, paths: readonly string[]): Trace[] {
  return [...new Set(paths)].flatMap((path) => {
    const line = host.lines(path).findIndex((text) => ACCESS_KEY.test(text) || SECRET.test(text));
    return line === -1
      ? []
      : [
          {
            what: `an AWS key is in ${path}`,
            remedy: `take the key out of ${shellWord(path)}, and give the instance a role`,
          },
        ];
  });
}

/** Settings that name one instance, wherever they would be read again in the image. */
function namesOfInstance(
  config: Subject['config'],
  origins: Readonly<Record<'instanceId' | 'instanceState', Origin>>,
): Trace[] {
  return (['instanceId', 'instanceState'] as const).flatMap((setting) => {
    const [value, origin] = [config[setting], origins[setting]];
    if (value === null || origin.from === 'default') return [];
    const option = setting === 'instanceId' ? 'instance-id' : 'instance-state';
    return [
      {
        what: `${option} ${value} is set (${origin.name}) for every instance`,
        remedy: `take ${option} out of ${shellWord(origin.name)}`,
      },
    ];
  });
}

/** The same in what the service is started with, which doctor itself need not have been given. */
function namesInFile(host: HostFiles, path: string): Trace[] {
  const text = host.lines(path).filter((line) => !/^\s*[#;]/.test(line));
  const setting = text.map((line) => INSTANCE_SETTING.exec(line)?.[1]).find((one) => one !== undefined);
  if (setting === undefined) return [];
  const option = setting.replace(/[\s=]$/, '');
  return [
    {
      what: `${option} is set for every instance in ${path}`,
      remedy: `take ${option} out of ${shellWord(path)}`,
    },
  ];
}

function isHidden(host: HostFiles, path: string): boolean {
  const stats = host.stats(path);
  if (stats.kind !== 'seen') return stats.kind === 'hidden';
  return (stats.value.isDirectory() ? host.names(path) : host.text(path)).kind === 'hidden';
}
