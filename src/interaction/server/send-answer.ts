// Answers on their way out, long ones in pieces: over TLS, a client that takes its time is known to read only by the writes that
// have ended.
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { Answer } from './handle-request.ts';

const pieceBytes = 64 * 1024;

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  // The rest of a body that was too long is not waited for.
  const connection = response.req.complete ? {} : { Connection: 'close' };
  response.writeHead(status, { ...headers, ...connection, 'Content-Length': body.length });
  if (body.length <= pieceBytes) response.end(body);
  // Whoever goes away meanwhile has no answer to wait for.
  else pipeline(piecesOf(body), response, () => undefined);
}

function* piecesOf(body: Buffer): Iterable<Buffer> {
  for (let from = 0; from < body.length; from += pieceBytes) yield body.subarray(from, from + pieceBytes);
}
