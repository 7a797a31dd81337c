// A bundle as a V8 script: the build, which makes its code cache, and the loader, which uses it, compile it in this one way.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/** As Node.js wraps a CommonJS module. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';

/** Where the code cache of a bundle lies. */
export function cachePath(bundle: string): string {
  return bundle.replace(/\.cjs$/, '.cache');
}

/**
 * Compiles the bundle, an ASCII file, under the name that its stack traces shall have.
 * A cache of another V8, of other V8 flags or of a source of another length is rejected by V8, which then compiles everything
 * as if there were none; `cachedDataRejected` of the script tells.
 */
export function compileBundle(bundle: string, filename: string, cachedData?: Buffer): Script {
  // A script's first line for the shell, which is no JavaScript inside of a function.
  const source = readFileSync(bundle, 'latin1').replace(/^#!/, '//');
  return new Script(`${HEAD}${source}${TAIL}`, {
    filename,
    columnOffset: -HEAD.length,
    ...(cachedData && { cachedData }),
  });
}

/** Runs the compiled bundle as a module, the file of which is `bundle`. */
export function runBundle(script: Script, bundle: string): void {
  const module = { exports: {} };
  const wrapped = script.runInThisContext() as (...args: readonly unknown[]) => void;
  wrapped.call(module.exports, module.exports, createRequire(bundle), module, bundle, dirname(bundle));
}
