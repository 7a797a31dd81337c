// The built agent and its API on a host namespace, and what these tests do with both.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Namespace } from '../../fixtures/netns.ts';
import {
  AGENT,
  type AgentProcess,
  type ApiProcess,
  askEverySecond,
  KEY,
  startAgent,
  startApi,
  temporaryDirectory,
} from '../../fixtures/programs.ts';
import { tableHandles } from './table-handles.ts';

/** Both ways to hold the table; on a kernel without owned tables the tests of `owned` fail and say so. */
export const MODES = ['owned', 'plain'] as const;
export type Mode = (typeof MODES)[number];

/** What an agent of these tests drains unless told, as command-line words. */
const DRAINED_PORTS = ['80', '443', '8000-8010', '8080'] as const;

const TABLE = 'cs-instance-watcher';

export interface StartOptions {
  readonly args?: readonly string[];
  readonly ports?: readonly string[];
  /** A command that starts the agent. */
  readonly wrapper?: readonly string[];
}

export interface Outcome {
  readonly pid: number;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One host: its directory, its API (on loopback, at one address for as long as the host lasts) and at most one agent. */
export class DrainHost {
  readonly namespace: Namespace;
  readonly mode: Mode;
  /** Holds state, runtime and scripts; root's alone, so that scripts in it may run. */
  readonly directory: string;
  #api: ApiProcess;
  #agent: AgentProcess | null = null;
  readonly #removeDirectory: () => void;

  private constructor(namespace: Namespace, mode: Mode, api: ApiProcess, directory: Directory) {
    this.namespace = namespace;
    this.mode = mode;
    this.#api = api;
    this.directory = directory.path;
    this.#removeDirectory = directory.close;
  }

  /** Starts the API, which says `running`. */
  static async create(namespace: Namespace, mode: Mode): Promise<DrainHost> {
    const directory = temporaryDirectory('/run');
    try {
      const api = await startApi({ namespace, directory: apiDirectory(directory.path) });
      return new DrainHost(namespace, mode, api, directory);
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  get agent(): AgentProcess {
    assert.ok(this.#agent !== null, 'an agent was started');
    return this.#agent;
  }

  start({ args = [], ports = DRAINED_PORTS, wrapper = [] }: StartOptions = {}): AgentProcess {
    const drained = ['--on-draining-block-new-connections-to-ports', ...ports];
    const ownership = ['--table-ownership', this.mode === 'owned' ? 'auto' : 'plain'];
    this.#agent = startAgent({
      namespace: this.namespace,
      directory: this.directory,
      args: [...askEverySecond(this.#api), ...drained, ...ownership, ...args],
      env: KEY,
      wrapper,
    });
    return this.#agent;
  }

  setState(state: string): Promise<void> {
    return this.#api.setState(state);
  }

  /** The API says draining: waits until the agent has the table in place, and checks how it is held. */
  async drain(): Promise<void> {
    const from = this.agent.log.lines.length;
    await this.#api.setState('draining');
    await this.agent.log.waitFor('table-installed', from);
    const isOwned = /^\s*flags .*owner/m.test(await this.table());
    assert.equal(
      isOwned,
      this.mode === 'owned',
      `owned tables need Linux 6.9; the table:\n${await this.table()}`,
    );
  }

  /** The API says running: waits until the agent has removed the table. */
  async open(): Promise<void> {
    const from = this.agent.log.lines.length;
    await this.#api.setState('running');
    await this.agent.log.waitFor('table-removed', from);
  }

  async stopApi(): Promise<void> {
    await this.#api.kill();
  }

  /** Starts the API again where it was, with the state it had. */
  async startApi(): Promise<void> {
    const listen = new URL(this.#api.url).host;
    this.#api = await startApi({
      namespace: this.namespace,
      directory: apiDirectory(this.directory),
      listen,
    });
  }

  /** The table as `nft` lists it; fails when there is none. */
  table(): Promise<string> {
    return this.namespace.run('nft', ['list', 'table', 'inet', TABLE]);
  }

  /** Whether a table of our name is there. */
  async hasTable(): Promise<boolean> {
    return (await tableHandles(this.namespace)).has(TABLE);
  }

  /** A script of the operator's for a state, or in `drained`. */
  addScript(state: string, body: string): void {
    const directory = join(this.directory, 'scripts', state);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, '10-script'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  /** Scripts of the operator's for these states. */
  addScripts(...states: readonly string[]): void {
    for (const state of states) this.addScript(state, 'echo "$1 after $2"');
  }

  /**
   * Waits until the agent, from this line of its log on, has run the script of the change. In a user namespace nothing can be
   * run: there the root directory is not uid 0's, and the agent refuses by that name every script it finds.
   */
  async ranScript(from: string, to: string, fromLine: number): Promise<void> {
    const isRefused = statSync('/').uid !== 0;
    await this.agent.log.waitFor(
      ({ event, path, message }) =>
        isRefused
          ? event === 'hook-refused' && path === '/'
          : event === 'hook-line' && message!.includes(`${to} after ${from}`),
      fromLine,
    );
  }

  /** Runs a command on the host to its end, whatever that is. */
  async try(command: string, args: readonly string[]): Promise<Outcome> {
    const child = this.namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    const [status] = (await closed) as [number | null];
    return { pid: child.pid!, status, stdout, stderr };
  }

  /** `cs-instance-watcher cleanup`. */
  cleanup(): Promise<Outcome> {
    return this.try(AGENT, [
      'cleanup',
      '--runtime-dir',
      join(this.directory, 'run'),
      '--state-dir',
      join(this.directory, 'state'),
    ]);
  }

  /** Ends agent and API, and removes their files. The table goes with the namespace. */
  async close(): Promise<void> {
    await this.#agent?.kill();
    await this.#api.kill();
    this.#removeDirectory();
  }
}

type Directory = ReturnType<typeof temporaryDirectory>;

function apiDirectory(directory: string): string {
  const path = join(directory, 'api');
  mkdirSync(path, { recursive: true });
  return path;
}
