// The agent's command line, by commander from the table of options: words as given, not yet read as values.
import { Command, CommanderError, Option } from 'commander';
import { ConfigError, type Setting } from './agent-config.ts';
import { toCurrentArguments } from './field-arguments.ts';
import { OPTIONS, type OptionSpec, SETTINGS } from './options.ts';

/** The words given for each option; none when the option stands bare. */
export type GivenOptions = ReadonlyMap<Setting, readonly string[]>;

export type CommandLine =
  | { readonly kind: 'run'; readonly given: GivenOptions }
  /** Help or version: print it on stdout and exit 0. */
  | { readonly kind: 'show'; readonly text: string };

export interface ProgramDescription {
  readonly version: string;
  /** Printed after the options in help. */
  readonly epilogue?: string;
}

/** What `cleanup` must know. */
export const CLEANUP_SETTINGS = ['configFile', 'runtimeDir', 'stateDir', 'tableOwnership'] as const;

/**
 * Parses the agent's arguments (without runtime and script).
 * Throws `ConfigError` with code `usage`, one line that names the nearest option where there is one.
 */
export function parseCommandLine(args: readonly string[], program: ProgramDescription): CommandLine {
  const [first] = args;
  if (first !== undefined && /^[^-]/.test(first)) {
    throw new ConfigError(
      'usage',
      `${JSON.stringify(first)} is not a command: the only command is cleanup; options begin with --, see --help`,
    );
  }
  const command = new Command('cs-instance-watcher')
    .description(
      "Refuses new TCP connections while CloneSquad drains this instance; runs the operator's scripts.",
    )
    .usage('[options]')
    .version(program.version, '-V, --version', 'show the version')
    .addHelpText('after', program.epilogue === undefined ? '' : `\n${program.epilogue}`);
  return parse(command, SETTINGS, args);
}

/** Parses what follows `cleanup`. Throws `ConfigError` with code `usage`. */
export function parseCleanupLine(args: readonly string[]): CommandLine {
  const command = new Command('cs-instance-watcher cleanup')
    .description(
      'Opens the ports when no agent runs: removes the drain table, and the drain from the record.',
    )
    .usage('[--runtime-dir DIR] [--state-dir DIR] [--config FILE]');
  return parse(command, CLEANUP_SETTINGS, args);
}

function parse(command: Command, settings: readonly Setting[], args: readonly string[]): CommandLine {
  const given = new Map<Setting, string[]>();
  let shown = '';
  command
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ optionTerm: (option) => option.flags.replace('[BOOLEAN]', '[true|false]') })
    .configureOutput({ writeOut: (text) => (shown += text), writeErr: () => {} })
    .exitOverride();
  for (const setting of settings) {
    const spec = OPTIONS[setting] as OptionSpec<unknown>;
    command.addOption(new Option(flags(spec), describe(spec)));
    command.on(`option:${spec.name}`, (word: string | null) => {
      const before = spec.kind.takes === 'many' ? (given.get(setting) ?? []) : [];
      given.set(setting, word === null ? before : [...before, word]);
    });
  }
  try {
    command.parse(toCurrentArguments(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'show', text: shown };
    throw new ConfigError('usage', error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
  }
  return { kind: 'run', given };
}

function flags(spec: OptionSpec<unknown>): string {
  const placeholder = spec.placeholder ?? 'BOOLEAN';
  return `--${spec.name} [${placeholder}${spec.kind.takes === 'many' ? '...' : ''}]`;
}

function describe(spec: OptionSpec<unknown>): string {
  const value = spec.kind.write(spec.default);
  const isWorthSaying = value !== null && value !== false && !Array.isArray(value);
  if (isWorthSaying) return `${spec.description} (default: ${value})`;
  const bare = spec.placeholder === null ? null : spec.kind.write(spec.bare);
  const isBareWorthSaying = typeof bare === 'string' && spec.bare !== spec.default;
  return isBareWorthSaying
    ? `${spec.description} (${spec.placeholder} when not given: ${bare})`
    : spec.description;
}
