// One agent whose disk, processor, memory and signals are spoiled: an API that says what it is told, a client that tries the
// ports, and scripts that leave a trace.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentProcess } from '../../fixtures/programs.ts';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { Scene, type StartOptions } from '../../e2e/agent/scene.ts';
import { says } from '../../e2e/agent/scripted-api.ts';
import { PortProbe } from '../api/port-probe.ts';
import type { Stance, Trial } from './trial.ts';

export const STANCES: readonly Stance[] = ['draining', 'running'];

/** How long something is waited for that should have come long ago, so that it is known how late it is. */
export const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 25;

export class ProcessWorld {
  readonly scene: Scene;
  readonly stance: Stance;
  /** What took longer than promised, in words: apart from what is broken, as it may be the machine. */
  readonly late: string[] = [];
  readonly #probe: PortProbe;
  readonly #closers: (() => unknown)[] = [];
  #agent: AgentProcess | undefined;

  constructor(scene: Scene, probe: PortProbe, stance: Stance) {
    this.scene = scene;
    this.#probe = probe;
    this.stance = stance;
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('no agent was started');
    return this.#agent;
  }

  get opposite(): Stance {
    return this.stance === 'draining' ? 'running' : 'draining';
  }

  get stateDirectory(): string {
    return this.scene.path('state');
  }

  get runtimeDirectory(): string {
    return this.scene.path('run');
  }

  /** Done when the world ends, the last one first, after its agent has ended. */
  after(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Starts the agent and waits for nothing. */
  boot(args: readonly string[] = [], options: StartOptions = {}): AgentProcess {
    this.#agent = this.scene.start(args, options);
    return this.#agent;
  }

  /** As `boot`, with these arguments alone. */
  bootWith(args: readonly string[], options: StartOptions = {}): AgentProcess {
    this.#agent = this.scene.startWith(args, options);
    return this.#agent;
  }

  /** Starts the agent and waits until its ports are as its stance has them. */
  async start(args: readonly string[] = [], options: StartOptions = {}): Promise<void> {
    this.boot(args, options);
    await this.follow(this.stance);
  }

  /** A wrapper for the agent's command line: a shell script in which `"$@"` is the agent with its arguments. */
  static shell(script: string): readonly string[] {
    return ['sh', '-c', script, 'sh'];
  }

  /** Has the API say the state and waits until the table is as it wants it; resolves with how long that took, ms. */
  async follow(state: Stance): Promise<number> {
    const beganMs = performance.now();
    this.scene.api.reply = says(state);
    await this.until(`the table follows ${state}`, async () => {
      return (await this.scene.hasTable()) === (state === 'draining');
    });
    return performance.now() - beganMs;
  }

  /** Waits until something is so; fails when it does not come. */
  async until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = PATIENCE_MS): Promise<void> {
    const endsAtMs = performance.now() + withinMs;
    while (!(await isSo())) {
      if (performance.now() > endsAtMs) throw new Error(`not within ${withinMs} ms: ${what}`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** What is wrong with the ports, as a client and the kernel have it. `table` is as `ruleset` was. */
  async broken(when: string, table: string | null = null): Promise<string[]> {
    const outcome = await this.#probe.outcome();
    const promised = this.stance === 'draining' ? 'refused' : 'let-in';
    const now = table === null ? null : await this.ruleset();
    return [
      ...(outcome === promised ? [] : [`${when}: a client is ${outcome}, not ${promised}`]),
      ...(now === table ? [] : [`${when}: the table changed to ${now || 'none'}`]),
    ];
  }

  /**
   * With handles: equal texts mean that nothing was even replaced. Counters are left out, and whose the table is: a table that
   * lost its owner is adopted.
   */
  async ruleset(): Promise<string> {
    const text = await this.scene.namespace.run('nft', ['-s', '-a', 'list', 'ruleset']);
    return text.replace(/ # handle (\d+) progname .*$/m, ' # handle $1').replace(/^\tflags .*$/m, '');
  }

  /** What `status --json` says, or null when no agent answers. */
  async status(): Promise<{ readonly [member: string]: unknown } | null> {
    const { stdout, status } = await this.scene.program([
      'status',
      '--json',
      '--runtime-dir',
      this.runtimeDirectory,
      '--state-dir',
      this.stateDirectory,
    ]);
    return status === 6 || stdout === '' ? null : (JSON.parse(stdout) as { [member: string]: unknown });
  }

  /** What the record on disk wants of the ports; null when it cannot be read. */
  recorded(): string | null {
    try {
      const text = readFileSync(`${this.stateDirectory}/record.json`, 'utf8');
      return (JSON.parse(text) as { state: { desired: string } }).state.desired;
    } catch {
      return null;
    }
  }

  /** Lines that an operator should look at, and the ends of what they told. */
  told(from: number): readonly LogLine[] {
    const isTold = ({ level, event }: LogLine) =>
      level === 'warn' || level === 'error' || level === undefined || event === 'recovered';
    return this.agent.log.lines.slice(from).filter((line) => isTold(line) && !isOfBusyMachine(line));
  }

  /** SIGTERM: what is wrong with how it ends. */
  async stopped(withinMs: number): Promise<string[]> {
    const beganMs = performance.now();
    const hadTable = await this.scene.hasTable();
    this.agent.signal('SIGTERM');
    const status = await Promise.race([this.agent.ended, delay(PATIENCE_MS, 'running', { ref: false })]);
    const tookMs = Math.round(performance.now() - beganMs);
    if (tookMs > withinMs) this.late.push(`took ${tookMs} ms to end`);
    return [
      ...(status === 0 ? [] : [`ended with ${status}`]),
      ...((await this.scene.hasTable()) === hadTable ? [] : ['the table is another one after the end']),
    ];
  }

  /** Whether the process is there. */
  isAlive(): boolean {
    return existsSync(`/proc/${this.agent.pid}/exe`);
  }

  async close(): Promise<void> {
    await this.#agent?.kill();
    for (const close of this.#closers.toReversed()) await close();
  }
}

/** A poll that a machine with other things to do did not answer in time: no fault of these rows. */
export function isOfBusyMachine({ event, message }: LogLine): boolean {
  return event === 'hold-began' && /no answer within/.test(String(message));
}

/** Tries something in a world of its own, which ends whatever happens. */
export async function inWorld(
  stance: Stance,
  attempt: (world: ProcessWorld) => Promise<Trial>,
): Promise<Trial> {
  const closers: (() => unknown)[] = [];
  try {
    const scene = await Scene.create({ after: (close) => closers.push(close as () => unknown) });
    const probe = await PortProbe.create(scene.namespace);
    closers.push(() => probe.close());
    const world = new ProcessWorld(scene, probe, stance);
    closers.push(() => world.close());
    scene.api.reply = says(stance);
    const trial = await attempt(world);
    return { ...trial, late: world.late };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
