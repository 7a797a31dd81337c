// Why `serve` could not start, or a file could not be changed: which option to look at, what is wrong there, and what to
// do about it.
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeyFileLockedError } from '../../interaction/server/keys/change-key-file.ts';
import { KeyFileError } from '../../interaction/server/keys/parse-key-file.ts';
import { StoreFileError, StoreFileLockedError } from '../../interaction/server/store/sqlite-file-error.ts';
import { StoreError } from '../../interaction/server/store/store.ts';
import { TlsFilesError } from '../../interaction/server/tls-files.ts';
import { SocketInUseError } from '../../interaction/server/unix-socket.ts';
import { CommandFailure } from './command-context.ts';
import type { ListenAddress } from './listen-address.ts';

/** Runs the step that an option with a path decides about; its failures become CommandFailure. */
export async function startWithPath<Result>(
  option: string,
  path: string,
  step: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const isLocked = [SocketInUseError, KeyFileLockedError, StoreFileLockedError].some(
      (kind) => error instanceof kind,
    );
    const status = isLocked ? 75 : isFileError(error) ? 2 : 1;
    throw new CommandFailure(status, `${option}: ${explainPath(path, error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

/** Runs the step that listens; its failures become CommandFailure. */
export async function startListening<Result>(
  address: ListenAddress,
  step: () => Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const { host, port } = address;
    const reason = explainListen(address, error as NodeJS.ErrnoException);
    throw new CommandFailure(1, `--listen ${host}:${port}: ${reason}`, { cause: error });
  }
}

function isFileError(error: unknown): boolean {
  return [KeyFileError, StoreFileError, TlsFilesError].some((kind) => error instanceof kind);
}

/** What is wrong with a file or socket that was to be used, and what to do. */
export function explainPath(path: string, error: NodeJS.ErrnoException): string {
  const { message, code, syscall } = error;
  if (error instanceof SocketInUseError) return `${message}; stop that server or give another path`;
  // They say by themselves what to do.
  const isTold = [StoreFileError, StoreFileLockedError, StoreError, KeyFileLockedError];
  if (isTold.some((kind) => error instanceof kind)) return message;
  if (error instanceof KeyFileError && (error.cause as NodeJS.ErrnoException)?.code === 'ENOENT') {
    const command = `cs-interact key create --keys ${path} --user NAME --allow '*'`;
    return explainDirectory(dirname(path)) ?? `${path} does not exist: make it with ${command}`;
  }
  if (isFileError(error)) return `${message}; correct the file or give another`;
  if (code === 'EISDIR') return `${path} is a directory: give the path of a file`;
  if (syscall === 'mkdir' && error.path !== undefined) {
    const reason = explainDirectory(dirname(error.path));
    const advice = 'make it for this user, or give a path in another';
    return reason ?? `the directory ${error.path} cannot be made (${code}): ${advice}`;
  }
  // Node says EACCES of a socket whose directory is missing.
  const reason = code === 'ENOENT' || code === 'EACCES' ? explainDirectory(dirname(path)) : null;
  if (reason !== null) return reason;
  if (code === 'EACCES' && syscall === 'listen') {
    return `this user may not make files in the directory ${dirname(path)}: give a path in another`;
  }
  return `${message}; give one that this user can use`;
}

/** What is wrong with a directory by itself, or null. */
function explainDirectory(path: string): string | null {
  let found: { isDirectory(): boolean; nlink: number } | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    // Below a directory that this user may not enter.
    return null;
  }
  if (found === undefined) return `the directory ${path} does not exist: make it, or give a path in another`;
  if (!found.isDirectory()) return `${path} is not a directory: give a path in one`;
  if (found.nlink > 0) return null;
  return path === '.'
    ? 'the current directory was removed: change to another, or give an absolute path'
    : `the directory ${path} was removed: give a path in another`;
}

/** Why an address cannot be listened on, and what to do. */
export function explainListen({ port }: ListenAddress, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use: stop what listens there, or give another port';
    case 'EACCES':
      return `this user may not listen on port ${port}: give one from 1024 on, or start it with CAP_NET_BIND_SERVICE`;
    case 'EADDRNOTAVAIL':
      return 'no interface of this host has that address: give one that it has, or 0.0.0.0 for all';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no address is known for that name: give an address, such as 127.0.0.1';
    default:
      return message;
  }
}
