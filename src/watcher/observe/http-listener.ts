// Documents over HTTP/1.1 for balancers and monitoring: only read, never larger than what asks for them, never slower.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { keepListening, type Listener, type TcpAddress, type TellTrouble } from './listener.ts';

export interface HttpDocument {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpListenerOptions {
  readonly address: TcpAddress;
  /** The document at a path (as sent, without its query), or null when there is none. What it throws is answered by 500. */
  readonly documentAt: (path: string) => HttpDocument | null | Promise<HttpDocument | null>;
  /** Hears that the address cannot be listened on or a document not be made, and null once all is well. */
  readonly onTrouble: TellTrouble;
}

/** HAProxy's bare `option httpchk` asks with OPTIONS. */
const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Longer than checkers and scrapers pause, so that none meets a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const REQUEST_MS = 5_000;
const LOOK_FOR_SLOW_MS = 5_000;
const MAX_HEADER_BYTES = 8_192;

/** Serves documents to GET, HEAD and OPTIONS until closed; every one is made anew and never cached. */
export function startHttpListener({ address, documentAt, onTrouble }: HttpListenerOptions): Listener {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_FOR_SLOW_MS,
  });
  let isFailing = false;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!METHODS.includes(request.method ?? '')) {
      response.setHeader('allow', METHODS.join(', '));
      send(request, response, plain(405, 'only GET, HEAD and OPTIONS are answered'));
      return;
    }
    try {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const document = await documentAt(path);
      if (isFailing) onTrouble(null);
      isFailing = false;
      send(request, response, document ?? plain(404, 'there is nothing at this path'));
    } catch (error) {
      if (!isFailing) onTrouble(`no answer could be made: ${(error as Error).message}`);
      isFailing = true;
      send(request, response, plain(500, 'no answer could be made: the log says why'));
    }
  };
  server.on('request', (request, response) => void answer(request, response));
  const listener = keepListening(server, address, onTrouble);
  return {
    close: () => {
      const closed = listener.close();
      server.closeIdleConnections();
      return closed;
    },
  };
}

function plain(status: number, text: string): HttpDocument {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: HttpDocument,
): void {
  // Nobody has anything to send here: what comes after the headers is not read.
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
