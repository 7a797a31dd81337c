// The agent's command line, by commander from the table of options: words as given, not yet read as values.
import { type Command, CommanderError, Option } from 'commander';
import { ConfigError, type Setting } from './agent-config.ts';
import { toCurrentArguments } from './field-arguments.ts';
import { OPTIONS, type OptionSpec } from './options.ts';

/** The words given for each option; none when the option stands bare. */
export type GivenOptions = ReadonlyMap<Setting, readonly string[]>;

export type CommandLine =
  | {
      readonly kind: 'run';
      /** The agent's options. */
      readonly given: GivenOptions;
      /** What is no option, as the command declares it. */
      readonly operands: readonly string[];
      /** Options that are the command's own. */
      readonly options: Readonly<Record<string, unknown>>;
    }
  /** Help or version: print it on stdout and exit 0. */
  | { readonly kind: 'show'; readonly text: string };

/** Adds options of the agent to a command, as its help lists them. */
export function withSettings(command: Command, settings: readonly Setting[]): Command {
  command
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ optionTerm: (option) => option.flags.replace('[BOOLEAN]', '[true|false]') });
  for (const setting of settings) {
    const spec = OPTIONS[setting] as OptionSpec<unknown>;
    command.addOption(new Option(flags(spec), describe(spec)));
  }
  return command;
}

/**
 * Parses arguments (without runtime, script and the command's name) by a command that `withSettings` made.
 * Throws `ConfigError` with code `usage`, one line that names the nearest option where there is one.
 */
export function parseArguments(
  command: Command,
  settings: readonly Setting[],
  args: readonly string[],
): CommandLine {
  const given = new Map<Setting, string[]>();
  let shown = '';
  command.configureOutput({ writeOut: (text) => (shown += text), writeErr: () => {} }).exitOverride();
  for (const setting of settings) {
    const { name, kind } = OPTIONS[setting];
    command.on(`option:${name}`, (word: string | null) => {
      const before = kind.takes === 'many' ? (given.get(setting) ?? []) : [];
      given.set(setting, word === null ? before : [...before, word]);
    });
  }
  try {
    command.parse(toCurrentArguments(args, ownOptions(command)), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'show', text: shown };
    throw new ConfigError('usage', error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));
  }
  return { kind: 'run', given, operands: command.args, options: command.opts() };
}

function ownOptions(command: Command): string[] {
  return command.options.flatMap(({ long }) => (long == null ? [] : [long.replace(/^--/, '')]));
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
