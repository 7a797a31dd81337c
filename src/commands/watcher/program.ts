// The agent's program as a whole: its options and its commands, for the parser, the help and the manual page.
import { Command } from 'commander';
import { type CommandLine, parseArguments, withSettings } from '../../watcher/config/command-line.ts';
import { SETTINGS } from '../../watcher/config/options.ts';
import { CLEANUP } from './clean-up.ts';
import { DOCTOR } from './doctor/doctor.ts';
import { OVERRIDE } from './override.ts';
import { PLAN } from './plan.ts';
import { SIMULATE } from './simulate.ts';
import { STATUS } from './status.ts';
import type { Subcommand } from './subcommand.ts';
import { WAIT } from './wait.ts';

export const SUBCOMMANDS: readonly Subcommand[] = [STATUS, DOCTOR, PLAN, WAIT, OVERRIDE, SIMULATE, CLEANUP];

const EXIT_STATUS = `Exit status: 0 done or stopped by a signal, 1 error, 2 usage or configuration,
6 no agent runs, 75 another agent runs or the time is over. status: see its help.`;

/** The agent itself: what the program does without a command. */
export function describeAgent(version: string): Command {
  const width = Math.max(...SUBCOMMANDS.map(({ name }) => name.length));
  const commands = SUBCOMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
  const command = new Command('cs-instance-watcher')
    .description(
      "Refuses new TCP connections while CloneSquad drains this instance; runs the operator's scripts.",
    )
    .usage('[options]\n       cs-instance-watcher COMMAND [options]')
    .version(version, '-V, --version', 'show the version')
    .addHelpText('after', `\nCommands, each with a --help of its own:\n${commands}\n\n${EXIT_STATUS}`);
  return withSettings(command, SETTINGS);
}

/** Parses the agent's own command line. Throws `ConfigError` with code `usage`. */
export function parseAgentLine(args: readonly string[], version: string): CommandLine {
  return parseArguments(describeAgent(version), SETTINGS, args);
}
