// An Interaction API that answers whatever the test tells it to, wrong answers above all, and remembers how it was asked.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { INSTANCE_ID } from '../../fixtures/programs.ts';
import type { NamespaceListener } from './namespace-listener.ts';

export interface Poll {
  /** Monotonic. */
  readonly atMs: number;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

const DEADLINE_MS = 15_000;

/** The metadata of the agent's instance in dialect D2, with some members replaced. */
export function metadata(
  state: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    InstanceId: INSTANCE_ID,
    InstanceName: null,
    InstanceType: 't3.small',
    AvailabilityZone: 'eu-west-1a',
    LocatedInAZWithIssues: false,
    State: state,
    Status: 'ok',
    SubfleetName: null,
    SpotInstance: false,
    Tags: [],
    TargetGroups: { NbOfTargetGroups: 0, Arns: [] },
    ...more,
  };
}

/** A whole answer. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(text);
  };
}

/** The answer of an API that works. */
export function says(state: string, more: Readonly<Record<string, unknown>> = {}): Reply {
  return answer(200, metadata(state, more));
}

/** The tags of an instance as the wire has them. */
export function tags(values: Readonly<Record<string, string>>): { Tags: { Key: string; Value: string }[] } {
  return { Tags: Object.entries(values).map(([Key, Value]) => ({ Key, Value })) };
}

export class ScriptedApi {
  /** With the stage and a slash. */
  readonly url: string;
  readonly polls: Poll[] = [];
  /** Connections accepted so far. */
  connections = 0;
  reply: Reply = says('running');
  readonly #server;
  #waiting: (() => void)[] = [];

  constructor({ port, socket }: NamespaceListener) {
    this.url = `http://127.0.0.1:${port}/v1/`;
    this.#server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
      this.polls.push({ atMs: performance.now(), target: request.url ?? '', headers: request.headers });
      this.reply(request, response);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
    this.#server.listen(socket);
  }

  /** Waits until `count` polls more than now have come; what was answered to the one before the last has been acted on. */
  async further(count: number): Promise<void> {
    const target = this.polls.length + count;
    const endsAtMs = performance.now() + DEADLINE_MS;
    while (this.polls.length < target) {
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= 0)
        throw new Error(`${this.polls.length} polls within ${DEADLINE_MS} ms, expected ${target}`);
      const next = Promise.withResolvers<void>();
      const timer = setTimeout(next.resolve, leftMs);
      this.#waiting.push(next.resolve);
      await next.promise;
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
