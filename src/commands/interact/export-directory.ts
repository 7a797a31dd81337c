// The directories that a server is to write to, looked at when it starts: not at the first backup, months later.
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CommandFailure } from './command-context.ts';

/** The directory is made when something is written; the one that it is in must be there. Throws CommandFailure. */
export function checkExportDirectory(option: string, path: string | undefined): void {
  if (path === undefined) return;
  const parent = dirname(resolve(path));
  const found = kindOf(option, path);
  if (found === 'other') throw new CommandFailure(2, `${option}: ${path} is not a directory: give one`);
  if (found === 'directory' || kindOf(option, parent) === 'directory') return;
  const advice = 'make it, or give a path in another';
  throw new CommandFailure(2, `${option}: there is no directory ${parent}: ${advice}`);
}

function kindOf(option: string, path: string): 'directory' | 'other' | 'nothing' {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing';
    throw new CommandFailure(2, `${option}: ${message}: give one that this user can use`, { cause: error });
  }
}
