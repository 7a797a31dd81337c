// A client that behaves well, and asks all the time: whatever others do, it must be answered.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { signRequest } from '../../../src/aws/sigv4/sign.ts';
import { readFigures } from '../api/process-figures.ts';
import { KEYS, REGION } from './keys.ts';
import { pause, type ServerProcess } from './server-process.ts';

const SCOPE = { region: REGION, service: 'execute-api' };
const KEPT_VALUE = 'as it was';
/** Between two polls. */
const INTERVAL_MS = 50;
/** On a machine that is very busy with other things; alone it is a fraction of a second. */
const MAX_POLL_MS = 30_000;
/** The most that a server takes, whatever is done to it. */
const MAX_RESIDENT_BYTES = 768 * 1024 * 1024;

/** For api.test, good for a hundred years. */
export const CERTIFICATE = join(import.meta.dirname, '../api/fixtures/valid.cert.pem');

export interface AskOptions {
  readonly body?: string;
  /** Without one, the connection is the request's own. */
  readonly agent?: HttpAgent | false;
  readonly isTls?: boolean;
}

export interface Served {
  readonly status: number;
  readonly body: string;
}

/** One signed request over a connection of its own, or of `agent`. Rejects when there is no answer in time. */
export async function ask(
  port: number,
  method: string,
  path: string,
  { body, agent = false, isTls = false }: AskOptions = {},
): Promise<Served> {
  const url = new URL(`${isTls ? 'https://127.0.0.1' : 'http://127.0.0.1'}:${port}/v1${path}`);
  const { headers } = await signRequest({ method, url, headers: {}, body }, SCOPE, KEYS.operator, Date.now());
  const authorities = isTls ? { ca: readFileSync(CERTIFICATE), servername: 'api.test' } : {};
  return new Promise((resolve, reject) => {
    const request = isTls ? httpsRequest : httpRequest;
    const outgoing = request(url, { method, headers, agent, ...authorities }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.setTimeout(MAX_POLL_MS, () => outgoing.destroy(new Error(`no answer in ${MAX_POLL_MS} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export interface SteadyOptions {
  /** It stays on its first connection. */
  readonly isAlone?: boolean;
  readonly isTls?: boolean;
}

export class SteadyClient {
  readonly #server: ServerProcess;
  readonly #agent: HttpAgent;
  readonly #broken = new Set<string>();
  readonly #options: SteadyOptions;
  #polls = 0;
  #slowestMs = 0;
  #mostResident = 0;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(server: ServerProcess, options: SteadyOptions) {
    this.#server = server;
    this.#options = options;
    const Agent = options.isTls ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Begins to ask, every other time over a new connection. */
  static async start(server: ServerProcess, options: SteadyOptions = {}): Promise<SteadyClient> {
    const client = new SteadyClient(server, options);
    await client.#ask('POST', KEPT_VALUE);
    client.#running = client.#poll();
    return client;
  }

  get polls(): number {
    return this.#polls;
  }

  get slowestMs(): number {
    return this.#slowestMs;
  }

  get mostResidentBytes(): number {
    return this.#mostResident;
  }

  /** Resolves when so many more polls were answered, rightly or not. */
  async more(count: number): Promise<void> {
    const enough = this.#polls + count;
    while (this.#polls < enough) await pause(INTERVAL_MS);
  }

  /** What was promised and not kept. */
  async stop(): Promise<string[]> {
    this.#isOver = true;
    await this.#running;
    this.#agent.destroy();
    return [...this.#broken];
  }

  async #poll(): Promise<void> {
    while (!this.#isOver) {
      await this.#ask('GET');
      this.#mostResident = Math.max(this.#mostResident, residentBytes(this.#server.pid));
      if (this.#mostResident > MAX_RESIDENT_BYTES) {
        this.#broken.add(`it took more than ${MAX_RESIDENT_BYTES / 2 ** 20} MB of memory`);
      }
      await pause(INTERVAL_MS);
    }
  }

  async #ask(method: string, body?: string): Promise<void> {
    const startedMs = performance.now();
    const isNewcomer = !this.#options.isAlone && this.#polls % 2 === 1;
    try {
      const answer = await ask(this.#server.port, method, '/configuration/steady', {
        isTls: this.#options.isTls === true,
        ...(body === undefined ? {} : { body }),
        ...(isNewcomer ? {} : { agent: this.#agent }),
      });
      if (answer.status !== 200 || answer.body !== KEPT_VALUE) {
        this.#broken.add(`the steady client was answered ${answer.status} ${answer.body.slice(0, 100)}`);
      }
    } catch (error) {
      const how = isNewcomer ? ', newly connected,' : '';
      this.#broken.add(`the steady client${how} was not served: ${(error as Error).message}`);
    }
    this.#polls += 1;
    this.#slowestMs = Math.max(this.#slowestMs, Math.round(performance.now() - startedMs));
  }
}

/** 0 once it is gone. */
function residentBytes(pid: number): number {
  try {
    return readFigures(pid).residentBytes;
  } catch {
    return 0;
  }
}
