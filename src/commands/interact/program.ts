// The command line of cs-interact: its commands, and one way for all of them to end.
import { Command, CommanderError } from 'commander';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { addMetadataCommand } from './metadata.ts';
import { addServeCommand } from './serve.ts';
import { addStateCommand } from './state.ts';

/** Runs one command line (without node and script) and tells the exit status; never throws. */
export async function runInteract(args: readonly string[], context: CommandContext): Promise<number> {
  const program = new Command('cs-interact')
    .description("operate CloneSquad's Interaction API, or serve one")
    .version(context.version, '-V, --version', 'show the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.print(text.replace(/\n$/, '')),
      writeErr: context.explain,
      outputError: (text) => context.warn(text.replace(/^error: /, '').trimEnd()),
    });
  addServeCommand(program, context);
  addStateCommand(program, context);
  addMetadataCommand(program, context);
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
