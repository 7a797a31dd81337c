// `cs-interact serve` as a process of its own, every line of which is kept: it must never say more than one clear line a fault.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { INTERACT } from '../../fixtures/programs.ts';
import { KEYS, REGION } from './keys.ts';

/** What a start, or an end, may take on a machine that is busy with other things. */
export const PATIENCE_MS = 30_000;

export interface ServerOptions {
  /** Has the key file, the database and the socket of operators. */
  readonly directory: string;
  /** Where this process finds that directory, if the server sees another part of the file system. */
  readonly outside?: string;
  /** Further options of serve. */
  readonly args?: readonly string[];
  /** Address and port, `127.0.0.1:0` unless told. */
  readonly listen?: string;
  /** A command that becomes the server, such as `['prlimit', '--nofile=64']`. */
  readonly wrapper?: readonly string[];
}

export interface ServerEnd {
  /** The exit status, or the signal that ended it. */
  readonly status: number | string;
  readonly complaints: readonly string[];
}

export class ServerProcess {
  readonly pid: number;
  readonly options: ServerOptions;
  /** Everything that it wrote to standard error. */
  readonly lines: string[] = [];
  port = 0;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  #output = '';

  private constructor(options: ServerOptions) {
    this.options = options;
    const { directory, args = [], listen = '127.0.0.1:0', wrapper = [] } = options;
    const [command, ...words] = [...wrapper, INTERACT, 'serve', '--region', REGION, '--group', 'test'];
    const files = ['--keys', keyFile(directory), '--data', databaseFile(directory)];
    const socket = ['--admin-socket', adminSocket(directory), '--listen', listen];
    this.#child = spawn(command!, [...words, ...files, ...socket, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
    });
    this.pid = this.#child.pid!;
    createInterface(this.#child.stderr!).on('line', (line) => this.lines.push(line));
    this.#child.stdout!.on('data', (chunk) => {
      this.#output += chunk;
    });
    this.#ended = once(this.#child, 'close').then(([status, signal]) => status ?? signal);
  }

  /** Resolves once it listens; throws with what it said when it ended instead. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    writeKeys(options.outside ?? options.directory);
    const server = new ServerProcess(options);
    const isReady = await server.#isReady();
    if (isReady) return server;
    await server.end('SIGKILL');
    throw new Error(`serve did not start: ${server.lines.join(' | ') || 'it said nothing'}`);
  }

  /** A start that is meant to fail: how it ended. */
  static async outcome(options: ServerOptions): Promise<ServerEnd & { readonly lines: readonly string[] }> {
    writeKeys(options.outside ?? options.directory);
    const server = new ServerProcess(options);
    const isReady = await server.#isReady();
    const { status, complaints } = await server.end(isReady ? 'SIGTERM' : 'SIGKILL');
    return { status: isReady ? 'started' : status, complaints, lines: server.lines };
  }

  /** Sends the signal and waits; one that does not end in time is killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<ServerEnd> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    const status = await this.#ended;
    clearTimeout(killing);
    return { status, complaints: complaintsIn(this.lines) };
  }

  /** What is told to whoever waits for a line that matches. */
  async said(pattern: RegExp): Promise<boolean> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!this.lines.some((line) => pattern.test(line))) {
      if (performance.now() > deadlineMs) return false;
      await Promise.race([once(this.#child.stderr!, 'data'), pause(200)]);
    }
    return true;
  }

  async #isReady(): Promise<boolean> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!this.#output.includes('\n') && performance.now() < deadlineMs) {
      const isOver = await Promise.race([
        once(this.#child.stdout!, 'data').then(() => false),
        this.#ended.then(() => true),
        patience(PATIENCE_MS).then(() => true),
      ]);
      if (isOver) return false;
    }
    const { listening } = JSON.parse(this.#output) as { listening: string };
    this.port = Number(new URL(listening).port);
    return true;
  }
}

export function databaseFile(directory: string): string {
  return join(directory, 'api.db');
}

export function adminSocket(directory: string): string {
  return join(directory, 'admin.sock');
}

export function keyFile(directory: string): string {
  return join(directory, 'keys.json');
}

function writeKeys(directory: string): void {
  const keys = Object.values(KEYS);
  writeFileSync(keyFile(directory), JSON.stringify({ keys, queueSenders: ['*'] }), { mode: 0o600 });
}

/** Lines that are not the program's own, or no one line: a stack trace above all. */
function complaintsIn(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !line.startsWith('cs-interact: ') || /\bat .+:\d+:\d+\)?$/.test(line))
    .map((line) => `it wrote: ${line.slice(0, 300)}`);
}

/** For races with what should come sooner: it keeps no process from ending. */
export function patience(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
