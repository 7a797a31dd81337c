// An answer through the balancer that goes on and on, as a client sees it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Namespace } from '../../fixtures/netns.ts';

export class Stream {
  /** The instance that answers. */
  readonly server: string;
  readonly #curl: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  readonly #lines: string[] = [];

  private constructor(curl: ChildProcess, server: string) {
    this.#curl = curl;
    this.server = server;
    this.#closed = once(curl, 'close');
  }

  /** Asks for one and waits for its first line. */
  static async open(namespace: Namespace): Promise<Stream> {
    const curl = namespace.spawn('curl', ['-sSfN', 'http://127.0.0.1/stream'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: curl.stdout! });
    const [first] = await once(lines, 'line', { signal: AbortSignal.timeout(5_000) });
    const stream = new Stream(curl, String(first));
    lines.on('line', (line) => stream.#lines.push(line));
    return stream;
  }

  get ticks(): number {
    return this.#lines.length;
  }

  /** Whether the answer came to its own end; waits for that, or for whatever ended it. */
  async isWhole(): Promise<boolean> {
    const [status] = await this.#closed;
    return status === 0 && this.#lines.at(-1) === 'end';
  }

  abandon(): void {
    this.#curl.kill('SIGKILL');
  }
}
