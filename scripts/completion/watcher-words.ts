// What can be typed after `cs-instance-watcher`, read from the definitions of its options and commands.
import type { Command } from 'commander';
import { describeAgent, SUBCOMMANDS } from '../../src/commands/watcher/program.ts';
import { describeSubcommand } from '../../src/commands/watcher/subcommand.ts';
import { OPTIONS, type OptionSpec, SETTINGS } from '../../src/watcher/config/options.ts';
import { KNOWN_STATES } from '../../src/watcher/domain/instance-state.ts';

export interface CompletedOption {
  /** With its dashes. */
  readonly name: string;
  /** How many words of value can follow. */
  readonly takes: 'none' | 'one' | 'many';
  readonly values: readonly string[];
  /** What else a value can be. */
  readonly path: 'file' | 'directory' | null;
}

export interface CompletedCommand {
  /** Empty for the agent itself. */
  readonly name: string;
  readonly options: readonly CompletedOption[];
  /** What is no option. */
  readonly words: readonly string[];
}

/** The agent first, then its commands. */
export function completedCommands(): CompletedCommand[] {
  const names = SUBCOMMANDS.map(({ name }) => name);
  return [
    { name: '', options: optionsOf(describeAgent('')), words: [...names, 'help'] },
    ...SUBCOMMANDS.map((one) => ({
      name: one.name,
      options: optionsOf(describeSubcommand(one)),
      words: one.words ?? [],
    })),
    { name: 'help', options: [], words: names },
  ];
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, required, optional }) => {
      if (long == null) return [];
      const setting = SETTINGS.find((one) => `--${OPTIONS[one].name}` === long);
      if (setting !== undefined) return [completedSetting(OPTIONS[setting] as OptionSpec<unknown>)];
      const takes = required || optional ? 'one' : 'none';
      return [{ name: long, takes, values: [], path: null }];
    });
}

function completedSetting(spec: OptionSpec<unknown>): CompletedOption {
  const { kind, isPath, placeholder } = spec;
  return {
    name: `--${spec.name}`,
    takes: kind.takes === 'many' ? 'many' : 'one',
    values: valuesOf(spec),
    path: isPath !== true ? null : placeholder === 'DIR' ? 'directory' : 'file',
  };
}

function valuesOf(spec: OptionSpec<unknown>): readonly string[] {
  if (spec === OPTIONS.instanceState) return KNOWN_STATES;
  if (spec === OPTIONS.logFile) return ['stderr'];
  if (spec.kind.takes === 'flag') return ['true', 'false'];
  return spec.kind.choices ?? [];
}
