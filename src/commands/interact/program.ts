// The command line of cs-interact: its commands, and one way for all of them to end.
import { Command, CommanderError } from 'commander';
import { addAckEventCommand } from './ack-event.ts';
import { addBackupCommand } from './backup.ts';
import { addCatalogueCommand } from './catalogue.ts';
import { addCloudwatchCommand } from './cloudwatch.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommand } from './config.ts';
import { addControlCommands } from './control.ts';
import { addDiscoverCommand } from './discover.ts';
import { addEventCommand } from './event.ts';
import { addExportCommand } from './export.ts';
import { addFleetCommand } from './fleet.ts';
import { addImportCommand } from './import.ts';
import { addKeyCommand } from './key.ts';
import { addMetadataCommand } from './metadata.ts';
import { addMetricsCommand } from './metrics.ts';
import { addOperationsCommand } from './operations.ts';
import { addReportCommand } from './report.ts';
import { addRescheduleCommand } from './reschedule.ts';
import { addScheduleCommand } from './schedule.ts';
import { addServeCommand } from './serve-command.ts';
import { addStateCommand } from './state.ts';

const examples = `
Examples:
  cs-interact fleet status --group production --watch
  cs-interact config set ec2.schedule.desired_instance_count 100% --ttl 1h30m --group production
  cs-interact config dump --group production > configuration.json
  cs-interact config load configuration.json --restore --dry-run --group production
  cs-interact unstoppable add --instance-id i-0123456789abcdef0 --for 2h --group production
  cs-interact fleet list --output json --api-url https://api.example/v1/ --region eu-west-1

Give --group or --api-url once in CS_INTERACT_GROUP or CS_INTERACT_API_URL. An address
goes before a group, and what is typed before what the environment says. Help of each
command: cs-interact help COMMAND, or COMMAND --help.
Exit status: 0 done, 1 error, 2 usage or configuration, 75 timed out or locked.`;

const clientCommands = [
  addMetadataCommand,
  addFleetCommand,
  addConfigCommand,
  addScheduleCommand,
  addControlCommands,
  addRescheduleCommand,
  addAckEventCommand,
  addBackupCommand,
  addReportCommand,
  addCloudwatchCommand,
  addDiscoverCommand,
  addOperationsCommand,
];

const serverCommands = [
  addServeCommand,
  addKeyCommand,
  addStateCommand,
  addEventCommand,
  addMetricsCommand,
  addCatalogueCommand,
  addImportCommand,
  addExportCommand,
];

/** The tree of all commands. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cs-interact')
    .description("operate CloneSquad's Interaction API, or serve one")
    .version(context.version, '-V, --version', 'show the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.print(text.replace(/\n$/, '')),
      writeErr: context.explain,
      outputError: (text) => context.warn(text.replace(/^error: /, '').trimEnd()),
    })
    .addHelpText('after', examples);
  program.commandsGroup("Operate CloneSquad's Interaction API:");
  for (const add of clientCommands) add(program, context);
  program.commandsGroup('Serve an Interaction API of your own:');
  for (const add of serverCommands) add(program, context);
  program.commandsGroup('Besides:');
  addCompletionCommand(program, context);
  program.helpCommand('help [command]', 'display help for command');
  return program;
}

/** Runs one command line (without node and script) and tells the exit status; never throws. */
export async function runInteract(args: readonly string[], context: CommandContext): Promise<number> {
  const program = createProgram(context);
  if (context.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    const advice = 'certificates are always verified, AWS_CA_BUNDLE names a file of others to trust';
    context.warn(`NODE_TLS_REJECT_UNAUTHORIZED in the environment: ignored, ${advice}`);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said what it had to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    context.warn(error instanceof Error ? error.message : String(error));
    return error instanceof CommandFailure ? error.exitStatus : 1;
  }
}
