// What a transaction makes of the kernel's answers: the addon's own object files, called directly.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const OBJECTS = join(ROOT, 'build/cmake/CMakeFiles/addon.dir/native/{netlink,nftables}/*.o');

describe('a transaction', () => {
  let directory: string;
  let program: string;
  let namespace: Namespace;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'transaction-'));
    program = join(directory, 'program');
    namespace = await createNamespace();
    const source = join(import.meta.dirname, 'transaction-program.cc');
    const objects = globSync(OBJECTS);
    assert.ok(objects.length > 0, `no object files of the addon (npm run build:native): ${OBJECTS}`);
    const options = ['-std=c++17', '-pthread', '-I', join(ROOT, 'native')];
    const built = spawnSync('g++', [...options, source, ...objects, '-o', program, '-lnftnl', '-lmnl'], {
      encoding: 'utf8',
    });
    assert.equal(built.status, 0, `g++ is needed: ${built.stderr ?? built.error}`);
  });
  after(async () => {
    await namespace?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('knows its answers from those to other requests made meanwhile', async () => {
    const printed = await namespace.run(program, []);
    assert.deepEqual(printed.split('\n'), [`known, 1 set ports ${constants.errno.ENOENT}`, 'known', '']);
  });
});
