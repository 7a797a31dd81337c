// The same tree gives the same tarball, whatever the packer's environment is; a tarball is whole or not there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packTarball } from '../../../../scripts/packaging/tarball.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';

const AT = 1_700_000_000;

function makeTree(directory: string, mode: number): string {
  const tree = join(directory, 'tree-x64');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  for (const name of ['bin/program', 'B', 'a', 'ä']) writeFileSync(join(tree, name), name.repeat(1000));
  chmodSync(join(tree, 'bin/program'), 0o755);
  chmodSync(tree, mode);
  return tree;
}

test('another time, umask, locale, and options of tar and xz in the environment change no byte', (t) => {
  const [one, other] = [temporaryDirectory(), temporaryDirectory()];
  for (const { close } of [one, other]) t.after(close);
  const first = packTarball(makeTree(one.path, 0o755), 'name-1', AT, one.path);
  const tree = makeTree(other.path, 0o700);
  utimesSync(join(tree, 'a'), 1, 1);
  const given = {
    XZ_OPT: '-0',
    XZ_DEFAULTS: '--check=none',
    TAR_OPTIONS: '--exclude=a',
    LC_ALL: 'C.UTF-8',
    TZ: 'Asia/Tokyo',
  };
  const before = { ...process.env };
  Object.assign(process.env, given);
  let second: string;
  try {
    second = packTarball(tree, 'name-1', AT, other.path);
  } finally {
    for (const name of Object.keys(given)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
  assert.ok(readFileSync(first).equals(readFileSync(second)));
  const listed = execFileSync('tar', ['-tvf', second], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  assert.deepEqual(
    listed
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, 14), line.split(' ').at(-1)]),
    [
      ['drwxr-xr-x 0/0', 'name-1/'],
      ['-rw-r--r-- 0/0', 'name-1/B'],
      ['-rw-r--r-- 0/0', 'name-1/a'],
      ['drwxr-xr-x 0/0', 'name-1/bin/'],
      ['-rwxr-xr-x 0/0', 'name-1/bin/program'],
      ['-rw-r--r-- 0/0', 'name-1/\\303\\244'],
    ],
  );
});

test('what could not be packed leaves no tarball, and an older one as it was', (t) => {
  const { path, close } = temporaryDirectory();
  t.after(close);
  assert.throws(() => packTarball(join(path, 'nothing'), 'name-1', AT, path), /nothing/);
  assert.deepEqual(readdirSync(path), []);
  writeFileSync(join(path, 'name-1.tar.xz'), 'older');
  assert.throws(() => packTarball(join(path, 'nothing'), 'name-1', AT, path), /nothing/);
  assert.equal(readFileSync(join(path, 'name-1.tar.xz'), 'utf8'), 'older');
});
