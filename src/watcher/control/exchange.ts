// One request and its answer at the server's end: a bounded body in, a document or a refusal out, the connection closed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusLease } from '../observe/status-document.ts';
import { MAX_BODY_BYTES, type Refusal, type RefusalCode } from './protocol.ts';

/** How long a client may leave an answer unread; Node.js grants as much again to one that has taken a part. */
const UNREAD_MS = 10_000;

/** A request that is answered by a refusal. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly code: RefusalCode;
  readonly lease: StatusLease | null;

  constructor(status: number, code: RefusalCode, message: string, lease: StatusLease | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.lease = lease;
  }
}

/** Ends the answer with a document. */
export function answerWith(response: ServerResponse, status: number, document: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  finish(response, `${JSON.stringify(document)}\n`);
}

/** Ends the answer with its last words; a client that does not take them loses the connection. */
export function finish(response: ServerResponse, text: string): void {
  const { socket } = response;
  socket?.setTimeout(UNREAD_MS, () => socket.destroy());
  response.end(text);
}

/** Aborts when nobody is left to be answered. */
export function endOf(response: ServerResponse): AbortController {
  const over = new AbortController();
  if (response.closed) over.abort();
  else response.on('close', () => over.abort());
  return over;
}

/** Ends the answer with a refusal, or only ends it when it has begun. */
export function answerRefusal(response: ServerResponse, { status, code, message, lease }: Refused): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refusal: Refusal = { error: code, message, ...(lease === null ? {} : { lease }) };
  answerWith(response, status, refusal);
}

/** The body as text. Throws `Refused` for one that is too long; rejects when the client goes away. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= MAX_BODY_BYTES) return;
      request.pause().removeAllListeners('data');
      reject(new Refused(413, 'too-large', `the body is longer than ${MAX_BODY_BYTES} bytes`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}
