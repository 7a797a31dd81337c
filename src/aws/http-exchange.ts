// One HTTP request and its whole answer: what every client of this room promises, whatever it is made of.
import type { Agent as HttpAgent, IncomingHttpHeaders } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type TransportError, toTransportError } from './transport-error.ts';

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
};

/**
 * Sends one request and reads the whole answer, whatever its status: no redirect, a bounded body, and no retry but one. Throws
 * TransportError only.
 * A kept-alive connection that the server had closed meanwhile is not a failure of a GET that only reads: it is sent again,
 * once.
 */
export type Exchange = (request: HttpRequest, limits: ExchangeLimits) => Promise<HttpAnswer>;

/** How far a request had come when it failed. */
export type Progress = {
  /** Of the connection it had got. */
  readonly socket: Socket | null | undefined;
  /** Whether that connection had been kept from an earlier request. */
  readonly isKept: boolean;
  readonly hasHeaders: boolean;
};

/** Makes an Exchange of one attempt, which rejects with what `toAttemptError` made of its failure. */
export function exchangeOf(attempt: Exchange): Exchange {
  return async (request, limits) => {
    try {
      return await attempt(request, limits);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await attempt(request, limits).catch((again: unknown) => {
        throw again instanceof StaleConnection ? again.cause : again;
      });
    }
  };
}

/** What an attempt rejects with for `error`, and what `exchangeOf` knows by it. */
export function toAttemptError(
  error: unknown,
  request: HttpRequest,
  signal: AbortSignal,
  { socket, isKept, hasHeaders }: Progress,
): Error {
  const target = targetOf(request);
  const failure = toTransportError(error, target, signal, { isSecured: isSecured(socket) });
  const isReading = request.method === 'GET' && request.isAction !== true;
  const isStale = failure.failure === 'reset' && isKept && !hasHeaders && isReading;
  return isStale ? new StaleConnection(target, failure) : failure;
}

/** What messages call a request: without its query, which may say more than a log should. */
export function targetOf({ method, url }: HttpRequest): string {
  return `${method} ${url.host}${url.pathname}`;
}

class StaleConnection extends Error {
  override readonly cause: TransportError;

  constructor(target: string, cause: TransportError) {
    super(target);
    this.cause = cause;
  }
}

/** Whether the TLS handshake came to its end: only then is anything said about the certificate. */
function isSecured(socket: Socket | null | undefined): boolean {
  return socket instanceof TLSSocket && (socket.authorized || Boolean(socket.authorizationError));
}
