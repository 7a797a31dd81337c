import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createRotatingFile, type RotatingFile } from '../../../../src/watcher/observe/rotation.ts';
import { parseRotation } from '../../../../src/watcher/observe/rotation-spec.ts';

describe('rotating file', () => {
  let directory: string;
  let path: string;
  let nowMs: number;
  let fallback: string[];
  let troubles: string[];
  let file: RotatingFile;

  const create = (spec: string, at = path): RotatingFile =>
    createRotatingFile({
      path: at,
      rotation: parseRotation(spec),
      fallback: (line) => fallback.push(line),
      onTrouble: (problem) => troubles.push(problem),
      now: () => nowMs,
    });

  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'rotation-')));
    path = join(directory, 'a.log');
    nowMs = Date.now();
    fallback = [];
    troubles = [];
    file = create('h,1,2');
  });
  afterEach(() => {
    file.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('appends, each line on disk when write returns, readable by all and writable by its owner', () => {
    file.write('one\n');
    file.write('two\n');
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(path).mode & 0o022, 0);
  });

  it('rotates at its time, keeps the newest backups, and loses no line', () => {
    for (let hour = 0; hour < 5; hour += 1) {
      file.write(`hour ${hour}\n`);
      nowMs += 3_600_000;
    }
    const backups = readdirSync(directory)
      .filter((name) => name !== 'a.log')
      .sort();
    assert.equal(backups.length, 2);
    assert.deepEqual(
      backups.map((name) => readFileSync(join(directory, name), 'utf8')),
      ['hour 2\n', 'hour 3\n'],
    );
    assert.equal(readFileSync(path, 'utf8'), 'hour 4\n');
    for (const name of backups) assert.match(name, /^a\.log\.\d{4}-\d{2}-\d{2}_\d{2}$/);
  });

  it('counts from the last write of a file that was there before', () => {
    file.write('before\n');
    file.close();
    nowMs += 3_600_000 + 2000;
    create('h,1,2').write('after\n');
    assert.equal(readFileSync(path, 'utf8'), 'after\n');
    assert.equal(readdirSync(directory).length, 2);
  });

  it('opens the file again when it was deleted or moved away', () => {
    file.write('one\n');
    rmSync(path);
    file.write('two\n');
    assert.equal(readFileSync(path, 'utf8'), 'two\n');
    renameSync(path, `${path}.moved`);
    file.write('three\n');
    assert.equal(readFileSync(path, 'utf8'), 'three\n');
    assert.deepEqual(fallback, []);
  });

  it('hands lines to the fallback while the directory is gone, says so once, and comes back', () => {
    file.write('one\n');
    rmSync(directory, { recursive: true });
    file.write('two\n');
    nowMs += 1000;
    file.write('three\n');
    nowMs += 60_000;
    file.write('four\n');
    assert.deepEqual(fallback, ['two\n', 'three\n', 'four\n']);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0]!, /a\.log cannot be written \(ENOENT\)/);
    mkdirSync(directory);
    nowMs += 60_000;
    file.write('five\n');
    assert.equal(readFileSync(path, 'utf8'), 'five\n');
    assert.equal(fallback.length, 3);
  });

  it('survives a full disk: ENOSPC goes to the fallback', () => {
    const full = create('h,1,2', '/dev/full');
    full.write('lost?\n');
    assert.deepEqual(fallback, ['lost?\n']);
    assert.match(troubles[0]!, /ENOSPC/);
    full.close();
  });

  it('never rotates what is not a regular file', () => {
    const nowhere = create('s,1,2', '/dev/null');
    nowhere.write('one\n');
    nowMs += 10_000;
    nowhere.write('two\n');
    assert.ok(statSync('/dev/null').isCharacterDevice());
    assert.deepEqual(fallback, []);
    nowhere.close();
  });
});
