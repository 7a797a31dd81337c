// Listens on a unix socket that only its owner may use, and tells a live server from the socket file that a killed one
// left behind.
import { rmSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';

/** Another process answers on the socket. */
export class SocketInUseError extends Error {
  override readonly name = 'SocketInUseError';
}

/** No socket can have that path: it is too long, or the name of something else. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
}

/** What Linux has room for. */
const maxPathBytes = 107;

/** Resolves once `server` listens on `path` with mode 0600. Throws one of the above, or the system's error. */
export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new SocketPathError(`${path} is longer than the ${maxPathBytes} bytes of a unix socket's path`);
  }
  await removeStaleSocket(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new SocketInUseError(`${path} is in use`) : error);
    });
    server.once('listening', resolve);
    // listen() binds before it returns, so the socket never exists with a wider mode.
    const previousUmask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(previousUmask);
    }
  });
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new SocketPathError(`${path} exists and is not a socket`);
  if (await isAnswered(path)) throw new SocketInUseError(`${path} is in use by a running server`);
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}
