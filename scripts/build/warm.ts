// node --hash-seed=1 --random-seed=1 warm.ts BUNDLE CACHE [ARGUMENT...]: runs the program with these arguments and writes V8's
// code cache, in which is all that was compiled until the program ended.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compileBundle, runBundle } from './code-cache.ts';

const [name, cache] = process.argv.slice(2) as [string, string];
const [bundle, target] = [resolve(name), resolve(cache)];
process.argv.splice(1, 3, bundle);
// V8 writes the name into the cache, and replaces it when it reads that: a relative one says nothing of where the build took place.
const script = compileBundle(bundle, name);
process.on('exit', () => {
  // The seeds make two builds alike. V8 compares the flags of the cache with those of its reader, where they have their defaults.
  setFlagsFromString('--hash-seed=0');
  setFlagsFromString('--random-seed=0');
  writeFileSync(target, script.createCachedData());
});
runBundle(script, bundle);
