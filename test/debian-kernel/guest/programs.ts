// The real programs, each where it runs in the field: the agent and the service on the host, the API elsewhere.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { remark } from './report.ts';
import { within } from './within.ts';

/** In the guest's time; a program takes a second or two to start. */
const START_DEADLINE_MS = 60_000;

/** Longer than a restoration may take, so that it is not a poll that found the table gone. */
const POLL_PERIOD_S = 5;

const IN_HOST = ['netns', 'exec', 'host'];
const exec = promisify(execFile);

/** Runs a command on the host and returns its output; throws with its error output when it fails. */
export async function onHost(...command: string[]): Promise<string> {
  return (await exec('ip', [...IN_HOST, ...command], { timeout: START_DEADLINE_MS })).stdout;
}

/** Runs a command where the client and the API are. */
export async function onClient(file: string, ...args: string[]): Promise<string> {
  return (await exec(file, args, { timeout: START_DEADLINE_MS })).stdout;
}

/** A program that runs until it is ended, and says in lines what it does. */
class Running {
  readonly #child: ChildProcess;
  /** Resolves with the exit status, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  }

  /** Paths of the addon and the libraries of its own that it has loaded, sorted. */
  loadedNative(): string[] {
    const maps = readFileSync(`/proc/${this.#child.pid}/maps`, 'utf8');
    const paths = maps.matchAll(/ (\/\S*\/(?:addon\.node|libmnl\.so|libnftnl\.so)\S*)$/gm);
    return [...new Set([...paths].map(([, path]) => path as string))].sort();
  }

  /** Ends it, and returns how it ended. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return within(START_DEADLINE_MS, `the end after ${signal}`, this.exited);
  }
}

export interface LogLine {
  readonly event?: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** One run of cs-instance-watcher, with its log. */
export class Agent extends Running {
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  #next = 0;

  constructor(apiUrl: string, port: number, env: Readonly<Record<string, string>>) {
    const instance = ['--api-url', apiUrl, '--instance-id', 'i-0ab', '--region', 'eu-west-1'];
    const period = ['--api-polling-period', String(POLL_PERIOD_S)];
    const ports = ['--on-draining-block-new-connections-to-ports', String(port)];
    const child = spawn('ip', [...IN_HOST, 'cs-instance-watcher', ...instance, ...period, ...ports], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    super(child);
    createInterface(child.stderr!).on('line', (text) => {
      this.#lines.push(toLogLine(text));
      remark(`  agent: ${this.#lines.at(-1)!.message}`);
      for (const wake of this.#waiting) wake();
    });
  }

  /** The next line of an event, after the last one that was waited for. */
  async logged(event: string): Promise<LogLine> {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    void this.exited.then((how) => reject(new Error(`the agent ended (${how}) before ${event}`)));
    const look = () => {
      const index = this.#lines.findIndex((line, at) => at >= this.#next && line.event === event);
      if (index < 0) return;
      this.#next = index + 1;
      resolve(this.#lines[index]!);
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(START_DEADLINE_MS, `the agent's ${event}`, promise);
    } finally {
      this.#waiting.delete(look);
    }
  }
}

/** Lines that are not the log's own are the runtime's: warnings, a crash. */
function toLogLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { message: text };
  }
}

export async function startEchoServer(port: number): Promise<void> {
  const child = spawn('ip', [...IN_HOST, 'node', '/test/echo-server.mjs', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await within(START_DEADLINE_MS, 'the echo server', once(createInterface(child.stdout), 'line'));
}

/** One run of `cs-interact serve`; the fleet outlives it in `dataFile`. */
export class Api extends Running {
  static async start(listen: string, keyFile: string, dataFile: string): Promise<Api> {
    const files = ['--keys', keyFile, '--data', dataFile];
    const child = spawn('cs-interact', ['serve', '--listen', listen, '--region', 'eu-west-1', ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const api = new Api(child);
    await within(START_DEADLINE_MS, 'the API', once(createInterface(child.stdout), 'line'));
    return api;
  }

  async set(state: string): Promise<void> {
    await onClient('cs-interact', 'state', 'set', 'i-0ab', state);
  }
}
