// The two ends of traffic.c: a server in one namespace, and a client in the other that loads it for as long as it is told.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Server } from './server.ts';

export type Kind = 'bulk' | 'connections';

// One stream fills a processor at each end; one connection after the other leaves both waiting.
const WORKERS = { bulk: 1, connections: 4 } as const;
const PORTS = { bulk: 9001, connections: 9002 } as const;

export class Load {
  readonly #ends: readonly { readonly process: ChildProcess; readonly ended: Promise<unknown> }[];
  readonly #client: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(server: ChildProcess, client: ChildProcess) {
    this.#ends = [client, server].map((process) => ({ process, ended: once(process, 'exit') }));
    this.#client = client;
    this.#answers = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
  }

  /** Resolves when the server listens. */
  static async start(kind: Kind, program: string, { namespace, client, address }: Server): Promise<Load> {
    const ends = [`${PORTS[kind]}`, `${WORKERS[kind]}`];
    const listening = namespace.spawn(program, ['serve', kind, ...ends], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [first] = await Promise.race([once(listening.stdout!, 'data'), once(listening, 'exit')]);
    if (String(first) !== 'listening\n') throw new Error(`traffic serve ended: ${first}`);
    return new Load(
      listening,
      client.spawn(program, ['load', kind, address, ...ends], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  /** Bytes, or connections, a second. */
  async run(milliseconds: number): Promise<number> {
    this.#client.stdin!.write(`${milliseconds}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('traffic load ended');
    return Number(value);
  }

  async close(): Promise<void> {
    for (const { process, ended } of this.#ends) {
      process.stdin!.end();
      await ended;
    }
  }
}
