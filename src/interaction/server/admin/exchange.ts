// One request and its answer over a unix socket.
import { request } from 'node:http';

/** No server could be asked; `code` is the system's, or ETIMEDOUT. */
export class AdminUnreachableError extends Error {
  override readonly name = 'AdminUnreachableError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An import writes tens of thousands of items, on DynamoDB over the network. */
const timeoutMs = 120_000;

/** Throws AdminUnreachableError. */
export function exchange(
  socketPath: string,
  { method, target, body }: { readonly method: string; readonly target: string; readonly body: string },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new AdminUnreachableError(error.code ?? 'EPROTO', error.message, { cause: error }));
    const outgoing = request(
      { socketPath, method, path: target, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', fail);
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.name === 'AbortError' || error.name === 'TimeoutError'
        ? reject(new AdminUnreachableError('ETIMEDOUT', `no answer within ${timeoutMs} ms`, { cause: error }))
        : fail(error),
    );
    outgoing.end(body);
  });
}
