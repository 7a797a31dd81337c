// Runs one script to its end: its own process group, nothing on stdin, bounded output, TERM then KILL when it must end.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { LineSplitter, OUTPUT_BOUNDS, OutputBudget } from './output-lines.ts';
import type { OpenScript } from './select.ts';

export interface ScriptRun {
  readonly script: OpenScript;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** How long it may run before SIGTERM to its group, ms. */
  readonly timeoutMs: number;
  /** From SIGTERM to SIGKILL, ms. */
  readonly graceMs: number;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Ends it early, as a timeout does. */
  readonly signal: AbortSignal;
}

export interface ScriptResult {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** Bytes of output that were not logged. */
  readonly truncatedBytes: number;
  /** Why it could not be started; null when it ran. */
  readonly problem: string | null;
}

/** How long the output is waited for once the script itself is gone, ms: a daemon it left behind may hold the pipes. */
const OUTPUT_AFTER_EXIT_MS = 300;
/** The descriptor under which the child finds a program that is run by descriptor. */
const PROGRAM_FD = 3;

/** Never rejects. Closes `script.fd`'s copy in the child only: the descriptor stays the caller's. */
export function runScript(run: ScriptRun): Promise<ScriptResult> {
  const startedAt = performance.now();
  const budget = new OutputBudget(OUTPUT_BOUNDS);
  const { promise, resolve } = Promise.withResolvers<ScriptResult>();
  const finish = (ended: Pick<ScriptResult, 'exit' | 'signal' | 'problem' | 'timedOut'>): void =>
    resolve({
      ...ended,
      durationMs: Math.round(performance.now() - startedAt),
      truncatedBytes: budget.droppedBytes,
    });

  let child: ChildProcess;
  try {
    child = start(run);
  } catch (error) {
    finish({ exit: null, signal: null, timedOut: false, problem: startProblem(run, error) });
    return promise;
  }
  child.once('error', (error) => {
    finish({ exit: null, signal: null, timedOut: false, problem: startProblem(run, error) });
  });
  const pid = child.pid;
  if (pid === undefined) return promise;

  const ending = endOnTimeout(pid, run);
  const output = [
    readLines(child.stdout, budget, (text) => run.onLine('stdout', text)),
    readLines(child.stderr, budget, (text) => run.onLine('stderr', text)),
  ];
  child.once('exit', (exit, signal) => {
    ending.exited();
    const stopWaiting = setTimeout(() => output.forEach(({ stop }) => void stop()), OUTPUT_AFTER_EXIT_MS);
    void Promise.all(output.map(({ ended }) => ended)).then(() => {
      clearTimeout(stopWaiting);
      finish({ exit, signal, timedOut: ending.timedOut(), problem: null });
    });
  });
  return promise;
}

function start({ script, args, env }: ScriptRun): ChildProcess {
  const common = { cwd: '/', env, detached: true } as const;
  return script.isProgram
    ? spawn(`/proc/self/fd/${PROGRAM_FD}`, args, {
        ...common,
        argv0: script.path,
        stdio: ['ignore', 'pipe', 'pipe', script.fd],
      })
    : spawn(script.path, args, { ...common, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** execve says ENOENT of a script that is there when its interpreter is not. */
function startProblem({ script }: ScriptRun, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return script.isProgram
      ? 'its dynamic loader is missing'
      : 'it is gone, or the interpreter in its first line is missing';
  }
  return `it could not be started (${code ?? message})`;
}

interface Ending {
  /** The script's own process is gone. */
  exited(): void;
  timedOut(): boolean;
}

/** SIGTERM to the group at the timeout or the abort, SIGKILL after the grace; what a script told to end leaves is killed. */
function endOnTimeout(pid: number, { timeoutMs, graceMs, signal }: ScriptRun): Ending {
  let timedOut = false;
  let killTimer: NodeJS.Timeout | null = null;
  const terminate = (): void => {
    if (killTimer !== null) return;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  };
  const timeout = setTimeout(() => {
    timedOut = true;
    terminate();
  }, timeoutMs);
  if (signal.aborted) terminate();
  signal.addEventListener('abort', terminate, { once: true });
  return {
    exited() {
      clearTimeout(timeout);
      signal.removeEventListener('abort', terminate);
      if (killTimer === null) return;
      clearTimeout(killTimer);
      signalGroup(pid, 'SIGKILL');
    },
    timedOut: () => timedOut,
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `ended` resolves at the end of the stream or once `stop` was called. */
function readLines(
  stream: Readable | null,
  budget: OutputBudget,
  onLine: (text: string) => void,
): { ended: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (stream === null) {
    resolve();
    return { ended: promise, stop: () => {} };
  }
  const splitter = new LineSplitter(budget, onLine);
  stream.on('data', (chunk: Buffer) => splitter.write(chunk));
  stream.once('error', () => stream.destroy());
  stream.once('close', () => {
    splitter.end();
    resolve();
  });
  return { ended: promise, stop: () => stream.destroy() };
}
