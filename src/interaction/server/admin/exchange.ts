// One request and its answer over a unix socket.
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

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

/** For a server that was started just before: a script starts one and goes on. */
const startTimeoutMs = 3_000;
const lookAgainMs = 25;

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Waits three seconds for a server that is not there yet. Throws AdminUnreachableError. */
export async function exchange(socketPath: string, asked: Asked): Promise<Answered> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    try {
      return await exchangeOnce(socketPath, asked);
    } catch (error) {
      if (!isNotThereYet(error) || performance.now() >= deadline) throw error;
      await delay(lookAgainMs);
    }
  }
}

/** Nothing was sent then. */
function isNotThereYet(error: unknown): boolean {
  const { syscall, code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return syscall === 'connect' && (code === 'ENOENT' || code === 'ECONNREFUSED');
}

function exchangeOnce(socketPath: string, { method, target, body }: Asked): Promise<Answered> {
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
