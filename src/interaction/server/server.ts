// The listener of the interaction server: reads bounded requests off the network, and gives them to a handler that knows
// nothing of sockets. Whoever wants to interfere with answers wraps the handler.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './close-server.ts';
import type { ArrivedRequest, HandleRequest } from './gateway.ts';
import { type GatewayResponse, internalServerError, requestTooLong } from './gateway-answers.ts';
import { readBody } from './read-body.ts';

export interface InteractionServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handle: HandleRequest;
  /** Hears of the server's own failures, which callers see as a 502. */
  readonly onFault: (error: unknown) => void;
}

export interface InteractionServer {
  /** For example `http://127.0.0.1:1234`, without a slash at the end. */
  readonly origin: string;
  /** What it listens on, once a name given as host was looked up. */
  readonly address: string;
  /** Refuses new connections, lets requests under way finish for two seconds, then ends what is left. */
  close(): Promise<void>;
}

/** Bodies are read before their signature can be verified, hence a bound below API Gateway's 10 MB. */
const maxBodyBytes = 1024 * 1024;

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Longer than the longest polling period (60 s), so that a watcher's connection is there for its next poll. */
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
};

/** Resolves once requests are accepted; rejects with the system's error when the address cannot be listened on. */
export async function startInteractionServer(options: InteractionServerOptions): Promise<InteractionServer> {
  const { host, port, handle, onFault } = options;
  const server = createServer(timeouts, (request, response) => {
    answer(request, handle).then(
      (answered) => send(response, answered),
      (error: unknown) => {
        // A client that went away while it was sending has no answer to wait for.
        if (request.destroyed && !request.complete) return;
        onFault(error);
        send(response, internalServerError());
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, family, port: listeningPort } = server.address() as AddressInfo;
  return {
    origin: `http://${family === 'IPv6' ? `[${address}]` : address}:${listeningPort}`,
    address,
    close: () => closeServer(server),
  };
}

async function answer(request: IncomingMessage, handle: HandleRequest): Promise<GatewayResponse> {
  const body = await readBody(request, maxBodyBytes);
  return body === null ? requestTooLong() : handle(toArrivedRequest(request, body));
}

function toArrivedRequest(request: IncomingMessage, body: Buffer): ArrivedRequest {
  const url = request.url ?? '/';
  const queryStart = url.indexOf('?');
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index]!, request.rawHeaders[index + 1]!]);
  }
  return {
    method: request.method ?? '',
    rawPath: queryStart < 0 ? url : url.slice(0, queryStart),
    rawQuery: queryStart < 0 ? '' : url.slice(queryStart + 1),
    headers,
    body,
    peerAddress: request.socket.remoteAddress,
  };
}

function send(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  // The rest of a body that was too long is not waited for.
  const connection = response.req.complete ? {} : { Connection: 'close' };
  response.writeHead(status, { ...headers, ...connection, 'Content-Length': body.length });
  response.end(body);
}
