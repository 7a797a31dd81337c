// One start of a program on an instance, from the moment its process begins to be it to its first poll, and to READY.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type NotifySocket, receiveNotifications } from '../../../test/e2e/agent/notify-socket.ts';
import type { LogLines } from '../../../test/fixtures/log-lines.ts';
import type { Instance } from '../polling/instance.ts';
import type { ProgramsCopy } from './programs-copy.ts';

/** Says when it becomes what it starts, without a process more. */
const STAMP = ['bash', '-c', 'echo "begins at $EPOCHREALTIME" >&2; exec "$@"', 'bash'];
const BEGINS = /^begins at (\S+)$/;
/** No start lasts that long. */
const CONTEXT_S = 300;

export interface AgentTimes {
  readonly toReadyMs: number;
  readonly toPollMs: number;
}

export class TimedStart {
  readonly #instance: Instance;
  readonly #programs: ProgramsCopy;
  readonly #notified: NotifySocket;

  private constructor(instance: Instance, programs: ProgramsCopy, notified: NotifySocket) {
    this.#instance = instance;
    this.#programs = programs;
    this.#notified = notified;
  }

  static async create(instance: Instance, programs: ProgramsCopy): Promise<TimedStart> {
    return new TimedStart(instance, programs, await receiveNotifications(notifyPath(instance)));
  }

  /** On an instance that nothing is known of. */
  async atFirstBoot(): Promise<AgentTimes> {
    rmSync(this.#state, { recursive: true, force: true });
    return await this.#agent();
  }

  /** With the context that an earlier start left. */
  async withContext(): Promise<AgentTimes> {
    if (!existsSync(join(this.#state, 'context.json')))
      throw new Error('no earlier start has left a context');
    return await this.#agent();
  }

  /** To its first poll; it keeps nothing from one start to the next. */
  async oldToolMs(): Promise<number> {
    const tool = this.#instance.startOldTool({ contextS: CONTEXT_S, spawns: 'always', wrapper: STAMP });
    const polledMs = await this.#polledMs();
    await tool.kill();
    return polledMs - beganMs(tool.log);
  }

  async close(): Promise<void> {
    await this.#notified.close();
  }

  async #agent(): Promise<AgentTimes> {
    const { lines } = this.#notified;
    const ready = lines.waitFor(({ message }) => message === 'READY=1', lines.lines.length).then(nowMs);
    const agent = this.#instance.startAgent({
      program: this.#programs.agent,
      wrapper: STAMP,
      env: { NOTIFY_SOCKET: notifyPath(this.#instance) },
    });
    const [readyMs, polledMs] = await Promise.all([ready, this.#polledMs()]);
    await agent.stop();
    const began = beganMs(agent.log);
    return { toReadyMs: readyMs - began, toPollMs: polledMs - began };
  }

  async #polledMs(): Promise<number> {
    const next = this.#instance.pollsAtMs.length;
    await this.#instance.furtherPolls(1);
    return performance.timeOrigin + this.#instance.pollsAtMs[next]!;
  }

  get #state(): string {
    return this.#instance.aws.scene.path('state');
  }
}

function notifyPath({ aws }: Instance): string {
  return aws.scene.path('notify.sock');
}

/** Of the wall clock, as what `STAMP` says. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function beganMs(log: LogLines): number {
  const stamp = log.lines.map(({ message }) => BEGINS.exec(message ?? '')).find((found) => found !== null);
  if (stamp === undefined) throw new Error(`no line says when it began:\n${log.text()}`);
  return Number(stamp![1]) * 1000;
}
