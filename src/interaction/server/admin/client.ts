// The operator's end of the local socket.
import { request } from 'node:http';
import type { FleetInstance } from '../fleet-store.ts';

/** The running server refused the request. The message is its own. */
export class AdminRefusedError extends Error {
  override readonly name = 'AdminRefusedError';
}

/** No server could be asked; `code` is the system's, or ETIMEDOUT. */
export class AdminUnreachableError extends Error {
  override readonly name = 'AdminUnreachableError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface AdminClient {
  instances(): Promise<FleetInstance[]>;
  instance(id: string): Promise<FleetInstance>;
  /** Throws AdminRefusedError when the id is already known, unless `isReplacing`. */
  put(
    instance: Partial<FleetInstance> & { readonly id: string },
    isReplacing: boolean,
  ): Promise<FleetInstance>;
  /** `isUnlistedAllowed` lets a state through that no revision of CloneSquad has. */
  setState(id: string, state: string, isUnlistedAllowed: boolean): Promise<FleetInstance>;
  remove(id: string): Promise<FleetInstance>;
}

const timeoutMs = 10_000;

/** A client of the server whose socket is at `path`; each call throws AdminRefusedError or AdminUnreachableError. */
export function createAdminClient(path: string): AdminClient {
  const call = async <Result>(method: string, target: string, body?: unknown): Promise<Result> => {
    const { status, text } = await exchange(
      path,
      method,
      target,
      body === undefined ? '' : JSON.stringify(body),
    );
    const answer = parseAnswer(text);
    if (status === 200) return answer as Result;
    throw new AdminRefusedError((answer as { message?: string }).message ?? `status ${status}`);
  };
  const member = (id: string) => `/instances/${encodeURIComponent(id)}`;
  return {
    instances: () => call('GET', '/instances'),
    instance: (id) => call('GET', member(id)),
    put: (instance, isReplacing) =>
      isReplacing ? call('PUT', member(instance.id), instance) : call('POST', '/instances', instance),
    setState: (id, state, isUnlistedAllowed) =>
      call('PUT', `${member(id)}/state`, { state, unlisted: isUnlistedAllowed }),
    remove: (id) => call('DELETE', member(id)),
  };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AdminUnreachableError('EPROTO', 'what answers there is not cs-interact serve', {
      cause: error,
    });
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new AdminUnreachableError(error.code ?? 'EPROTO', error.message, { cause: error }));
    const outgoing = request(
      { socketPath, method, path, signal: AbortSignal.timeout(timeoutMs) },
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
