import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readSmallFile } from '../../../../src/watcher/state/small-file.ts';

describe('a file of the state directory', () => {
  let directory = '';
  let path = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'small-file-'));
    path = join(directory, 'record.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('is read whole', () => {
    writeFileSync(path, 'é\n');
    assert.equal(readSmallFile(path), 'é\n');
  });

  test('that is missing is told apart', () => {
    assert.throws(() => readSmallFile(path), { code: 'ENOENT' });
  });

  test('that is a FIFO is not waited for', () => {
    execFileSync('mkfifo', [path]);
    assert.throws(() => readSmallFile(path), /not a regular file/);
  });

  test('that is a directory is none', () => {
    mkdirSync(path);
    assert.throws(() => readSmallFile(path), /not a regular file/);
  });

  test('that is huge is not read', () => {
    writeFileSync(path, '{');
    truncateSync(path, 3 * 2 ** 30);
    assert.throws(() => readSmallFile(path), /has 3221225472 bytes, more than 1048576/);
  });
});
