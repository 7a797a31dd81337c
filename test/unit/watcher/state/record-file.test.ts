import assert from 'node:assert/strict';
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { IS_REAL_ROOT } from '../../../fixtures/programs.ts';
import { type Record, RecordFile } from '../../../../src/watcher/state/record-file.ts';

const RECORD: Record = {
  state: {
    instanceId: 'i-1',
    desired: 'refuse',
    reasons: [
      { source: 'state', detail: 'draining', sinceWallMs: 1_700_000_000_000 },
      { source: 'spot-interruption', detail: 'terminate at noon', sinceWallMs: 1_700_000_000_001 },
    ],
    instanceState: 'draining',
    stateSinceWallMs: 1_700_000_000_000,
    drain: { sinceWallMs: 1_700_000_000_000, sinceMonotonicMs: 12_345.678, outcome: 'timeout' },
    open: null,
    isTableLeased: false,
  },
  unfinishedHooks: [
    { id: 'a', from: 'running', to: 'draining', begun: true },
    { id: 'b', from: 'draining', to: 'running', begun: false },
  ],
};

describe('the record', () => {
  let parent = '';
  let directory = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'record-'));
    directory = join(parent, 'state');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  test('written and read in the same boot is equal, private, and alone in its directory', () => {
    const file = new RecordFile(directory, 'boot-1');
    file.write(RECORD);
    assert.deepEqual(file.read(), { record: RECORD, problem: null });
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ['record.json']);
  });

  test("written by root in another user's directory belongs to that user, who has to read it", (t) => {
    if (!IS_REAL_ROOT) return t.skip('needs real root: there is no other user to be');
    mkdirSync(directory, { mode: 0o755 });
    chownSync(directory, 4711, 4712);
    const file = new RecordFile(directory, 'boot-1');
    file.write(RECORD);
    const { uid, gid, mode } = statSync(file.path);
    assert.deepEqual([uid, gid, mode & 0o777], [4711, 4712, 0o600]);
  });

  test('is never written through a link that somebody has put in the way', () => {
    mkdirSync(directory);
    const victim = join(parent, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, `.record.json.${process.pid}.new`));
    const file = new RecordFile(directory, 'boot-1');
    file.write(RECORD);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.deepEqual(file.read(), { record: RECORD, problem: null });
    assert.deepEqual(readdirSync(directory), ['record.json']);
  });

  test('of an earlier boot is none, and no problem', () => {
    new RecordFile(directory, 'boot-1').write(RECORD);
    assert.deepEqual(new RecordFile(directory, 'boot-2').read(), { record: null, problem: null });
  });

  test('that is missing is none, and no problem', () => {
    assert.deepEqual(new RecordFile(directory, 'boot-1').read(), { record: null, problem: null });
  });

  const foreign: [string, string][] = [
    ['empty', ''],
    ['half', '{"version":3,"bootId":"boot-1","sta'],
    ['another version', JSON.stringify({ version: 2, bootId: 'boot-1', ...RECORD })],
    [
      'of hooks that may or may not have begun',
      JSON.stringify({
        version: 3,
        bootId: 'boot-1',
        ...RECORD,
        unfinishedHooks: [{ id: 'a', from: 'running', to: 'draining' }],
      }),
    ],
    ['an array', '[]'],
    [
      'a hostile state name',
      JSON.stringify({
        version: 3,
        bootId: 'boot-1',
        ...RECORD,
        state: { ...RECORD.state, instanceState: '../x' },
      }),
    ],
    [
      'a wrong type',
      JSON.stringify({ version: 3, bootId: 'boot-1', ...RECORD, state: { ...RECORD.state, desired: true } }),
    ],
    [
      'a time that no date can tell',
      JSON.stringify({
        version: 3,
        bootId: 'boot-1',
        ...RECORD,
        state: { ...RECORD.state, stateSinceWallMs: 1e300 },
      }),
    ],
    [
      'a drain before all time',
      JSON.stringify({
        version: 3,
        bootId: 'boot-1',
        ...RECORD,
        state: { ...RECORD.state, drain: { sinceWallMs: -1, sinceMonotonicMs: 0, outcome: null } },
      }),
    ],
    ['no record of hooks', JSON.stringify({ version: 3, bootId: 'boot-1', state: RECORD.state })],
  ];
  for (const [name, content] of foreign) {
    test(`that is ${name} is none, and told in one line`, () => {
      const file = new RecordFile(directory, 'boot-1');
      file.write(RECORD);
      writeFileSync(file.path, content);
      const read = file.read();
      assert.equal(read.record, null);
      assert.match(read.problem ?? '', /record\.json .*starting without it$/);
    });
  }

  test('below a directory where nothing can be made throws, and does not try for ever', () => {
    assert.throws(() => new RecordFile('/proc/nothing/here', 'boot-1').write(RECORD), { code: 'ENOENT' });
  });

  test('that cannot be written throws, and leaves the old one', () => {
    const file = new RecordFile(directory, 'boot-1');
    writeFileSync(directory, 'a file where the directory should be');
    assert.throws(() => file.write(RECORD), { code: 'EEXIST' });
  });
});
