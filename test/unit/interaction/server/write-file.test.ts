// Files that are written whole or not at all, in directories made for them.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeFileAtomically } from '../../../../src/interaction/server/write-file.ts';

test('makes the directories, and replaces a file', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'cs-write-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'a/b/file');
  await writeFileAtomically(path, 'one');
  await writeFileAtomically(path, 'two');
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.deepEqual(readdirSync(join(directory, 'a/b')), ['file']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, 'a')).mode & 0o777, 0o700);
});

// Node's own recursive mkdir never ends there.
test('fails where no directory can be made', { timeout: 10_000 }, async () => {
  await assert.rejects(writeFileAtomically('/proc/nonexistent/a/b', ''), { code: 'ENOENT' });
});
