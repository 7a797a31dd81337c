// The one date of a release: as it is given, else of the commit, else a refusal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { releaseEpochSeconds } from '../../../../scripts/packaging/release-date.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';

test('SOURCE_DATE_EPOCH decides, in a repository and out of one', () =>
  assert.equal(releaseEpochSeconds({ SOURCE_DATE_EPOCH: '1700000000' }, '/'), 1_700_000_000));

for (const given of ['', 'yesterday', '-1', '1.5', '1e9', ' 1', '123456789012'])
  test(`SOURCE_DATE_EPOCH='${given}' is refused`, () =>
    assert.throws(() => releaseEpochSeconds({ SOURCE_DATE_EPOCH: given }, '/'), /SOURCE_DATE_EPOCH/));

test('else it is the time of the last commit', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  const git = (...words: readonly string[]): void =>
    void execFileSync(
      'git',
      ['-C', path, '-c', 'user.name=me', '-c', 'user.email=me@example.com', ...words],
      {
        env: { ...process.env, GIT_COMMITTER_DATE: '1600000000 +0200' },
      },
    );
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message=first');
  assert.equal(releaseEpochSeconds({}, path), 1_600_000_000);
});

test('without a commit it says what to set', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  assert.throws(() => releaseEpochSeconds({}, path), /set SOURCE_DATE_EPOCH/);
});
