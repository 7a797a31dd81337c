// What these tests compile for themselves.
import { join } from 'node:path';
import { compilePreloaded, compileProgram } from '../compile.ts';

export interface Programs {
  /** Preloaded, spoils netlink calls. */
  readonly shim: string;
  /** Commits transactions without end. */
  readonly writer: string;
}

/** Compiles both into a directory; fails when the compiler does, which says why. */
export function compilePrograms(directory: string): Programs {
  return {
    shim: compilePreloaded(join(import.meta.dirname, 'netlink_faults.c'), directory),
    writer: compileProgram(join(import.meta.dirname, 'busy_writer.c'), directory),
  };
}
