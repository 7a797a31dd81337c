// Directories made with their parents, and an end where that is impossible.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePrivateDirectory } from '../../../../src/interaction/server/private-directory.ts';

test('makes what is missing, for its owner only, and leaves what is there', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'cs-private-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'a/b');
  assert.equal(makePrivateDirectory(path), join(directory, 'a'));
  assert.equal(makePrivateDirectory(path), null);
  assert.equal(makePrivateDirectory(join(path, 'c')), join(path, 'c'));
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'a')).mode & 0o777, 0o700);
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => makePrivateDirectory(join(directory, 'file')), { code: 'EEXIST' });
  assert.throws(() => makePrivateDirectory(join(directory, 'file/a')), { code: 'ENOTDIR' });
});

test('ends below /proc, where nothing can be made', () => {
  assert.throws(() => makePrivateDirectory('/proc/nonexistent/a/b'), { code: 'ENOENT' });
});
