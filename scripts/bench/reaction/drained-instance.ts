// An instance with so many ranges of ports, a client beside it, and who closes them when its API says so.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { metadata } from '../../../test/e2e/agent/scripted-api.ts';
import { LogLines } from '../../../test/fixtures/log-lines.ts';
import { connect, createNamespace, type Namespace } from '../../../test/fixtures/netns.ts';
import { askEverySecond, KEY, startAgent, temporaryDirectory } from '../../../test/fixtures/programs.ts';

const OLD_CLOSING = join(import.meta.dirname, 'old-closing.py');
const FIRST_PORT = 10_000;
/** Between the beginnings of two ranges, each of two ports. */
const STEP = 4;
/** For a poll, for others that are measured meanwhile, and for a thousand processes. */
const DEADLINE_MS = 40_000;

export type Closing = 'agent' | 'old tool';

export interface InstanceOptions {
  readonly closing: Closing;
  readonly ranges: number;
  /** instance.c, compiled. */
  readonly program: string;
  /** A file: of those that share it, one at a time is measured. */
  readonly lock: string;
}

export interface Refused {
  /** From before the answer was written to the begin of the first attempt after the last one that was accepted. */
  readonly afterMs: number;
  /** Connections accepted before that. */
  readonly accepted: number;
}

export class DrainedInstance {
  readonly #program: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** Settles when whoever closes has opened again. */
  readonly #opened: () => Promise<unknown>;
  readonly #closers: readonly (() => unknown)[];

  private constructor(
    program: ChildProcess,
    lines: AsyncIterator<string>,
    opened: () => Promise<unknown>,
    closers: readonly (() => unknown)[],
  ) {
    this.#program = program;
    this.#lines = lines;
    this.#opened = opened;
    this.#closers = closers;
  }

  static async create({ closing, ranges, program, lock }: InstanceOptions): Promise<DrainedInstance> {
    const [instance, client] = await Promise.all([createNamespace(), createNamespace()]);
    const closers: (() => unknown)[] = [() => instance.close(), () => client.close()];
    try {
      await connect(
        { namespace: instance, device: 'to-client', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
        { namespace: client, device: 'to-instance', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
      );
      // The old tool knows no IPv6.
      const families = closing === 'agent' ? '46' : '4';
      const answers = ['running', 'draining'].map((state) => JSON.stringify(metadata(state)));
      const words = [`/proc/${client.pid}/ns/net`, lock, families];
      const child = instance.spawn(
        program,
        [...words, String(FIRST_PORT), String(STEP), String(ranges), ...answers],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      closers.push(() => ended(child));
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
      const { value: port } = await lines.next();
      const url = `http://127.0.0.1:${port}/v1/`;
      const opened =
        closing === 'agent'
          ? await agentOn(instance, url, ranges, closers)
          : await oldToolOn(instance, url, ranges, closers);
      return new DrainedInstance(child, lines, opened, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** The API says draining from one of the next polls on; resolves when no connection is accepted any more. */
  async drain(): Promise<Refused> {
    await this.#answered('draining');
    const [, ns, accepted] = /^refused (\d+) (\d+)$/.exec(await this.#line()) ?? [];
    return { afterMs: Number(ns) / 1e6, accepted: Number(accepted) };
  }

  /** The API says running; resolves when connections are accepted again. */
  async open(): Promise<void> {
    const opened = this.#opened();
    await this.#answered('running');
    await opened;
  }

  close(): Promise<void> {
    return closeAll(this.#closers);
  }

  async #answered(state: 'running' | 'draining'): Promise<void> {
    this.#program.stdin!.write(`${state}\n`);
    const line = await this.#line();
    if (line !== 'answered') throw new Error(`instance.c said ${line}`);
  }

  async #line(): Promise<string> {
    const late = AbortSignal.timeout(DEADLINE_MS);
    const { value, done } = await Promise.race([
      this.#lines.next(),
      once(late, 'abort').then(() => {
        throw new Error(`instance.c said nothing for ${DEADLINE_MS / 1000} s`);
      }),
    ]);
    if (done === true) throw new Error('instance.c has ended');
    return value;
  }
}

async function agentOn(
  namespace: Namespace,
  url: string,
  ranges: number,
  closers: (() => unknown)[],
): Promise<() => Promise<unknown>> {
  const directory = temporaryDirectory('/run');
  closers.push(directory.close);
  const ports = ['--on-draining-block-new-connections-to-ports', ...rangesOf(ranges, '-')];
  const args = [...askEverySecond({ url }), '--log-level', 'info', ...ports];
  const agent = startAgent({ namespace, directory: directory.path, args, env: KEY });
  closers.push(() => agent.kill());
  await agent.log.waitFor('state-changed');
  return () => agent.log.waitFor('table-removed', agent.log.lines.length, DEADLINE_MS);
}

async function oldToolOn(
  namespace: Namespace,
  url: string,
  ranges: number,
  closers: (() => unknown)[],
): Promise<() => Promise<unknown>> {
  // Without a rule of someone's it closed nothing at all. Without a bound to the kernel's refusals by ICMP each is seen at once.
  await namespace.shell(
    'iptables -A INPUT -i lo -j ACCEPT; sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_ratemask=0',
  );
  const args = [OLD_CLOSING, `${url}metadata`, ...rangesOf(ranges, ':')];
  const tool = namespace.spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => ended(tool));
  const log = new LogLines(tool.stdout!);
  return () => log.waitFor((line) => line.message === 'opened', log.lines.length, DEADLINE_MS);
}

function rangesOf(count: number, between: string): string[] {
  return Array.from({ length: count }, (_, i) => FIRST_PORT + STEP * i).map(
    (first) => `${first}${between}${first + 1}`,
  );
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}
