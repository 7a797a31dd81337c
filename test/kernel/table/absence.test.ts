// What an apply decides by what the call before it knew: the addon's own object files, called directly.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';
import { compileOverAddon } from './addon-program.ts';

describe('an apply where there was no table', () => {
  let directory: string;
  let program: string;
  let namespace: Namespace;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'absence-'));
    program = compileOverAddon('absence-program.cc', directory);
    namespace = await createNamespace();
  });
  after(async () => {
    await namespace?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('does not look first when the call before did, and trusts that only as long as nobody changed the ruleset', async () => {
    assert.deepEqual((await namespace.run(program, [])).trimEnd().split('\n'), [
      'nothing known: 11 sends, 1 commits, held',
      'removed: 8 sends, 1 commits, held',
      'found absent: 8 sends, 1 commits, held',
      'applied: 8 sends, 0 commits, held',
      // The refused batch, and all of the first.
      'removed, then another table made: 12 sends, 1 commits, held',
      'removed, then made by another as wanted: 9 sends, 0 commits, held',
      'removed, then made by another with other ports: 22 sends, 3 commits, held',
      'found absent, then a foreign one made: 5 sends, 0 commits, foreign-table',
      'the same again: 4 sends, 0 commits, foreign-table',
      `unguarded: errno ${constants.errno.EEXIST}`,
      'that one gone: 11 sends, 1 commits, held',
      'removed, made and removed by another: 12 sends, 1 commits, held',
    ]);
  });
});
