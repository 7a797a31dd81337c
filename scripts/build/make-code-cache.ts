// node --hash-seed=1 --random-seed=1 make-code-cache.ts BUNDLE CACHE: writes V8's code cache of the bundle, as compiled but not run.
// What a run compiles besides would be in it too, but with marks of when V8 came to optimise what, which differ between builds.
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compileBundle } from './code-cache.ts';

const [bundle, cache] = process.argv.slice(2) as [string, string];
// V8 writes the name into the cache, and replaces it when it reads that: a relative one says nothing of where the build took place.
const script = compileBundle(bundle, bundle);
// The seeds make two builds alike. V8 compares the flags of the cache with those of its reader, where they have their defaults.
setFlagsFromString('--hash-seed=0');
setFlagsFromString('--random-seed=0');
writeFileSync(cache, script.createCachedData());
