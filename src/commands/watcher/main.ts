// The agent's program: what the command line asks for, done, as an exit status and at most one line of error.
import { EnvironmentError } from '../../aws/http-agents.ts';
import { type AgentConfig, ConfigError } from '../../watcher/config/agent-config.ts';
import { leftOutOfUnit, unitFor, unitWritten, writeUnit } from '../../watcher/config/generate-systemd.ts';
import { lastingPath } from '../../watcher/config/lasting-path.ts';
import { OPTIONS } from '../../watcher/config/options.ts';
import { printConfig } from '../../watcher/config/print-config.ts';
import { resolveConfig } from '../../watcher/config/resolve.ts';
import { journalPrefixes } from '../../watcher/observe/journal.ts';
import { shellWord } from '../../watcher/domain/shell-word.ts';
import { EXIT } from './exit-status.ts';
import { parseAgentLine, SUBCOMMANDS } from './program.ts';
import { serve } from './serve.ts';
import { runSubcommand, type Subcommand } from './subcommand.ts';

export interface Invocation {
  /** Without runtime and script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Throws when the directory is gone. */
  readonly cwd: () => string;
  /** Absolute path by which the program was started. */
  readonly program: string;
  readonly version: string;
}

/** Runs the program to its end and returns its exit status. */
export async function main(invocation: Invocation): Promise<number> {
  try {
    return await perform(invocation);
  } catch (error) {
    const priority = journalPrefixes(invocation.env.JOURNAL_STREAM)('error');
    process.stderr.write(`${priority}cs-instance-watcher: ${oneLine(error)}\n`);
    return error instanceof ConfigError || error instanceof EnvironmentError ? EXIT.usage : EXIT.error;
  }
}

async function perform({ args, env, cwd: currentDirectory, program, version }: Invocation): Promise<number> {
  const cwd = workingDirectory(currentDirectory);
  const [first] = args;
  if (first === 'help')
    return perform({ args: [...args.slice(1), '--help'], env, cwd: currentDirectory, program, version });
  if (first !== undefined && /^[^-]/.test(first))
    return runSubcommand(subcommandNamed(first), args.slice(1), { env, cwd, version });
  const line = parseAgentLine(args, version);
  if (line.kind === 'show') {
    process.stdout.write(line.text);
    return EXIT.done;
  }
  const sources = { given: line.given, env, cwd };
  const resolved = resolveConfig(sources);
  const { config } = resolved;
  if (config.printConfig) {
    for (const warning of resolved.warnings) process.stderr.write(`cs-instance-watcher: ${warning}\n`);
    process.stdout.write(printConfig(resolved));
    return EXIT.done;
  }
  if (config.generateSystemd !== null) {
    const unit = unitFor({ program: lastingPath(program), version, given: line.given, cwd });
    writeUnit(config.generateSystemd, unit);
    const leftOut = leftOutOfUnit(resolved);
    if (leftOut !== null) process.stderr.write(`cs-instance-watcher: ${leftOut}\n`);
    process.stdout.write(`${unitWritten(config.generateSystemd)}\n`);
    return EXIT.done;
  }
  const cleanupCommand = [program, 'cleanup', ...directoriesOf(config)].map(shellWord).join(' ');
  return serve(resolved, () => resolveConfig(sources), { env, version, cleanupCommand });
}

function subcommandNamed(name: string): Subcommand {
  const found = SUBCOMMANDS.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = SUBCOMMANDS.map((one) => one.name).join(', ');
  throw new ConfigError(
    'usage',
    `${JSON.stringify(name)} is not a command: the commands are ${names}; options begin with --, see --help`,
  );
}

/** The directories of an agent that has others than the default ones, as options. */
function directoriesOf(config: AgentConfig): string[] {
  return (['runtimeDir', 'stateDir'] as const).flatMap((setting) => {
    const { name, default: usual } = OPTIONS[setting];
    return config[setting] === usual ? [] : [`--${name}`, config[setting]];
  });
}

function workingDirectory(cwd: () => string): string {
  try {
    return cwd();
  } catch {
    throw new ConfigError('usage', 'the current directory is gone: start the program from one that exists');
  }
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}
