// The host as its files tell it: /proc, /sys, /run and the configuration of others. What an ordinary user may not see is told
// apart from what is not there.
import {
  accessSync,
  constants,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'absent' }
  /** There, or perhaps there, and not to be read. */
  | { readonly kind: 'hidden'; readonly reason: string };

export class HostFiles {
  readonly #root: string;

  /** Paths are absolute and taken from `root`, which tests set. */
  constructor(root = '/') {
    this.#root = root;
  }

  text(path: string): Seen<string> {
    return see(() => readFileSync(this.#at(path), 'utf8'));
  }

  /** The lines of a file that has any; none when it cannot be read. */
  lines(path: string): string[] {
    const text = this.text(path);
    return text.kind === 'seen' ? text.value.split('\n').filter((line) => line !== '') : [];
  }

  /** The names in a directory, sorted. */
  names(path: string): Seen<readonly string[]> {
    return see(() => readdirSync(this.#at(path)).sort());
  }

  /** What a symbolic link says. */
  target(path: string): Seen<string> {
    return see(() => readlinkSync(this.#at(path)));
  }

  stats(path: string): Seen<Stats> {
    return see(() => statSync(this.#at(path)));
  }

  /** `hidden`, with the reason, where this process could not write. */
  writable(path: string): Seen<true> {
    return see(() => {
      accessSync(this.#at(path), constants.W_OK);
      return true;
    });
  }

  #at(path: string): string {
    return join(this.#root, path);
  }
}

/** What was seen, or null. */
export function seen<T>(look: Seen<T>): T | null {
  return look.kind === 'seen' ? look.value : null;
}

function see<T>(look: () => T): Seen<T> {
  try {
    return { kind: 'seen', value: look() };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    // ESRCH: a process that ended meanwhile.
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH';
    return isAbsent ? { kind: 'absent' } : { kind: 'hidden', reason: code };
  }
}
