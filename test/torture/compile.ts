// The C programs of these tests, compiled for each run.
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';

const FLAGS = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror', '-I', import.meta.dirname];

/** Compiles a program into a directory and returns its path; fails when the compiler does, which says why. */
export function compileProgram(source: string, directory: string): string {
  return compile(source, join(directory, basename(source, '.c')), []);
}

/** The same with a library that is to be preloaded into another program. */
export function compilePreloaded(source: string, directory: string): string {
  return compile(source, join(directory, `${basename(source, '.c')}.so`), ['-fPIC', '-shared']);
}

function compile(source: string, output: string, flags: readonly string[]): string {
  execFileSync('cc', [...FLAGS, ...flags, '-o', output, source, '-ldl', '-lpthread'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return output;
}
