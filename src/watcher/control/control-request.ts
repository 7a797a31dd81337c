// One request over the control socket, at the client's end.
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { ControlFailure, ControlRefused, meaningOf } from './control-errors.ts';
import { controlSocketPath, type Refusal } from './protocol.ts';

export interface ControlRequest {
  readonly runtimeDir: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
  /** Until the answer begins. */
  readonly timeoutMs: number;
}

/** Resolves with the answer as it begins. Throws `AgentNotRunning` and `ControlFailure`. */
export function openControl(asked: ControlRequest): Promise<IncomingMessage> {
  const { runtimeDir, method, path, body, timeoutMs } = asked;
  const socketPath = controlSocketPath(runtimeDir);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path, agent: false }, (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    const timer = setTimeout(() => {
      const message = `${socketPath}: the agent has not answered within ${timeoutMs / 1000} s`;
      outgoing.destroy(new ControlFailure('silent', message));
    }, timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error instanceof ControlFailure ? error : meaningOf(error, socketPath));
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The whole text of an answer. Throws `ControlFailure` when it ends half-way. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of chunksOf(response)) text += chunk;
  return text;
}

/** The lines of an answer as they come. Throws `ControlFailure` when it ends half-way. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunksOf(response)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<string> {
  try {
    yield* response.setEncoding('utf8') as AsyncIterable<string>;
  } catch (error) {
    if (error instanceof ControlFailure) throw error;
    throw new ControlFailure('interrupted', 'the agent ended while it answered', error);
  }
}

/** Throws `ControlRefused` for an answer that says why, `ControlFailure` for any other. */
export async function refuse(response: IncomingMessage): Promise<never> {
  const refusal = parsed(await textOf(response)) as Partial<Refusal> | null;
  if (typeof refusal?.error === 'string' && typeof refusal.message === 'string')
    throw new ControlRefused(refusal as Refusal);
  throw strange(`status ${response.statusCode}`);
}

/** A document of the agent. Throws `ControlFailure` for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw strange(text.slice(0, 60), error);
  }
}

function strange(what: string, cause?: unknown): ControlFailure {
  const message = `what answers on the control socket is not an agent of this version: ${JSON.stringify(what)}`;
  return new ControlFailure('strange', message, cause);
}
