// What these tests compile for themselves.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const CC_FLAGS = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror'];

export interface Programs {
  /** Preloaded, spoils netlink calls. */
  readonly shim: string;
  /** Commits transactions without end. */
  readonly writer: string;
}

/** Compiles both into a directory; fails when the compiler does, which says why. */
export function compilePrograms(directory: string): Programs {
  return {
    shim: compile('netlink_faults.c', join(directory, 'netlink_faults.so'), ['-fPIC', '-shared']),
    writer: compile('busy_writer.c', join(directory, 'busy_writer'), []),
  };
}

function compile(source: string, output: string, flags: readonly string[]): string {
  const path = join(import.meta.dirname, source);
  execFileSync('cc', [...CC_FLAGS, ...flags, '-o', output, path, '-ldl'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return output;
}
