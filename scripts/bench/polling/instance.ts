// An instance for one program: metadata service, role and Discovery Lambda, and an API behind a name and TLS that verifies every
// signature, all of it served from this process. When its polls came is known to the millisecond.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AwsScene } from '../../../test/e2e/agent/aws-scene.ts';
import type { StartOptions } from '../../../test/e2e/agent/scene.ts';
import { LogLines } from '../../../test/fixtures/log-lines.ts';
import type { AgentProcess } from '../../../test/fixtures/programs.ts';
import { NameServer } from '../../../test/torture/api/name-server.ts';
import { SecureFront, trustBundle } from '../../../test/torture/api/secure-front.ts';

const OLD_TOOL = join(import.meta.dirname, 'old-tool.py');
/** For the next poll of a program that polls every second and may have to find everything out. */
const PATIENCE_MS = 30_000;

export interface AgentStart extends StartOptions {
  readonly args?: readonly string[];
  /** Another copy of the launcher than the one that was built. */
  readonly program?: string;
}

export interface OldToolStart {
  readonly contextS: number;
  readonly spawns: 'never' | 'always' | 'alternately';
  readonly wrapper?: readonly string[];
}

export interface OldTool {
  readonly pid: number;
  readonly log: LogLines;
  kill(): Promise<void>;
}

export class Instance {
  readonly aws: AwsScene;
  /** When each poll was received, of the monotonic clock. */
  readonly pollsAtMs: number[] = [];
  /** Called before a poll is answered. */
  onPoll: () => void = () => {};
  readonly #names: NameServer;
  readonly #closers: (() => unknown)[];
  #polled = Promise.withResolvers<void>();

  private constructor(aws: AwsScene, names: NameServer, closers: (() => unknown)[]) {
    this.aws = aws;
    this.#names = names;
    this.#closers = closers;
    const front = new SecureFront(aws.sockets[0]!, (request, response) => {
      this.pollsAtMs.push(performance.now());
      this.onPoll();
      aws.working(request, response);
      this.#polled.resolve();
      this.#polled = Promise.withResolvers();
    });
    closers.push(() => front.close());
    aws.sandbox.change({ discovery: { apiUrl: front.url } });
    writeFileSync(this.#bundle, trustBundle());
  }

  static async create(): Promise<Instance> {
    const closers: (() => unknown)[] = [];
    const t = { after: (close: () => unknown) => void closers.push(close) };
    const aws = await AwsScene.create(t as unknown as TestContext, { sockets: 1 });
    aws.scene.script('draining', '10-nothing', ':');
    const names = await NameServer.create(aws.scene.namespace);
    closers.push(() => names.close());
    return new Instance(aws, names, closers);
  }

  /** With a log as it is on an instance. */
  startAgent({ args = [], program, wrapper = [], env = {} }: AgentStart = {}): AgentProcess {
    const copy = program === undefined ? [] : ['sh', '-c', 'shift && exec "$0" "$@"', program];
    return this.aws.start(['--log-level', 'info', ...args], {
      env: { AWS_CA_BUNDLE: this.#bundle, ...env },
      wrapper: [...this.#resolving, ...wrapper, ...copy],
    });
  }

  /** Polls every second. */
  startOldTool({ contextS, spawns, wrapper = [] }: OldToolStart): OldTool {
    const [imds, aws] = this.aws.scene.listeners.map(({ port }) => `http://127.0.0.1:${port}`);
    const words = ['/usr/bin/python3', OLD_TOOL, imds!, aws!, this.#bundle, '1', String(contextS)];
    const [command, ...args] = [...this.#resolving, ...wrapper, ...words, '--spawns', spawns];
    const child = this.aws.scene.namespace.spawn(command!, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      // As a service has it: a long path makes its processes dearer.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', AWS_EC2_METADATA_SERVICE_ENDPOINT: imds },
    });
    const closed = once(child, 'close');
    const log = new LogLines(child.stderr!);
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await closed;
    };
    this.#closers.push(kill);
    return { pid: child.pid!, log, kill };
  }

  /** Waits until `count` polls more have been answered; fails when one of them does not come. */
  async furtherPolls(count: number): Promise<void> {
    for (const target = this.pollsAtMs.length + count; this.pollsAtMs.length < target; ) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const late = once(signal, 'abort').then(() => {
        throw new Error(`no poll within ${PATIENCE_MS / 1000} s`);
      });
      await Promise.race([this.#polled.promise, late]);
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  get #bundle(): string {
    return this.aws.scene.path('authorities.pem');
  }

  /** The name of the API is known to what this starts. */
  get #resolving(): string[] {
    return this.#names.wrapper(this.aws.scene.path('resolv.conf'));
  }
}
