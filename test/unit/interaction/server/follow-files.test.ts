// Files that change while the server runs, for the better and for the worse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { followFiles } from '../../../../src/interaction/server/follow-files.ts';

async function follow(test: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'cs-follow-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'file');
  await writeFile(path, 'one');
  const unusable: string[] = [];
  const reading: { failure: string | null; times: number; nowMs: number } = {
    failure: null,
    times: 0,
    nowMs: 0,
  };
  const read = () => {
    reading.times += 1;
    if (reading.failure !== null) throw new Error(reading.failure);
    return readFileSync(path, 'utf8');
  };
  const current = followFiles(
    [path],
    read,
    (reason) => void unusable.push(reason),
    () => reading.nowMs,
  );
  const replace = async (text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  return { path, reading, unusable, current, replace };
}

describe('followFiles', () => {
  it('reads when the file changed, and only then', async (test) => {
    const { reading, current, replace } = await follow(test);
    assert.equal(current(), 'one');
    await replace('two');
    assert.deepEqual([current(), current()], ['two', 'two']);
    assert.equal(reading.times, 2);
  });

  it('takes up a file that was good while it could not be read', async (test) => {
    const { reading, unusable, current, replace } = await follow(test);
    await replace('two');
    reading.failure = 'EMFILE';
    assert.deepEqual([current(), current()], ['one', 'one']);
    assert.equal(reading.times, 2, 'not at every call');
    reading.nowMs = 1_000;
    assert.equal(current(), 'one');
    reading.failure = null;
    assert.equal(current(), 'one');
    reading.nowMs = 2_000;
    assert.equal(current(), 'two');
    assert.deepEqual(unusable, ['EMFILE'], 'told once');
  });

  it('goes on with what it has where the path leads nowhere', async (test) => {
    const { path, unusable, current, replace } = await follow(test);
    await rm(path);
    await symlink(path, path);
    assert.equal(current(), 'one');
    assert.match(unusable.join(), /^ELOOP/);
    await replace('two');
    assert.equal(current(), 'two');
  });
});
