// A program in C++ over the addon's own object files, which calls them directly.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const OBJECTS = join(ROOT, 'build/cmake/CMakeFiles/addon.dir/native/{netlink,nftables}/*.o');

/** Compiles `source`, a file beside this one, into `directory`; the answer is the program's path. */
export function compileOverAddon(source: string, directory: string): string {
  const program = join(directory, 'program');
  const objects = globSync(OBJECTS);
  assert.ok(objects.length > 0, `no object files of the addon (npm run build:native): ${OBJECTS}`);
  const options = ['-std=c++17', '-pthread', '-I', join(ROOT, 'native')];
  const files = [join(import.meta.dirname, source), ...objects, '-o', program];
  const built = spawnSync('g++', [...options, ...files, '-lnftnl', '-lmnl', '-ldl'], { encoding: 'utf8' });
  assert.equal(built.status, 0, `g++ is needed: ${built.stderr ?? built.error}`);
  return program;
}
