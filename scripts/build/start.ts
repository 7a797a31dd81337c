// lib/start.cjs BUNDLE [ARGUMENT...]: runs a program of ours from its code cache, which spares most of the compiling at a start.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cachePath, compileBundle, runBundle } from './code-cache.ts';

const bundle = resolve(process.argv[2] as string);
// The program sees what it would without this file.
process.argv.splice(1, 2, bundle);
runBundle(compileBundle(bundle, bundle, codeCache()), bundle);

/** Without one the program starts all the same, later. */
function codeCache(): Buffer | undefined {
  try {
    return readFileSync(cachePath(bundle));
  } catch {
    return undefined;
  }
}
