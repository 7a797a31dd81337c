// One HTTP request and its whole answer: no redirect, no retry of its own, a bounded body, every failure typed.
import type { Agent as HttpAgent, ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import got, { type Response } from 'got';
import { TransportError, toTransportError } from './transport-error.ts';

export type Agents = { readonly http: HttpAgent; readonly https: HttpsAgent };

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  /** Whether a GET changes something, so that it must never be sent twice. */
  readonly isAction?: boolean | undefined;
};

/** `body` is decompressed. Header names are in lower case. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type ExchangeLimits = {
  readonly agents: Agents;
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal;
  /** Bound of each step to a connection: name, TCP, TLS. None of its own unless told. */
  readonly connectTimeoutMs?: number | undefined;
};

/**
 * Sends one request and reads the whole answer, whatever its status. Throws TransportError only.
 * A kept-alive connection that the server had closed meanwhile is not a failure of a GET that only reads: it is sent again,
 * once.
 */
export async function exchange(request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer> {
  try {
    return await attempt(request, limits);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return await attempt(request, limits).catch((again: unknown) => {
      throw again instanceof StaleConnection ? again.cause : again;
    });
  }
}

class StaleConnection extends Error {}

async function attempt(request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer> {
  const { agents, maxBodyBytes, signal, connectTimeoutMs } = limits;
  const target = `${request.method} ${request.url.host}${request.url.pathname}`;
  let sent: ClientRequest | undefined;
  let response: Response | undefined;
  const stream = got.stream(request.url, {
    method: request.method,
    headers: { ...request.headers },
    // Without a body of its own, got's stream would wait for one to be written to it.
    ...(request.method === 'GET' ? {} : { body: request.body ?? '' }),
    agent: agents,
    signal,
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    decompress: true,
    ...(connectTimeoutMs === undefined ? {} : { timeout: eachStep(connectTimeoutMs) }),
  });
  stream.once('request', (clientRequest: ClientRequest) => {
    sent = clientRequest;
  });
  stream.once('response', (received: Response) => {
    response = received;
  });
  try {
    const body = await readBounded(stream, maxBodyBytes, target);
    if (response === undefined) throw new TransportError('protocol', `${target}: the answer had no headers`);
    return { status: response.statusCode, headers: response.headers, body };
  } catch (error) {
    const failure = toTransportError(error, target, signal, { isSecured: isSecured(sent?.socket) });
    const idleClose = failure.failure === 'reset' && response === undefined && sent?.reusedSocket === true;
    const isReading = request.method === 'GET' && request.isAction !== true;
    throw idleClose && isReading ? new StaleConnection(target, { cause: failure }) : failure;
  } finally {
    stream.destroy();
  }
}

/** Whether the TLS handshake came to its end: only then is anything said about the certificate. */
function isSecured(socket: Socket | null | undefined): boolean {
  return socket instanceof TLSSocket && (socket.authorized || Boolean(socket.authorizationError));
}

function eachStep(timeoutMs: number) {
  return { lookup: timeoutMs, connect: timeoutMs, secureConnect: timeoutMs };
}

async function readBounded(stream: AsyncIterable<Buffer>, maxBytes: number, target: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes)
      throw new TransportError('too-large', `${target}: the body is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
