// Precedence: command line, environment, file, default. Each value keeps where it came from.
import { resolve as resolvePath } from 'node:path';
import {
  type AgentConfig,
  ConfigError,
  type Origin,
  type ResolvedConfig,
  type Setting,
} from './agent-config.ts';
import { conflictIn } from './conflicts.ts';
import type { GivenOptions } from './command-line.ts';
import { type FileEntry, readConfigFile } from './config-file.ts';
import { environmentName, OPTIONS, type OptionSpec, SETTINGS } from './options.ts';

export interface ConfigSources {
  readonly given: GivenOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths are taken from here. */
  readonly cwd: string;
}

/** Variables of ours that are no options, beside those of `cs-interact`. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['CS_NATIVE_DIR', 'CS_PROGRAM_PATH']);

type FileEntries = ReadonlyMap<Setting, FileEntry>;

interface Candidate<T> {
  readonly value: T;
  readonly origin: Origin;
  readonly warning?: string;
}

/**
 * Reads the configuration file and settles every option. Called again on SIGHUP with the same sources.
 * A value that is wrong is an error even where a stronger source overrides it. Throws `ConfigError`.
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const entries = readNamedFile(sources, settle('configFile', sources, null));
  const values: { -readonly [S in Setting]?: AgentConfig[S] } = {};
  const origins: Partial<Record<Setting, Origin>> = {};
  const warnings: string[] = [];
  const add = <S extends Setting>(setting: S): void => {
    const { value, origin, warning } = settle(setting, sources, entries);
    values[setting] = value;
    origins[setting] = origin;
    if (warning !== undefined) warnings.push(warning);
  };
  for (const setting of SETTINGS) add(setting);
  if (values.doNotGenerateSystemd) values.generateSystemd = null;
  const conflict = conflictIn(values as AgentConfig);
  if (conflict !== null) throw new ConfigError('configuration', conflict);
  warnings.push(...unknownVariables(sources), ...withoutEffect(sources));
  return { config: values as AgentConfig, origins: origins as Record<Setting, Origin>, warnings };
}

/**
 * Settles only some options, for a command that must do its work whatever the rest says: what is wrong in the file or in the
 * environment is passed over with a warning. What is wrong on the command line throws `ConfigError`.
 */
export function resolveLeniently<S extends Setting>(
  settings: readonly S[],
  sources: ConfigSources,
): { readonly config: Pick<AgentConfig, S>; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const passOver = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError) || error.code === 'usage') throw error;
      warnings.push(`${error.message}; passed over`);
      return null;
    }
  };
  const configFile = settle('configFile', sources, null, passOver);
  const entries = passOver(() => readNamedFile(sources, configFile));
  const config: { -readonly [K in Setting]?: AgentConfig[K] } = {};
  const add = <K extends Setting>(setting: K): void => {
    config[setting] = settle(setting, sources, entries, passOver).value;
  };
  for (const setting of settings) add(setting);
  return { config: config as Pick<AgentConfig, S>, warnings: [...new Set(warnings)] };
}

function readNamedFile(sources: ConfigSources, configFile: Candidate<string>): FileEntries | null {
  const entries = readConfigFile(configFile.value);
  if (entries === null && isNamed(sources, configFile.origin)) {
    throw new ConfigError(
      'configuration',
      `${configFile.value}: no such file (named by ${nameOf(configFile.origin)})`,
    );
  }
  return entries;
}

/** `attempt` may keep what a source is wrong about from being thrown. */
function settle<S extends Setting>(
  setting: S,
  sources: ConfigSources,
  entries: FileEntries | null,
  attempt: <T>(read: () => T) => T | null = (read) => read(),
): Candidate<AgentConfig[S]> {
  const spec: OptionSpec<AgentConfig[S]> = OPTIONS[setting];
  const fromFile = attempt(() => fileCandidate(setting, spec, entries));
  const fromEnvironment = attempt(() => environmentCandidate(spec, sources));
  const fromCommandLine = commandLineCandidate(setting, spec, sources);
  const strongest: Candidate<AgentConfig[S]> = fromCommandLine ??
    fromEnvironment ??
    fromFile ?? { value: spec.default, origin: { from: 'default' } };
  return spec.isPath === true ? { ...strongest, value: absolute(strongest.value, sources.cwd) } : strongest;
}

function commandLineCandidate<S extends Setting>(
  setting: S,
  spec: OptionSpec<AgentConfig[S]>,
  { given }: ConfigSources,
): Candidate<AgentConfig[S]> | null {
  const words = given.get(setting);
  if (words === undefined) return null;
  const name = `--${spec.name}`;
  const origin: Origin = { from: 'command-line', name };
  if (words.length === 0) return { value: spec.bare, origin };
  return read('usage', name, spec, spec.kind.takes === 'many' ? words : words.at(-1), origin);
}

/** An empty variable is one that is not set. */
function environmentCandidate<T>(spec: OptionSpec<T>, { env }: ConfigSources): Candidate<T> | null {
  const name = environmentName(spec.name);
  const input = spec.only === 'command-line' ? undefined : env[name];
  if (input === undefined || input === '') return null;
  return read('configuration', `${name} in the environment`, spec, input, { from: 'environment', name });
}

function fileCandidate<S extends Setting>(
  setting: S,
  spec: OptionSpec<AgentConfig[S]>,
  entries: FileEntries | null,
): Candidate<AgentConfig[S]> | null {
  const entry = entries?.get(setting);
  if (entry === undefined) return null;
  const { file, key, value } = entry;
  return read('configuration', `${file}: ${key}`, spec, value, { from: 'file', name: file });
}

function read<T>(
  code: ConfigError['code'],
  label: string,
  spec: OptionSpec<T>,
  input: unknown,
  origin: Origin,
): Candidate<T> {
  try {
    const { value, warning } = spec.kind.read(input);
    return warning === undefined ? { value, origin } : { value, origin, warning: `${label}: ${warning}` };
  } catch (error) {
    throw new ConfigError(code, `${label}: ${(error as Error).message}`, error);
  }
}

/** A misspelt variable would otherwise do nothing, and nobody would know. */
function unknownVariables({ env }: ConfigSources): string[] {
  const known = new Set(
    SETTINGS.filter((setting) => OPTIONS[setting].only !== 'command-line').map((setting) =>
      environmentName(OPTIONS[setting].name),
    ),
  );
  const isOurs = (name: string): boolean =>
    known.has(name) || OTHER_VARIABLES.has(name) || name.startsWith('CS_INTERACT_');
  return Object.keys(env)
    .filter((name) => name.startsWith('CS_') && !isOurs(name))
    .sort()
    .map((name) => `${name} in the environment: is not an option that can be set there, ignored`);
}

/** Whoever set it believes that any server is trusted now. */
function withoutEffect({ env }: ConfigSources): string[] {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return [];
  const advice = 'certificates are always verified, AWS_CA_BUNDLE names a file of others to trust';
  return [`NODE_TLS_REJECT_UNAUTHORIZED in the environment: ignored, ${advice}`];
}

function absolute<T>(value: T, cwd: string): T {
  return typeof value === 'string' ? (resolvePath(cwd, value) as T & string) : value;
}

/** Only a file somebody named must exist: a bare `--config` means the default one. */
function isNamed({ given }: ConfigSources, origin: Origin): boolean {
  return origin.from === 'environment' || (given.get('configFile')?.length ?? 0) > 0;
}

function nameOf(origin: Origin): string {
  return origin.from === 'default' ? 'default' : origin.name;
}
