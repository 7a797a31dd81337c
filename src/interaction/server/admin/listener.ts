// The server's end of the local socket. Who may open it is decided by its mode, 0600, and by nothing else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pythonJson } from '../../contract/python-json.ts';
import { closeServer } from '../close-server.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Deployment } from '../operations/call.ts';
import { readBody } from '../read-body.ts';
import type { Store } from '../store/store.ts';
import { listenOnUnixSocket } from '../unix-socket.ts';
import type { AdminAnswer, AdminServices } from './admin-request.ts';
import { performAdminRequest } from './requests.ts';

/** Room for an import of tens of thousands of instances with all their tags. */
const maxBodyBytes = 64 * 1024 * 1024;

export interface AdminListenerOptions {
  /** Requests wait for one that is still being opened: it must not fail. */
  readonly store: Store | Promise<Store>;
  readonly deployment: Pick<Deployment, 'group'>;
  readonly nowMs?: () => number;
}

export interface AdminListener {
  close(): Promise<void>;
}

/**
 * Serves operators' requests on a unix socket. Throws SocketInUseError or the system's error. `onFault` hears of store
 * failures, which the operator is told of as well.
 */
export async function startAdminListener(
  path: string,
  { store, deployment, nowMs = Date.now }: AdminListenerOptions,
  onFault: (error: unknown) => void,
): Promise<AdminListener> {
  const services = Promise.resolve(store).then((opened) => ({
    store: opened,
    fleet: createFleet(opened, nowMs),
    group: deployment.group,
    nowMs,
  }));
  const server = createServer((request, response) => {
    answer(services, request).then(
      (done) => send(response, done),
      (error: unknown) => {
        // An operator who went away while sending has no answer to wait for.
        if (request.destroyed && !request.complete) return;
        onFault(error);
        const reason = error instanceof Error ? error.message : String(error);
        const message = `${isReading(request) ? 'nothing could be read' : 'the change may not be stored'}: ${reason}`;
        send(response, { status: 500, body: { message } });
      },
    );
  });
  await listenOnUnixSocket(server, path);
  return { close: () => closeServer(server) };
}

async function answer(services: Promise<AdminServices>, request: IncomingMessage): Promise<AdminAnswer> {
  const body = await readBody(request, maxBodyBytes);
  if (body === null)
    return { status: 413, body: { message: `the body is longer than ${maxBodyBytes} bytes` } };
  return performAdminRequest(await services, {
    method: request.method ?? '',
    target: request.url ?? '',
    body,
  });
}

function isReading(request: IncomingMessage): boolean {
  return request.method === 'GET';
}

function send(response: ServerResponse, { status, body }: AdminAnswer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
  response.end(`${pythonJson(body)}\n`);
}
