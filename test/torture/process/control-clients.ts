// Clients of the control socket that are no programs of their own: many of them cost a test little.
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { controlSocketPath, PATHS } from '../../../src/watcher/control/protocol.ts';

const DEADLINE_MS = 10_000;

/** What is answered at a path of the socket: its status and text. Rejects when there is no whole answer within ten seconds. */
export function ask(
  runtimeDirectory: string,
  path: keyof typeof PATHS,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asked = request(
    {
      socketPath: controlSocketPath(runtimeDirectory),
      path: PATHS[path],
      agent: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    },
    (response) => {
      buffer(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, text: body.toString() }),
        reject,
      );
    },
  );
  asked.on('error', reject).end();
  return promise;
}

/** Connections that say nothing. */
export function openIdle(runtimeDirectory: string, count: number): readonly Socket[] {
  return Array.from({ length: count }, () =>
    connect(controlSocketPath(runtimeDirectory)).on('error', () => {}),
  );
}
