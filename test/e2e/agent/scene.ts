// One agent's world: a namespace of its own, a directory of root's, an API, and whatever else the test brings.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { LogSchemaCheck } from '../../fixtures/log-schema.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import {
  AGENT,
  type AgentProcess,
  askEverySecond,
  KEY,
  NO_OPTIONS,
  startAgent,
  temporaryDirectory,
} from '../../fixtures/programs.ts';
import { listenIn, type NamespaceListener } from './namespace-listener.ts';
import { ScriptedApi } from './scripted-api.ts';

/** The agent's credentials; neither the secret nor the token may ever be logged. */
export const CREDENTIALS = { ...KEY, AWS_SESSION_TOKEN: 'a-session-token-of-the-tests' };

/** Every line that an agent of these tests logs is one that the schema describes. */
const SCHEMA = new LogSchemaCheck();

/** For a program that should do one thing and end. */
const PROGRAM_DEADLINE_MS = 15_000;

export const DRAINED_PORTS = ['80', '8000-8010'] as const;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
}

export class Scene {
  readonly namespace: Namespace;
  readonly api: ScriptedApi;
  /** Sockets for servers of the test's own. */
  readonly listeners: readonly NamespaceListener[];
  /** What was asked for must never be in a log; tests add what they hand out. */
  readonly secrets = new Set<string>([CREDENTIALS.AWS_SECRET_ACCESS_KEY, CREDENTIALS.AWS_SESSION_TOKEN]);
  readonly #root: ReturnType<typeof temporaryDirectory>;
  readonly #agents: AgentProcess[] = [];

  private constructor(namespace: Namespace, listeners: readonly NamespaceListener[]) {
    this.namespace = namespace;
    const [first, ...rest] = listeners;
    this.api = new ScriptedApi(first!);
    this.listeners = rest;
    this.#root = temporaryDirectory('/run');
    mkdirSync(this.scripts, { recursive: true });
  }

  /** Lasts until the test ends; with `sockets` more listening sockets than the API's. */
  static async create(test: Pick<TestContext, 'after'>, sockets = 0): Promise<Scene> {
    const namespace = await createNamespace();
    const scene = new Scene(namespace, await listenIn(namespace, sockets + 1));
    test.after(() => scene.#close());
    return scene;
  }

  /** Above the agent's own directory, so that a path that climbs out of it is still in here. */
  get root(): string {
    return this.#root.path;
  }

  /** Holds state, runtime and script directories. */
  get directory(): string {
    return join(this.root, 'agent');
  }

  get scripts(): string {
    return join(this.directory, 'scripts');
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts an agent that asks the scripted API every second. */
  start(args: readonly string[] = [], options: StartOptions = {}): AgentProcess {
    return this.startWith([...askEverySecond(this.api), ...portArguments(), ...args], {
      ...options,
      env: { ...CREDENTIALS, ...options.env },
    });
  }

  /** Starts an agent with these arguments alone, beside its directories and log. */
  startWith(args: readonly string[], options: StartOptions = {}): AgentProcess {
    const agent = startAgent({ namespace: this.namespace, directory: this.directory, args, ...options });
    this.#agents.push(agent);
    return agent;
  }

  /** Runs a command in the namespace to its end, whatever that is; one that does not end is killed: status null. */
  async try(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const child = this.namespace.spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.directory,
      env: { PATH: process.env.PATH ?? '', CS_CONFIG: NO_OPTIONS, ...env },
    });
    const closed = once(child, 'close');
    const deadline = setTimeout(() => child.kill('SIGKILL'), PROGRAM_DEADLINE_MS);
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    const [status] = (await closed) as [number | null];
    clearTimeout(deadline);
    return { status, stdout, stderr };
  }

  /** Runs the agent's program with these arguments to its end. */
  program(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome> {
    return this.try(AGENT, args, env);
  }

  /** Everything that nf_tables has in the namespace, with handles: equal texts mean that nothing was even replaced. */
  ruleset(): Promise<string> {
    return this.namespace.run('nft', ['-a', 'list', 'ruleset']);
  }

  async hasTable(): Promise<boolean> {
    return (await this.namespace.run('nft', ['list', 'tables'])).includes('table inet cs-instance-watcher');
  }

  /** Writes an executable script for a state. */
  script(state: string, name: string, body: string): string {
    mkdirSync(join(this.scripts, state), { recursive: true });
    const path = join(this.scripts, state, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  }

  async #close(): Promise<void> {
    for (const agent of this.#agents) await agent.kill();
    this.api.close();
    for (const { socket } of this.listeners) socket.close();
    await this.namespace.close();
    this.#root.close();
    SCHEMA.assertAll(this.#agents.flatMap(({ log }) => log.lines.filter(({ level }) => level !== undefined)));
    const logged = this.#agents.map(({ log }) => log.text()).join('\n');
    for (const secret of this.secrets) {
      assert.ok(!logged.includes(secret), `a credential was logged: ${secret}\n${logged}`);
    }
  }
}

/** The ports that the agents of these tests drain. */
export function portArguments(): string[] {
  return ['--on-draining-block-new-connections-to-ports', ...DRAINED_PORTS];
}

/** Lines of a log that an operator should look at. */
export function complaints(agent: AgentProcess, from = 0): AgentProcess['log']['lines'] {
  return agent.log.lines.slice(from).filter(({ level }) => level === 'warn' || level === 'error');
}

/** SIGTERM, which must end the agent with 0 within a second. */
export async function stopsAtOnce(agent: AgentProcess): Promise<void> {
  const startedMs = performance.now();
  assert.equal(await agent.stop(), 0, agent.log.text());
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 1_500, `the agent took ${Math.round(tookMs)} ms to end`);
}
