// Many writers of configuration keys over signed HTTP, who go on through the server's death and note what was acknowledged.
import { EventEmitter, once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { Credentials } from '../../../src/aws/credentials.ts';
import { signRequest } from '../../../src/aws/sigv4/sign.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface PreparedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

export interface SignedClient {
  /** `path` is behind the stage, with a slash at its beginning. */
  sign(method: string, path: string, body?: string): Promise<PreparedRequest>;
  /** Any number of times, while the signature is not too old. */
  send(request: PreparedRequest): Promise<Answer>;
  close(): void;
}

/** `origin` is without a slash at its end. */
export function createSignedClient(origin: string, region: string, credentials: Credentials): SignedClient {
  const agent = new Agent({ keepAlive: true });
  const scope = { region, service: 'execute-api' };
  return {
    async sign(method, path, body) {
      const url = new URL(`${origin}/v1${path}`);
      const { headers } = await signRequest(
        { method, url, headers: {}, body },
        scope,
        credentials,
        Date.now(),
      );
      return { method, url, headers, body };
    },
    send: ({ method, url, headers, body }) =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(url, { method, headers, agent }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
          );
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

export class Writers {
  /** Key and value of every write that was acknowledged. */
  readonly acknowledged = new Map<string, string>();
  readonly #client: SignedClient;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #running: Promise<unknown>;
  /** Odd while the server is there. */
  #generation = 0;
  #isOver = false;

  constructor(client: SignedClient, count: number) {
    this.#client = client;
    this.#running = Promise.all(Array.from({ length: count }, (_, writer) => this.#write(writer)));
    // Told to whoever waits.
    this.#running.catch((error: unknown) => this.#events.emit('error', error));
  }

  /** The server is there from now on. */
  resume(): void {
    this.#generation++;
    this.#events.emit('turn');
  }

  /** To be called before the server is killed: only from now on may a request fail. */
  pause(): void {
    this.#generation++;
  }

  /** Resolves when so many more writes have been acknowledged. Throws when a request failed that must not. */
  async untilAcknowledged(more: number): Promise<void> {
    const enough = this.acknowledged.size + more;
    while (this.acknowledged.size < enough) await once(this.#events, 'acknowledged');
  }

  /** Ends while the server is there; resolves when every writer has ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#events.emit('turn');
    await this.#running;
  }

  async #write(writer: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const [key, value] = [`w${writer}.${turn}`, `value ${turn} of ${writer}`];
      const request = await this.#client.sign('POST', `/configuration/${key}`, value);
      // The same again until it is acknowledged: nobody knows whether the server made it before it died.
      while (!this.#isOver && !(await this.#attempt(request, key, value)));
    }
  }

  async #attempt(request: PreparedRequest, key: string, value: string): Promise<boolean> {
    const generation = this.#generation;
    if (generation % 2 === 0) {
      await once(this.#events, 'turn');
      return false;
    }
    try {
      const { status, body } = await this.#client.send(request);
      if (status !== 200 || body !== value) throw new Error(`${key} was answered ${status} ${body}`);
    } catch (error) {
      if (this.#generation === generation) throw error;
      return false;
    }
    this.acknowledged.set(key, value);
    this.#events.emit('acknowledged');
    return true;
  }
}
