// An HTTP listener that reads a request whole, lets a fault strike, and sends one answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReceivedRequest } from '../aws/sigv4/verify.ts';
import type { Fault } from './fault.ts';

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Service = {
  /** Decides on a request. The fault, when there is one, strikes instead of, or before, `answer`. */
  respond(request: ReceivedRequest): { readonly fault?: Fault | undefined; readonly answer: () => Answer };
  /** The time for the `Date` header. */
  readonly now: () => number;
};

export type Listener = { readonly url: string; close(): Promise<void> };

const maxBodyBytes = 1024 * 1024;

/** Listens; port 0 takes a free one. `close` cuts open connections, hanging answers included. */
export async function listen(service: Service, address: { host: string; port: number }): Promise<Listener> {
  const ended = new AbortController();
  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    serve(service, incoming, response, ended.signal).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  const { address: host, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        ended.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  service: Service,
  incoming: IncomingMessage,
  response: ServerResponse,
  ended: AbortSignal,
): Promise<void> {
  const request = await receive(incoming);
  const { fault, answer } = service.respond(request);
  if (fault?.latencyMs) await delay(fault.latencyMs, undefined, { signal: ended });
  response.setHeader('date', new Date(service.now()).toUTCString());
  switch (fault?.kind) {
    case 'hang':
      return;
    case 'hang-in-body':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{');
      return;
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'status':
      send(response, { status: fault.status ?? 500, body: fault.body ?? '' });
      return;
    case 'body':
      send(response, { status: 200, body: fault.body ?? '' });
      return;
    default:
      send(response, answer());
  }
}

function send(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body ?? '', 'utf8');
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body.length) });
  response.end(body);
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new Error('the request is too long');
    chunks.push(chunk);
  }
  const target = incoming.url ?? '/';
  const question = target.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers: headerPairs(incoming.rawHeaders),
    body: Buffer.concat(chunks, length),
  };
}

function headerPairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}
