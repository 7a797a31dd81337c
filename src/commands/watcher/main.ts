// The agent's program: what the command line asks for, done, as an exit status and at most one line of error.
import { parseCommandLine } from '../../watcher/config/command-line.ts';
import { ConfigError } from '../../watcher/config/agent-config.ts';
import { unitFor, writeUnit } from '../../watcher/config/generate-systemd.ts';
import { printConfig } from '../../watcher/config/print-config.ts';
import { resolveConfig } from '../../watcher/config/resolve.ts';
import { cleanUp } from './clean-up.ts';
import { EXIT } from './exit-status.ts';
import { serve } from './serve.ts';

export interface Invocation {
  /** Without runtime and script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Absolute path by which the program was started; what a generated unit starts. */
  readonly program: string;
  readonly version: string;
}

const EPILOGUE = `Commands:
  cleanup  remove the drain table when no agent runs (only --runtime-dir applies)

Exit status: 0 done or stopped by a signal, 1 error, 2 usage or configuration, 75 another agent runs.`;

/** Runs the program to its end and returns its exit status. */
export async function main(invocation: Invocation): Promise<number> {
  try {
    return await perform(invocation);
  } catch (error) {
    process.stderr.write(`cs-instance-watcher: ${oneLine(error)}\n`);
    return error instanceof ConfigError ? EXIT.usage : EXIT.error;
  }
}

async function perform({ args, env, cwd, program, version }: Invocation): Promise<number> {
  const isCleanup = args[0] === 'cleanup';
  const line = parseCommandLine(isCleanup ? args.slice(1) : args, { version, epilogue: EPILOGUE });
  if (line.kind === 'show') {
    process.stdout.write(line.text);
    return EXIT.done;
  }
  const sources = { given: line.given, env, cwd };
  const resolved = resolveConfig(sources);
  const { config } = resolved;
  if (isCleanup) return cleanUp(config);
  if (config.printConfig) {
    process.stdout.write(printConfig(resolved));
    return EXIT.done;
  }
  if (config.generateSystemd !== null) {
    writeUnit(config.generateSystemd, unitFor(program, line.given, cwd));
    return EXIT.done;
  }
  return serve(resolved, () => resolveConfig(sources), { env, version });
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}
