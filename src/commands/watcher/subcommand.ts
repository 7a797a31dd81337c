// A command of the agent's program: described once, for its parser, its help and its manual page.
import { Command } from 'commander';
import type { Setting } from '../../watcher/config/agent-config.ts';
import { type CommandLine, parseArguments, withSettings } from '../../watcher/config/command-line.ts';

/** What a command is run with. */
export interface Situation {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly cwd: string;
  readonly version: string;
}

/** A command line that was parsed. */
export type SubcommandLine = Extract<CommandLine, { kind: 'run' }>;

export interface Subcommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What its operand can be, or usually is: a shell completes these. */
  readonly words?: readonly string[];
  /** Options of the agent that it takes too. */
  readonly settings: readonly Setting[];
  /** Adds description, operands and options of its own. */
  readonly declare: (command: Command) => Command;
  /** Runs it and resolves with the exit status. Throws `ConfigError` for what cannot be followed. */
  readonly run: (line: SubcommandLine, situation: Situation) => Promise<number>;
}

/** The settings by which a command finds the agent that runs. */
export const AGENT_SETTINGS = ['configFile', 'runtimeDir'] as const satisfies readonly Setting[];

/** The command as commander has it. */
export function describeSubcommand({ name, summary, settings, declare }: Subcommand): Command {
  const command = new Command(`cs-instance-watcher ${name}`).summary(summary);
  return withSettings(declare(command), settings);
}

/** Parses what follows the command's name and runs it; help is printed. */
export async function runSubcommand(
  subcommand: Subcommand,
  args: readonly string[],
  situation: Situation,
): Promise<number> {
  const line = parseArguments(describeSubcommand(subcommand), subcommand.settings, args);
  if (line.kind === 'run') return subcommand.run(line, situation);
  process.stdout.write(line.text);
  return 0;
}
