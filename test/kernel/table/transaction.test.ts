// What a transaction makes of the kernel's answers: the addon's own object files, called directly.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import { compileOverAddon } from './addon-program.ts';

describe('a transaction', () => {
  let directory: string;
  let program: string;
  let namespace: Namespace;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'transaction-'));
    program = compileOverAddon('transaction-program.cc', directory);
    namespace = await createNamespace();
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
