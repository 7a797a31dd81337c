// A process in a network namespace of its own, seen from the test.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { ConnectionCount, DestroyResult, PortRange } from '../../../src/firewall/ruleset.ts';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';
import type { PeerCalls, Reply } from './peer-program.ts';

const PROGRAM = fileURLToPath(new URL('peer-program.ts', import.meta.url));
const CALL_DEADLINE_MS = 10_000;

/** Typed calls to one namespace's process. Close it in `after`. */
export class Peer {
  readonly namespace: Namespace;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  private constructor(namespace: Namespace) {
    this.namespace = namespace;
    this.#child = namespace.spawnNode(PROGRAM, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (reply: Reply) => this.#settle(reply));
    this.#child.once('exit', () => this.#abandon());
  }

  static async start(): Promise<Peer> {
    const namespace = await createNamespace();
    await namespace.shell('echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'); // link-local addresses work at once
    return new Peer(namespace);
  }

  async call<Name extends keyof PeerCalls>(
    name: Name,
    ...args: Parameters<PeerCalls[Name]>
  ): Promise<Awaited<ReturnType<PeerCalls[Name]>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const deadline = setTimeout(() => {
      const what = `${name}(${JSON.stringify(args)})`;
      this.#waiting.get(id)?.reject(new Error(`${what} took over ${CALL_DEADLINE_MS} ms`));
    }, CALL_DEADLINE_MS);
    this.#child.send({ id, call: name, args }, (error) => error && this.#waiting.get(id)?.reject(error));
    try {
      return (await answer) as Awaited<ReturnType<PeerCalls[Name]>>;
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(id);
    }
  }

  run(command: string, args: readonly string[], input = ''): Promise<string> {
    return this.namespace.run(command, args, { input });
  }

  ip(command: string): Promise<string> {
    return this.run('ip', command.split(' '));
  }

  /** Loads nft text. */
  nft(ruleset: string): Promise<string> {
    return this.run('nft', ['-f', '-'], ruleset);
  }

  /** Sets `path` below /proc/sys/net, which shows the namespace of who looks. */
  sysctl(path: string, value: number): Promise<string> {
    return this.namespace.shell(`echo ${value} > /proc/sys/net/${path}`);
  }

  async count(ports: readonly PortRange[], includeLoopback = false): Promise<ConnectionCount> {
    return this.call('connections', ports, includeLoopback);
  }

  async destroy(ports: readonly PortRange[], includeLoopback = false): Promise<DestroyResult> {
    return this.call('destroy', ports, includeLoopback);
  }

  /** The states of the TCP sockets that `ss` finds, as it names them, sorted; without listeners. */
  async states(filter: string): Promise<string[]> {
    const lines = (await this.run('ss', ['-Htan', filter])).split('\n');
    const states = lines.map((line) => line.split(/\s+/)[0]!);
    return states.filter((state) => state !== '' && state !== 'LISTEN').sort();
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
    await this.namespace.close();
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  #abandon(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the peer has exited'));
  }
}

/** Joins two peers by a veth pair, `name` and "a" or "b", and gives each end its addresses (with prefix lengths). */
export function join(
  a: Peer,
  b: Peer,
  name: string,
  aAddresses: string[],
  bAddresses: string[],
): Promise<void> {
  return connect(
    { namespace: a.namespace, device: `${name}a`, addresses: aAddresses },
    { namespace: b.namespace, device: `${name}b`, addresses: bAddresses },
  );
}

/** Waits until `read()` gives `expected`; fails with the difference after the deadline. */
export async function eventually<T>(read: () => Promise<T>, expected: T, deadlineMs = 5_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last = await read();
  while (!isDeepStrictEqual(last, expected) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    last = await read();
  }
  assert.deepEqual(last, expected);
}
