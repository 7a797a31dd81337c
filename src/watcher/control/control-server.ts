// The agent's end of the control socket. Whoever can open the socket is root: requests are bounded and read with care all the
// same, and no answer tells more than what was asked.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connectionLimit } from '../observe/connection-limit.ts';
import type { Clock } from '../ports.ts';
import { listenOnControlSocket } from './control-socket.ts';
import type { ControlScene, ControlSubject } from './control-subject.ts';
import { answerWhenDrained } from './drained-answer.ts';
import { answerRefusal, answerWith, finish, readBody, Refused } from './exchange.ts';
import { answerLease, answerLeaseEnd } from './lease-answer.ts';
import { Leases } from './leases.ts';
import { controlSocketPath, PATHS, ProtocolError } from './protocol.ts';
import type { SummaryWatch } from './summary-watch.ts';

export interface ControlOptions {
  readonly runtimeDir: string;
  readonly subject: ControlSubject;
  /** Hears every summary of the agent. */
  readonly summaries: SummaryWatch;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The socket's lasting trouble, or null once it has none. */
  readonly onTrouble: (problem: string | null) => void;
}

export interface ControlServer {
  /** Ends every lease because the agent ends, and the socket, within a tenth of a second. */
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<void>;

const MAX_HEADER_BYTES = 8_192;
const REQUEST_MS = 5_000;
const LOOK_FOR_SLOW_MS = 5_000;
const CLOSE_GRACE_MS = 100;

/** Listens in the runtime directory. Only for the holder of the lock. */
export function startControlServer(options: ControlOptions): ControlServer {
  const { subject, summaries, clock, newId } = options;
  const leases = new Leases({ put: (lease, why) => subject.lease(lease, why), clock, newId });
  const scene: ControlScene = { subject, summaries, leases };
  const server = createBoundedServer();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // The limit to one request alone would leave it to the client to close.
    response.setHeader('connection', 'close');
    // Whoever goes away in the middle has no answer to wait for.
    response.on('error', () => {});
    answer(scene, request, response).catch((error: unknown) => answerRefusal(response, refusalFor(error)));
  });
  const socket = listenOnControlSocket(server, controlSocketPath(options.runtimeDir), options.onTrouble);
  return {
    close: () => {
      socket.stop();
      leases.held?.end('agent');
      return closeServer(server);
    },
  };
}

function createBoundedServer(): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
  });
  server.maxConnections = connectionLimit();
  // One connection, one request: so the end of a connection is the end of its lease, and nothing waits behind an answer.
  server.maxRequestsPerSocket = 1;
  server.on('dropRequest', (_request, socket) => socket.destroy());
  return server;
}

async function answer(
  scene: ControlScene,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const methods = methodsAt(path, scene);
  if (methods === null) throw new Refused(404, 'not-found', 'there is nothing at this path');
  const perform = methods[request.method ?? ''];
  if (perform === undefined) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    throw new Refused(405, 'method-not-allowed', `only ${allowed} is answered at this path`);
  }
  await perform(request, response, new URLSearchParams(query));
}

/** What can be asked at a path, by method. */
function methodsAt(path: string, scene: ControlScene): Readonly<Record<string, Answer>> | null {
  const { subject } = scene;
  switch (path) {
    case PATHS.status:
      return { GET: async (_, response) => answerWith(response, 200, await subject.status()) };
    case PATHS.metrics:
      return { GET: async (_, response) => answerMetrics(response, await subject.metrics()) };
    case PATHS.drained:
      return { GET: (_, response, query) => answerWhenDrained(response, query, scene) };
    case PATHS.lease:
      return { POST: async (request, response) => answerLease(response, await readBody(request), scene) };
  }
  const id = path.startsWith(`${PATHS.lease}/`) ? path.slice(PATHS.lease.length + 1) : '';
  return id === '' ? null : { DELETE: (_, response) => answerLeaseEnd(response, id, scene) };
}

function answerMetrics(response: ServerResponse, text: string): void {
  response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
  finish(response, text);
}

function refusalFor(error: unknown): Refused {
  if (error instanceof Refused) return error;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ProtocolError
    ? new Refused(400, 'bad-request', message)
    : new Refused(500, 'internal', message.replace(/\s*\n\s*/g, ' '));
}

/** Lets last lines go out for a moment, then ends what is left. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const endAll = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    // Calls back with an error when it never listened: that is closed too.
    server.close(() => {
      clearTimeout(endAll);
      resolve();
    });
  });
}
