// The exchange over got: compressed answers, and a bound for each step to a connection, as operators want them who wait for one.
import type { ClientRequest } from 'node:http';
import got, { RequestError, type Response, TimeoutError } from 'got';
import { type Exchange, exchangeOf, targetOf, toAttemptError } from './http-exchange.ts';
import { ConnectTimeout, TransportError } from './transport-error.ts';

/**
 * `connectTimeoutMs` bounds each of the name, TCP and TLS: an address that does not let one connect is given up (`refused`)
 * ahead of the deadline.
 */
export function gotExchange({ connectTimeoutMs }: { readonly connectTimeoutMs: number }): Exchange {
  const timeout = { lookup: connectTimeoutMs, connect: connectTimeoutMs, secureConnect: connectTimeoutMs };
  return exchangeOf(async (request, { agents, maxBodyBytes, signal }) => {
    const { method, url, headers, body } = request;
    let sent: ClientRequest | undefined;
    let response: Response | undefined;
    const stream = got.stream(url, {
      method,
      headers: { ...headers },
      // Without a body of its own, got's stream would wait for one to be written to it.
      ...(method === 'GET' ? {} : { body: body ?? '' }),
      agent: agents,
      signal,
      followRedirect: false,
      throwHttpErrors: false,
      retry: { limit: 0 },
      decompress: true,
      timeout,
    });
    stream.once('request', (clientRequest: ClientRequest) => {
      sent = clientRequest;
    });
    stream.once('response', (received: Response) => {
      response = received;
    });
    try {
      const read = await readBounded(stream, maxBodyBytes, targetOf(request));
      if (response === undefined)
        throw new TransportError('protocol', `${targetOf(request)}: the answer had no headers`);
      return { status: response.statusCode, headers: response.headers, body: read };
    } catch (error) {
      throw toAttemptError(systemErrorIn(error), request, signal, {
        socket: sent?.socket,
        isKept: sent?.reusedSocket === true,
        hasHeaders: response !== undefined,
      });
    } finally {
      stream.destroy();
    }
  });
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

// got's errors carry the whole request, signature and session token included: they must not travel on to a log.
function systemErrorIn(error: unknown): unknown {
  // The only bounds that got is given are those of the steps to a connection.
  if (error instanceof TimeoutError) return new ConnectTimeout(error.event, error.message);
  return error instanceof RequestError ? (error.cause ?? new Error(error.message)) : error;
}
