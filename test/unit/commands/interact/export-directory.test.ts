// Directories that a server is to write to, looked at when it starts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { checkExportDirectory } from '../../../../src/commands/interact/export-directory.ts';

it('is one, or can be made in one', (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'cs-export-'));
  test.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  checkExportDirectory('--backup-path', undefined);
  checkExportDirectory('--backup-path', directory);
  checkExportDirectory('--backup-path', join(directory, 'new'));
  const refused: [string, string][] = [
    [file, `--backup-path: ${file} is not a directory: give one`],
    [join(file, 'x'), `--backup-path: there is no directory ${file}: make it, or give a path in another`],
    [
      join(directory, 'a', 'b'),
      `--backup-path: there is no directory ${join(directory, 'a')}: make it, or give a path in another`,
    ],
  ];
  for (const [path, message] of refused) {
    assert.throws(() => checkExportDirectory('--backup-path', path), {
      name: 'CommandFailure',
      message,
      exitStatus: 2,
    });
  }
});
