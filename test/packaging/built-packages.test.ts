// The packages that scripts/package has made, of both architectures: they hold the tree.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { ARCH_NAMES, type Arch } from '../../scripts/packaging/arch.ts';
import { checkTree } from '../../scripts/packaging/gates/check-tree.ts';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { thisRelease } from './packages.ts';

const INSTALLED_TREE = 'usr/lib/cs-instance-watcher';
const ARCHES: readonly Arch[] = ['x64', 'arm64'];

const { version, directory: out } = thisRelease();

for (const arch of ARCHES) {
  const tree = join(out, `tree-${arch}`);
  const deb = join(out, `cs-instance-watcher_${version}_${ARCH_NAMES[arch].debian}.deb`);
  const rpm = join(out, `cs-instance-watcher-${version}-1.${ARCH_NAMES[arch].rpm}.rpm`);

  test(`${basename(tree)} passes the gates`, () =>
    assert.deepEqual(checkTree(tree, arch, [join(import.meta.dirname, '../..')]), []));

  for (const [file, unpack] of [
    [deb, 'dpkg-deb --extract "$1" "$2"'],
    [rpm, 'mkdir "$2" && rpm2cpio "$1" | (cd "$2" && busybox cpio -i -d 2>/dev/null)'],
  ] as const)
    test(`${basename(file)} holds the tree`, () => {
      const directory = temporaryDirectory();
      try {
        const root = join(directory.path, 'root');
        execFileSync('sh', ['-ec', unpack, 'sh', file, root]);
        execFileSync('diff', ['--recursive', '--brief', tree, join(root, INSTALLED_TREE)]);
      } finally {
        directory.close();
      }
    });
}
