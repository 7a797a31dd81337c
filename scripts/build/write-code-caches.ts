// Writes the V8 code cache of each program, on the runtime that will read it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAMS } from './bundle.ts';
import { cachePath } from './code-cache.ts';
import { V8_OPTIONS } from './v8-options.ts';

const MAKE_CACHE = join(import.meta.dirname, 'make-code-cache.ts');
/** Strings lie in V8's tables, and so in the cache, in an order that a random seed decides. */
const SEEDS = ['--hash-seed=1', '--random-seed=1'];

/**
 * Writes the caches beside the bundles of `directory`, which `runtime` runs: the words before its arguments, more than one when
 * it is another architecture's. Throws when the runtime does not run.
 */
export function writeCodeCaches(directory: string, runtime: readonly string[]): void {
  for (const program of PROGRAMS) {
    const [command = '', ...words] = [...runtime, ...V8_OPTIONS[program], ...SEEDS, MAKE_CACHE];
    const bundle = `${program}.cjs`;
    execFileSync(command, [...words, bundle, cachePath(bundle)], {
      cwd: directory,
      // Nothing of the builder's: NODE_OPTIONS would change V8's flags.
      env: {},
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 120_000,
      // An emulator that hangs does not hear SIGTERM.
      killSignal: 'SIGKILL',
    });
  }
}
