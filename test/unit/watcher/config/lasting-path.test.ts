// Installations on disk, and the path by which a unit starts the program of each, whatever path it was called by.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { lastingPath } from '../../../../src/watcher/config/lasting-path.ts';

const NAME = 'cs-instance-watcher';

describe('the path of a unit', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'lasting-')));
    for (const version of ['0.1.0', '0.2.0']) program(`opt/${NAME}/${version}/bin/${NAME}`);
    link(`opt/${NAME}/current`, '0.2.0');
    link(`opt/${NAME}/previous`, '0.1.0');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function program(path: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '', { mode: 0o755 });
  }

  function link(path: string, target: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target.startsWith('/') ? join(root, target) : target, join(root, path));
  }

  const through = `opt/${NAME}/current/bin/${NAME}`;
  const cases: readonly (readonly [name: string, called: string, expected: string, link?: string])[] = [
    ['through current: as called', through, through],
    ['by the directory of the version in use: through current', `opt/${NAME}/0.2.0/bin/${NAME}`, through],
    [
      'by the directory of another version: as called',
      `opt/${NAME}/0.1.0/bin/${NAME}`,
      `opt/${NAME}/0.1.0/bin/${NAME}`,
    ],
    [
      'by the version before: as called',
      `opt/${NAME}/previous/bin/${NAME}`,
      `opt/${NAME}/previous/bin/${NAME}`,
    ],
    ['by a link through current: as called', `sbin/${NAME}`, `sbin/${NAME}`, `/${through}`],
    [
      'by a relative link through current: as called',
      `sbin/${NAME}`,
      `sbin/${NAME}`,
      `../opt/${NAME}/current/bin/${NAME}`,
    ],
    ['by a link past current: through current', `sbin/${NAME}`, through, `/opt/${NAME}/0.2.0/bin/${NAME}`],
    ['below a link to the installation: as called', `srv/current/bin/${NAME}`, `srv/current/bin/${NAME}`, ''],
  ];
  for (const [name, called, expected, target] of cases) {
    test(name, () => {
      if (target === '') link('srv', `/opt/${NAME}`);
      else if (target !== undefined) link(called, target);
      assert.equal(lastingPath(join(root, called)), join(root, expected));
    });
  }

  test('outlives the version that wrote it', () => {
    const path = lastingPath(join(root, `opt/${NAME}/0.2.0/bin/${NAME}`));
    program(`opt/${NAME}/0.3.0/bin/${NAME}`);
    symlinkSync('0.3.0', join(root, `opt/${NAME}/new`));
    renameSync(join(root, `opt/${NAME}/new`), join(root, `opt/${NAME}/current`));
    rmSync(join(root, `opt/${NAME}/0.2.0`), { recursive: true });
    assert.equal(realpathSync(path), join(root, `opt/${NAME}/0.3.0/bin/${NAME}`));
  });

  test('as called where there is no such installation', () => {
    // A package of the distribution, a copy by hand, a directory that happens to be called current, and nothing at all.
    program(`usr/lib/${NAME}/bin/${NAME}`);
    link(`usr/sbin/${NAME}`, `/usr/lib/${NAME}/bin/${NAME}`);
    program(`home/current/bin/${NAME}`);
    for (const path of [`usr/sbin/${NAME}`, `home/current/bin/${NAME}`, `no/bin/${NAME}`])
      assert.equal(lastingPath(join(root, path)), join(root, path));
  });
});
