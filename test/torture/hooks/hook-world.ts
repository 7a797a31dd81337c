// One host whose agent runs scripts: an API that says what it is told, a client that tries a drained port, and the evidence that
// scripts leave of themselves.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import {
  type AgentProcess,
  askEverySecond,
  KEY,
  startAgent,
  temporaryDirectory,
} from '../../fixtures/programs.ts';
import { listenIn } from '../../e2e/agent/namespace-listener.ts';
import { ScriptedApi, says } from '../../e2e/agent/scripted-api.ts';
import { isAlive } from '../../unit/watcher/hooks/script-directory.ts';
import type { State } from './fault.ts';
import { PortWatch } from './port-watch.ts';

/** For a poll, and for the line of what it has changed. */
const DEADLINE_MS = 20_000;

const STATES: readonly State[] = ['running', 'draining'];

/** How the drained port came to be as the API had said. */
export interface Flip {
  /** The change's id in the log. */
  readonly change: string;
  /** From the answer's first byte to the first SYN that was treated accordingly. */
  readonly tookMs: number;
}

export class HookWorld {
  readonly namespace: Namespace;
  readonly api: ScriptedApi;
  readonly watch: PortWatch;
  /** What the API has said last. */
  state: State = 'running';
  readonly #root = temporaryDirectory('/run');
  #agent: AgentProcess | undefined;

  private constructor(namespace: Namespace, api: ScriptedApi, watch: PortWatch) {
    this.namespace = namespace;
    this.api = api;
    this.watch = watch;
    // A stranger may come through it, to what is his below.
    chmodSync(this.#root.path, 0o711);
    for (const directory of [this.evidence, ...STATES.map((state) => this.scripts(state))])
      mkdirSync(directory, { recursive: true });
  }

  /** The API says `running`, a client holds a connection, no agent runs. */
  static async create(portWatch: string): Promise<HookWorld> {
    const namespace = await createNamespace();
    try {
      const [listener] = await listenIn(namespace, 1);
      const watch = await PortWatch.create(namespace, portWatch);
      return new HookWorld(namespace, new ScriptedApi(listener!), watch);
    } catch (error) {
      await namespace.close();
      throw error;
    }
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('no agent was started');
    return this.#agent;
  }

  /** Root's alone, and outside of the agent's directories. */
  get evidence(): string {
    return join(this.#root.path, 'evidence');
  }

  scripts(state: string): string {
    return join(this.#root.path, 'agent/scripts', state);
  }

  /**
   * Starts an agent that leads a process group of its own, so that one who kills that group kills nobody else, and has a mount
   * namespace of its own; resolves once it has heard of its state.
   */
  async start(timeoutS: number): Promise<AgentProcess> {
    this.#agent = startAgent({
      namespace: this.namespace,
      directory: join(this.#root.path, 'agent'),
      args: [
        ...askEverySecond(this.api),
        '--on-draining-block-new-connections-to-ports',
        '80',
        '--hook-timeout',
        String(timeoutS),
      ],
      env: KEY,
      wrapper: ['setsid', '--', 'unshare', '--mount', '--propagation', 'private', '--'],
    });
    await this.#agent.log.waitFor('polled');
    return this.#agent;
  }

  /** Writes an executable shell script that first leaves its mark: at most once a change. */
  script(state: string, name: string, body: string): string {
    const path = join(this.scripts(state), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho "$CS_TRANSITION_ID $CS_SCRIPT" >> ${this.#marks}\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A line for each run of a script so far: the change and the script. */
  marks(): string[] {
    return existsSync(this.#marks) ? readFileSync(this.#marks, 'utf8').trim().split('\n') : [];
  }

  /** Those that live of the processes whose ids scripts wrote to `pids` in the evidence, a line each. */
  living(): number[] {
    const path = join(this.evidence, 'pids');
    const pids = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
    return pids.filter(isAlive);
  }

  killLiving(): void {
    for (const pid of this.living()) process.kill(pid, 'SIGKILL');
  }

  /** Leaves the scripts of a state as they were before anything was put there, and no evidence. */
  clear(state: State): void {
    for (const path of [this.scripts(state), this.evidence]) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    }
  }

  /** The API says another state from the next poll on; resolves when a client has seen what comes of it. */
  async flip(to: State): Promise<Flip> {
    const from = this.agent.log.lines.length;
    const answered = Promise.withResolvers<number>();
    let isAsked = false;
    const deadline = setTimeout(
      () => answered.reject(new Error(`no poll within ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    );
    this.api.reply = (request, response) => {
      if (isAsked) {
        says(to)(request, response);
        return;
      }
      isAsked = true;
      this.watch.start(to === 'draining' ? 'refused' : 'connected').then(({ atMs }) => {
        const nowMs = monotonicMs();
        says(to)(request, response);
        clearTimeout(deadline);
        answered.resolve(atMs.then((changedMs) => changedMs - nowMs));
      }, answered.reject);
    };
    const tookMs = await answered.promise.finally(() => clearTimeout(deadline));
    const line = await this.agent.log.waitFor(
      ({ event, to: now }) => event === 'state-changed' && now === to,
      from,
      DEADLINE_MS,
    );
    this.state = to;
    return { change: String(line.change), tookMs };
  }

  /** Waits until all scripts of a change have run. */
  async completed(change: string, deadlineMs = 60_000): Promise<void> {
    const isDone = (line: { event?: string; change?: unknown }): boolean =>
      line.event === 'hook-completed' && line.change === change;
    await this.agent.log.waitFor(isDone, 0, deadlineMs);
  }

  /** Names of everything in the agent's directories but the scripts. */
  files(): string {
    const names = readdirSync(join(this.#root.path, 'agent'), { recursive: true }) as string[];
    return names
      .filter((name) => !name.startsWith('scripts/'))
      .sort()
      .join(' ');
  }

  async hasTable(): Promise<boolean> {
    return (await this.namespace.run('nft', ['list', 'tables'])).includes('table inet cs-instance-watcher');
  }

  async close(): Promise<void> {
    await this.#agent?.kill();
    this.api.close();
    await this.watch.close();
    await this.namespace.close();
    this.#root.close();
  }

  get #marks(): string {
    return join(this.evidence, 'marks');
  }
}

/** CLOCK_MONOTONIC. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
