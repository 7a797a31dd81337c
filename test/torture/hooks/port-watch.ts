// When a drained port began to refuse, or to let in again, as a client beside the instance sees it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { compileProgram } from '../compile.ts';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';

const INSTANCE = '192.0.2.1';
const PORT = '80';
const DEADLINE_MS = 20_000;

/** Compiles the program into a directory; fails when the compiler does, which says why. */
export function compilePortWatch(directory: string): string {
  return compileProgram(join(import.meta.dirname, 'port_watch.c'), directory);
}

export type Verdict = 'refused' | 'connected';

/** A wait that has begun. */
export interface Watched {
  /** CLOCK_MONOTONIC, ms, of the first attempt that came to the verdict. */
  readonly atMs: Promise<number>;
}

export class PortWatch {
  /** Whether the connection that has stood since the begin was broken. */
  isLost = false;
  readonly #client: Namespace;
  readonly #server: ChildProcess;
  readonly #watcher: ChildProcess;
  readonly #lines: Interface;

  private constructor(client: Namespace, server: ChildProcess, watcher: ChildProcess) {
    this.#client = client;
    this.#server = server;
    this.#watcher = watcher;
    this.#lines = createInterface({ input: watcher.stdout! });
    this.#lines.on('line', (line) => {
      if (line === 'lost') this.isLost = true;
    });
  }

  /** Serves a drained port on the instance, joins a client to it and opens the connection that is to last. */
  static async create(instance: Namespace, program: string): Promise<PortWatch> {
    const client = await createNamespace();
    await connect(
      { namespace: instance, device: 'to-client', addresses: [`${INSTANCE}/24`] },
      { namespace: client, device: 'to-instance', addresses: ['192.0.2.2/24'] },
    );
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const server = instance.spawn(program, ['serve', PORT], { stdio: [...stdio] });
    await ready(server);
    const watcher = client.spawn(program, ['watch', INSTANCE, PORT], { stdio: [...stdio] });
    await ready(watcher);
    return new PortWatch(client, server, watcher);
  }

  /** Resolves once the first attempt was made; after it the client goes on until one ends with the verdict. */
  async start(verdict: Verdict): Promise<Watched> {
    const armed = this.#line((line) => line === 'armed');
    const atMs = this.#line((line) => /^\d+$/.test(line)).then((line) => Number(BigInt(line) / 1000n) / 1e3);
    // Awaited later, by whoever has the answer.
    atMs.catch(() => {});
    this.#watcher.stdin!.write(`${verdict}\n`);
    await armed;
    return { atMs };
  }

  async close(): Promise<void> {
    for (const child of [this.#watcher, this.#server]) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    await this.#client.close();
  }

  #line(isWanted: (line: string) => boolean): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (line: string): void => {
      if (!isWanted(line)) return;
      end();
      resolve(line);
    };
    const deadline = setTimeout(() => {
      end();
      reject(new Error(`the port has not changed within ${DEADLINE_MS} ms`));
    }, DEADLINE_MS);
    const end = (): void => {
      clearTimeout(deadline);
      this.#lines.off('line', look);
    };
    this.#lines.on('line', look);
    return promise;
  }
}

async function ready(child: ChildProcess): Promise<void> {
  const [first] = await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
  if (String(first) !== 'ready\n') throw new Error(`port_watch said ${first}`);
}
