// The listener of the interaction server: reads bounded requests off the network, and gives them to a handler that knows
// nothing of sockets. Whoever wants to interfere with answers wraps the handler.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Answer, ArrivedRequest, HandleRequest } from './handle-request.ts';
import { closeServer } from './close-server.ts';
import { internalServerError, requestTooLong, serviceUnavailable } from './gateway/gateway-answers.ts';
import { type BodyRoom, createBodyRoom, NoRoomForBodyError, readBody } from './read-body.ts';
import { sendAnswer } from './send-answer.ts';
import { StoreError } from './store/store.ts';
import type { TlsFiles } from './tls-files.ts';
import { createTurns } from './turns.ts';

export interface InteractionServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** With it the server speaks HTTPS, otherwise HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Called once, before the first request is read: what answers may depend on where the server can be found. */
  readonly handlerFor: (origin: string) => HandleRequest;
  /** Hears of the server's own failures, which callers see as a 502, or as a 503 when the store failed. */
  readonly onFault: (error: unknown) => void;
  /** Hears of each connection that was ended at once, because so many others are open. */
  readonly onTurnedAway?: (open: number) => void;
  readonly bounds?: Partial<ConnectionBounds>;
}

export interface ConnectionBounds {
  /** Without a byte either way: whoever does not read its answer would have it kept for ever. Between requests `keepAliveTimeout` decides. */
  readonly silenceMs: number;
  readonly maxConnections: number;
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
/** Of all bodies on their way: they come from anyone. Polls have none, and go on when it is used up. */
const maxBodiesBytes = 64 * maxBodyBytes;
/** Behind others of their connection, in all: nobody needs them, and each takes some kilobytes. */
const maxWaitingRequests = 2_000;

const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Longer than the longest polling period (60 s), so that a watcher's connection is there for its next poll. */
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
};

const usualBounds: ConnectionBounds = {
  silenceMs: 30_000,
  /** Those of a fleet of 10,000, which is beyond what one server is for, and some that ask once. An idle one takes about 20 KB. */
  maxConnections: 12_000,
};

/** Resolves once requests are accepted; rejects with the system's error when the address cannot be listened on. */
export async function startInteractionServer(options: InteractionServerOptions): Promise<InteractionServer> {
  const { host, port, tls, handlerFor, onFault, onTurnedAway = () => undefined } = options;
  const room = createBodyRoom(maxBodiesBytes);
  const { silenceMs, maxConnections } = { ...usualBounds, ...options.bounds };
  const takeTurn = createTurns(maxWaitingRequests);
  let handle: HandleRequest;
  const server = createServer(tls, (request, response) => {
    const answered = takeTurn(request, response).then((isAwaited) =>
      isAwaited ? answer(request, room, handle) : null,
    );
    answered.then(
      (made) => made !== null && sendAnswer(response, made),
      (error: unknown) => {
        if (error instanceof NoRoomForBodyError) return sendAnswer(response, serviceUnavailable());
        // A client that went away while it was sending has no answer to wait for.
        if (request.destroyed && !request.complete) return;
        onFault(error);
        sendAnswer(response, error instanceof StoreError ? serviceUnavailable() : internalServerError());
      },
    );
  });
  server.maxConnections = maxConnections;
  server.on('drop', () => onTurnedAway(maxConnections));
  server.setTimeout(silenceMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, family, port: listeningPort } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'http' : 'https';
  const origin = `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${listeningPort}`;
  // No connection is looked at before this has run to its next await.
  handle = handlerFor(origin);
  return { origin, address, close: () => closeServer(server) };
}

function createServer(tls: TlsFiles | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createHttpServer(timeouts, listener);
  const handshakeTimeout = timeouts.headersTimeout;
  let inUse = tls.current();
  const server = createHttpsServer({ ...timeouts, handshakeTimeout, ...inUse }, listener);
  // Before the handshake, so that a connection never gets a certificate that has been replaced.
  server.prependListener('connection', () => {
    const current = tls.current();
    if (current === inUse) return;
    inUse = current;
    server.setSecureContext(current);
  });
  return server;
}

async function answer(request: IncomingMessage, room: BodyRoom, handle: HandleRequest): Promise<Answer> {
  const body = await readBody(request, maxBodyBytes, room);
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
