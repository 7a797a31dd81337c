// The server's end of the local socket. Who may open it is decided by its mode, 0600, and by nothing else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer } from '../close-server.ts';
import type { FleetStore } from '../fleet-store.ts';
import { readBody } from '../read-body.ts';
import { listenOnUnixSocket } from '../unix-socket.ts';
import { type AdminAnswer, performAdminRequest } from './requests.ts';

/** A thousand times an instance with all its tags. */
const maxBodyBytes = 1024 * 1024;

export interface AdminListener {
  close(): Promise<void>;
}

/**
 * Serves operators' requests on a unix socket. Throws SocketInUseError or the system's error. `onFault` hears of store
 * failures, which the operator is told of as well.
 */
export async function startAdminListener(
  path: string,
  store: FleetStore,
  onFault: (error: unknown) => void,
): Promise<AdminListener> {
  const server = createServer((request, response) => {
    answer(store, request).then(
      (done) => send(response, done),
      (error: unknown) => {
        onFault(error);
        const reason = error instanceof Error ? error.message : String(error);
        send(response, { status: 500, body: { message: `the change was not stored: ${reason}` } });
      },
    );
  });
  await listenOnUnixSocket(server, path);
  return { close: () => closeServer(server) };
}

async function answer(store: FleetStore, request: IncomingMessage): Promise<AdminAnswer> {
  const body = await readBody(request, maxBodyBytes);
  if (body === null)
    return { status: 413, body: { message: `the body is longer than ${maxBodyBytes} bytes` } };
  return performAdminRequest(store, { method: request.method ?? '', path: request.url ?? '', body });
}

function send(response: ServerResponse, { status, body }: AdminAnswer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}
