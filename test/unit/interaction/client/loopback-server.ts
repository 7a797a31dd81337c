// A small HTTP server on loopback that answers as it is told to and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  /** The target as it came, encoded. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in the order received. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `hang` never answers; `cut` ends the connection when the request has been read. */
export type Script = (request: ReceivedRequest) => ScriptedAnswer | 'hang' | 'cut';

export interface LoopbackServer {
  readonly port: number;
  readonly url: string;
  readonly requests: ReceivedRequest[];
  close(): Promise<void>;
}

export async function startLoopbackServer(script: Script): Promise<LoopbackServer> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    requests.push(received);
    const answer = script(received);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port of loopback where nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = await startLoopbackServer(() => 'cut');
  await server.close();
  return server.port;
}
