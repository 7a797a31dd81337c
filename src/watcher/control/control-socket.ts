// Where the agent listens for the people of its own host: a socket file that only its owner may use.
import { lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';

/** What Linux has room for. */
const MAX_PATH_BYTES = 107;

const RETRY_MS = 5_000;

/**
 * Has `server` listen on `path` with mode 0600 until it is closed. Only for the holder of the lock: a socket found there is one
 * that a dead agent left, and goes. A path that cannot be listened on is tried again every five seconds; `onTrouble` hears why,
 * and null once it works.
 */
export function listenOnControlSocket(
  server: Server,
  path: string,
  onTrouble: (problem: string | null) => void,
): { stop(): void } {
  let retry: NodeJS.Timeout | null = null;
  const failed = (error: Error): void => {
    onTrouble(`${path}: ${error.message}; status, wait, override and simulate cannot reach the agent`);
    if (!server.listening) retry = setTimeout(listen, RETRY_MS);
  };
  function listen(): void {
    try {
      removeLeftover(path);
      bindPrivately(server, path);
    } catch (error) {
      failed(error as Error);
    }
  }
  server.on('listening', () => onTrouble(null));
  server.on('error', failed);
  listen();
  return {
    stop: () => {
      if (retry !== null) clearTimeout(retry);
    },
  };
}

function bindPrivately(server: Server, path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(`longer than the ${MAX_PATH_BYTES} bytes that a socket's path may have`);
  // listen() binds before it returns, so the socket never exists with a wider mode.
  const previousUmask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(previousUmask);
  }
}

function removeLeftover(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error('something that is not a socket is in the way, remove it');
  rmSync(path, { force: true });
}
