// The agent's program: what the command line asks for, done, as an exit status and at most one line of error.
import { EnvironmentError } from '../../aws/http-agents.ts';
import { parseCommandLine } from '../../watcher/config/command-line.ts';
import { type AgentConfig, ConfigError } from '../../watcher/config/agent-config.ts';
import { leftOutOfUnit, unitFor, unitWritten, writeUnit } from '../../watcher/config/generate-systemd.ts';
import { OPTIONS } from '../../watcher/config/options.ts';
import { printConfig } from '../../watcher/config/print-config.ts';
import { resolveConfig } from '../../watcher/config/resolve.ts';
import { shellWord } from '../../watcher/domain/shell-word.ts';
import { cleanUp } from './clean-up.ts';
import { EXIT } from './exit-status.ts';
import { serve } from './serve.ts';

export interface Invocation {
  /** Without runtime and script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Throws when the directory is gone. */
  readonly cwd: () => string;
  /** Absolute path by which the program was started; what a generated unit starts. */
  readonly program: string;
  readonly version: string;
}

const EPILOGUE = `Commands:
  cleanup  open the ports when no agent runs; see cleanup --help

Exit status: 0 done or stopped by a signal, 1 error, 2 usage or configuration, 75 another agent runs.`;

/** Runs the program to its end and returns its exit status. */
export async function main(invocation: Invocation): Promise<number> {
  try {
    return await perform(invocation);
  } catch (error) {
    process.stderr.write(`cs-instance-watcher: ${oneLine(error)}\n`);
    return error instanceof ConfigError || error instanceof EnvironmentError ? EXIT.usage : EXIT.error;
  }
}

async function perform({ args, env, cwd: currentDirectory, program, version }: Invocation): Promise<number> {
  const cwd = workingDirectory(currentDirectory);
  if (args[0] === 'cleanup') return cleanUp(args.slice(1), env, cwd);
  const line = parseCommandLine(args, { version, epilogue: EPILOGUE });
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
    writeUnit(config.generateSystemd, unitFor({ program, version, given: line.given, cwd }));
    const leftOut = leftOutOfUnit(resolved);
    if (leftOut !== null) process.stderr.write(`cs-instance-watcher: ${leftOut}\n`);
    process.stdout.write(`${unitWritten(config.generateSystemd)}\n`);
    return EXIT.done;
  }
  const cleanupCommand = [program, 'cleanup', ...directoriesOf(config)].map(shellWord).join(' ');
  return serve(resolved, () => resolveConfig(sources), { env, version, cleanupCommand });
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
