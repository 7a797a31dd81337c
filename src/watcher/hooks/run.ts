// Runs one script to its end: its own process group, nothing on stdin, bounded output, TERM then KILL when it must end.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { openPipe } from '../../firewall/pipe.ts';
import { LineSplitter, OUTPUT_BOUNDS, OutputBudget } from './output-lines.ts';
import { endOnTimeout, type ScriptLimits } from './process-group.ts';
import type { OpenScript } from './select.ts';

export interface ScriptRun extends ScriptLimits {
  readonly script: OpenScript;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface ScriptResult {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** Bytes of output that were not logged. */
  readonly truncatedBytes: number;
  /** Why there is neither exit status nor signal, as the end of a sentence about the script; null when there is one. */
  readonly problem: string | null;
}

/** How long the output is waited for once the script itself is gone, ms: a daemon it left behind may hold the pipes. */
const OUTPUT_AFTER_EXIT_MS = 300;
/** A loud script is read at some 200 MB/s at most: read as fast as it goes, it would take a processor's whole time of the agent. */
const READ_BYTES = 64 * 1024;
const PAUSE_AFTER_BYTES = 256 * 1024;
const PAUSE_MS = 1;
/** The descriptor under which the child finds a program that is run by descriptor. */
const PROGRAM_FD = 3;
/** SIGKILL waits for a system call that cannot be interrupted: a dead network file system, a lost disk. */
const UNENDING = 'did not end when it was killed, and is not waited for any longer';

/** Resolves when the script has ended, or will not end; never rejects. `script.file` stays the caller's to close. */
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

  let started: Started;
  try {
    started = start(run);
  } catch (error) {
    finish({ exit: null, signal: null, timedOut: false, problem: startProblem(run, error) });
    return promise;
  }
  const { child, stdoutFd, stderrFd } = started;
  child.once('error', (error) => {
    finish({ exit: null, signal: null, timedOut: false, problem: startProblem(run, error) });
  });
  const pid = child.pid;
  if (pid === undefined) {
    for (const fd of [stdoutFd, stderrFd]) closeSync(fd);
    return promise;
  }

  const output = [
    readLines(stdoutFd, budget, (text) => run.onLine('stdout', text)),
    readLines(stderrFd, budget, (text) => run.onLine('stderr', text)),
  ];
  const stopReading = (): void => output.forEach(({ stop }) => void stop());
  const ending = endOnTimeout(pid, run, () => {
    child.unref();
    stopReading();
    finish({ exit: null, signal: null, timedOut: ending.timedOut(), problem: UNENDING });
  });
  child.once('exit', (exit, signal) => {
    ending.exited();
    const deadline = setTimeout(stopReading, OUTPUT_AFTER_EXIT_MS);
    void Promise.all(output.map(({ ended }) => ended)).then(() => {
      clearTimeout(deadline);
      finish({ exit, signal, timedOut: ending.timedOut(), problem: null });
    });
  });
  return promise;
}

interface Started {
  readonly child: ChildProcess;
  /** Descriptors to read from, the caller's to close. */
  readonly stdoutFd: number;
  readonly stderrFd: number;
}

function start({ script, args, env }: ScriptRun): Started {
  const ends: number[] = [];
  const open = (): { readFd: number; writeFd: number } => {
    const pipe = openPipe();
    ends.push(pipe.readFd, pipe.writeFd);
    return pipe;
  };
  try {
    const out = open();
    const err = open();
    const common = { cwd: '/', env, detached: true } as const;
    const child = script.isProgram
      ? spawn(`/proc/self/fd/${PROGRAM_FD}`, args, {
          ...common,
          argv0: script.path,
          stdio: ['ignore', out.writeFd, err.writeFd, script.file.fd],
        })
      : spawn(script.path, args, { ...common, stdio: ['ignore', out.writeFd, err.writeFd] });
    // The child has its own copies; with ours open the output would never end.
    for (const end of [out.writeFd, err.writeFd]) closeSync(end);
    ends.length = 0;
    return { child, stdoutFd: out.readFd, stderrFd: err.readFd };
  } catch (error) {
    for (const end of ends) closeSync(end);
    throw error;
  }
}

/** execve says ENOENT of a script that is there when its interpreter is not. */
function startProblem({ script }: ScriptRun, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT') return `could not be started (${code ?? message})`;
  return script.isProgram
    ? 'could not be started: its dynamic loader is missing'
    : 'could not be started: it is gone, or the interpreter in its first line is missing';
}

/**
 * `ended` resolves at the end of the output or once `stop` was called; the descriptor is closed then. It is read into one
 * buffer: one for each part would be tens of megabytes before they are collected.
 */
function readLines(
  fd: number,
  budget: OutputBudget,
  onLine: (text: string) => void,
): { ended: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const splitter = new LineSplitter(budget, onLine);
  let unpausedBytes = 0;
  const stream = new Socket({
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback(length, buffer) {
        const left = splitter.write(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        unpausedBytes += length;
        if (left.length === 0 && unpausedBytes < PAUSE_AFTER_BYTES) return true;
        void goOn(left);
        return false;
      },
    },
  });
  // Others have their turn between two parts: neither the firewall nor a poll waits for a loud script.
  const goOn = async (first: Buffer): Promise<void> => {
    for (let left = first; left.length > 0; left = splitter.write(left)) {
      await immediate();
      // Stopped meanwhile: nothing is told after the end.
      if (stream.destroyed) return;
    }
    if (unpausedBytes >= PAUSE_AFTER_BYTES) {
      unpausedBytes = 0;
      await delay(PAUSE_MS);
    }
    stream.resume();
  };
  stream.once('error', () => stream.destroy());
  stream.once('close', () => {
    splitter.end();
    resolve();
  });
  stream.resume();
  return { ended: promise, stop: () => stream.destroy() };
}
