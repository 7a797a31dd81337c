// The exchange over Node.js's own client alone: for an agent that asks every second, at less than half the processor time of one
// with streams of its own and options to merge.
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { abandonOnAbort } from './deadline.ts';
import { type Exchange, exchangeOf, type HttpAnswer, targetOf, toAttemptError } from './http-exchange.ts';
import { TransportError } from './transport-error.ts';

type Decoder = (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** For servers that encode unasked. */
const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
]);

export const exchange: Exchange = exchangeOf(async (request, { agents, maxBodyBytes, signal }) => {
  const { method, url, headers, body } = request;
  const target = targetOf(request);
  let sent: ClientRequest | undefined;
  let response: IncomingMessage | undefined;
  let broken: Error | undefined;
  const ask = async (): Promise<HttpAnswer> => {
    const [send, agent] =
      url.protocol === 'https:' ? [httpsRequest, agents.https] : [httpRequest, agents.http];
    sent = send(url, { method, headers: { 'accept-encoding': 'identity', ...headers }, agent });
    // Node.js tells the request what broke a body that is being read, and the response no more than that it was aborted.
    sent.on('error', (error) => {
      broken ??= error;
    });
    response = await responseTo(sent, method === 'GET' ? undefined : body, target);
    const raw = await readBounded(response, maxBodyBytes, target);
    const read = decoded(raw, response.headers['content-encoding'], maxBodyBytes, target);
    // Not destroyed: the connection goes back to its agent by itself.
    return { status: response.statusCode ?? 0, headers: response.headers, body: read };
  };
  try {
    signal.throwIfAborted();
    // Not by a signal of the request's own, which it heeds only once it has a connection.
    return await abandonOnAbort(ask(), signal);
  } catch (error) {
    const cause = error instanceof TransportError ? error : (broken ?? error);
    sent?.destroy();
    throw toAttemptError(cause, request, signal, {
      socket: sent?.socket,
      isKept: sent?.reusedSocket === true,
      hasHeaders: response !== undefined,
    });
  }
});

function responseTo(
  sent: ClientRequest,
  body: Uint8Array | string | undefined,
  target: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', resolve);
    // All there is when the connection is taken for another protocol.
    sent.once('close', () => reject(new TransportError('reset', `${target}: closed without an answer`)));
    sent.end(body);
  });
}

function readBounded(response: IncomingMessage, maxBytes: number, target: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) reject(tooLarge(target, maxBytes));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks, length)));
    response.on('error', reject);
  });
}

function decoded(body: Buffer, encoding: string | undefined, maxBytes: number, target: string): Buffer {
  const decode = decoders.get(encoding?.toLowerCase() ?? '');
  if (decode === undefined || body.length === 0) return body;
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(target, maxBytes)
      : error;
  }
}

function tooLarge(target: string, maxBytes: number): TransportError {
  return new TransportError('too-large', `${target}: the body is over ${maxBytes} bytes`);
}
