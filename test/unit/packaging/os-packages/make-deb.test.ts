// The Debian package of a small tree: what is in it, and that nothing of the building machine is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packagedUnit } from '../../../../scripts/packaging/os-packages/installed-root.ts';
import { makeDeb } from '../../../../scripts/packaging/os-packages/make-deb.ts';
import { packageVersion } from '../../../../scripts/packaging/os-packages/package-inputs.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';
import { makeReleaseTree } from '../../../fixtures/release-tree.ts';

const EPOCH_SECONDS = 1_700_000_000;

describe('makeDeb', () => {
  const directory = temporaryDirectory();
  after(() => directory.close());
  const tree = join(directory.path, 'tree');
  const inputs = { tree, arch: 'x64', version: '1.2.3', epochSeconds: EPOCH_SECONDS } as const;
  let deb = '';
  before(() => {
    mkdirSync(tree);
    makeReleaseTree(tree);
    deb = makeDeb({ ...inputs, outDir: join(directory.path, 'first') });
  });

  test('makes the same bytes at another time, in another place, under another umask', () => {
    const copy = join(directory.path, 'copy');
    cpSync(tree, copy, { recursive: true });
    utimesSync(join(copy, 'LICENSE'), 1, 1);
    const umask = process.umask(0o077);
    try {
      const again = makeDeb({ ...inputs, tree: copy, outDir: join(directory.path, 'second') });
      assert.ok(readFileSync(again).equals(readFileSync(deb)));
    } finally {
      process.umask(umask);
    }
  });

  test('is of its version and architecture, and needs only what the gates allow', () => {
    assert.ok(deb.endsWith('/first/cs-instance-watcher_1.2.3_amd64.deb'));
    const arm = makeDeb({ ...inputs, arch: 'arm64', version: '2.0.0-rc.1', outDir: directory.path });
    assert.ok(arm.endsWith('/cs-instance-watcher_2.0.0~rc.1_arm64.deb'));
    const field = (path: string, name: string): string =>
      execFileSync('dpkg-deb', ['--field', path, name], { encoding: 'utf8' }).trim();
    assert.equal(field(arm, 'Version'), '2.0.0~rc.1');
    assert.equal(field(arm, 'Architecture'), 'arm64');
    assert.equal(field(deb, 'Architecture'), 'amd64');
    assert.equal(field(deb, 'Depends'), 'libc6 (>= 2.28), libstdc++6 (>= 9.3)');
  });

  test("has the tree as it is, the system's ways into it, and all of it root's", () => {
    const listing = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' }).trim().split('\n');
    for (const line of listing) assert.match(line, /^\S{10} root\/root /);
    const outside = listing
      .filter((line) => !line.includes(' ./usr/lib/cs-instance-watcher/') && !line.startsWith('d'))
      .map((line) => line.replace(/^(\S+) .*? \.\//, '$1 /'));
    assert.deepEqual(outside.sort(), [
      '-rw-r--r-- /etc/cs-instance-watcher.json',
      '-rw-r--r-- /lib/systemd/system/cs-instance-watcher.service',
      '-rw-r--r-- /usr/lib/modules-load.d/cs-instance-watcher.conf',
      '-rw-r--r-- /usr/share/bash-completion/completions/cs-instance-watcher',
      '-rw-r--r-- /usr/share/bash-completion/completions/cs-interact',
      '-rw-r--r-- /usr/share/doc/cs-instance-watcher/changelog.gz',
      '-rw-r--r-- /usr/share/doc/cs-instance-watcher/copyright',
      '-rw-r--r-- /usr/share/man/man1/cs-interact.1.gz',
      '-rw-r--r-- /usr/share/man/man8/cs-instance-watcher.8.gz',
      'lrwxrwxrwx /usr/bin/cs-interact -> ../lib/cs-instance-watcher/bin/cs-interact',
      'lrwxrwxrwx /usr/sbin/cs-instance-watcher -> ../lib/cs-instance-watcher/bin/cs-instance-watcher',
      'lrwxrwxrwx /usr/share/doc/cs-instance-watcher/README.md -> ../../../lib/cs-instance-watcher/README.md',
      'lrwxrwxrwx /usr/share/doc/cs-instance-watcher/docs -> ../../../lib/cs-instance-watcher/docs',
    ]);
    const root = join(directory.path, 'unpacked');
    execFileSync('dpkg-deb', ['--extract', deb, root]);
    const diff = ['--recursive', '--no-dereference', tree, join(root, 'usr/lib/cs-instance-watcher')];
    assert.equal(execFileSync('diff', diff, { encoding: 'utf8' }), '');
    assert.equal(
      readFileSync(join(root, 'lib/systemd/system/cs-instance-watcher.service'), 'utf8').split('\n')[1],
      'ExecStart=/usr/sbin/cs-instance-watcher',
    );
  });

  test('its sums are those of its files, the configuration left to dpkg', () => {
    const control = join(directory.path, 'control');
    execFileSync('dpkg-deb', ['--control', deb, control]);
    const root = join(directory.path, 'summed');
    execFileSync('dpkg-deb', ['--extract', deb, root]);
    execFileSync('md5sum', ['--check', '--quiet', '--strict', join(control, 'md5sums')], { cwd: root });
    const sums = readFileSync(join(control, 'md5sums'), 'utf8');
    assert.ok(!sums.includes('etc/cs-instance-watcher.json'));
    assert.equal(readFileSync(join(control, 'conffiles'), 'utf8'), '/etc/cs-instance-watcher.json\n');
  });
});

describe('packagedUnit', () => {
  const program = '/opt/cs-instance-watcher/current/bin/cs-instance-watcher';

  test("starts the package's program", () => {
    assert.equal(
      packagedUnit(`[Service]\nExecStart=${program}\nExecReload=/bin/kill -HUP $MAINPID\n`),
      '[Service]\nExecStart=/usr/sbin/cs-instance-watcher\nExecReload=/bin/kill -HUP $MAINPID\n',
    );
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['without a command', '[Service]\n', /no one line ExecStart=/],
    ['with two', `ExecStart=${program}\nExecStart=${program}\n`, /no one line ExecStart=/],
    ['with options', `ExecStart=${program} --force\n`, /no one line ExecStart=/],
    [
      "with another path of the tarball's",
      `ExecStart=${program}\nExecStartPre=${program} plan\n`,
      /names files of the tarball/,
    ],
  ];
  for (const [name, text, error] of refused)
    test(`refuses a unit ${name}`, () => assert.throws(() => packagedUnit(text), error));
});

test('a pre-release comes before its release', () => {
  assert.equal(packageVersion('1.0.0'), '1.0.0');
  assert.equal(packageVersion('1.0.0-rc.1'), '1.0.0~rc.1');
  const compared = execFileSync('dpkg', ['--compare-versions', packageVersion('1.0.0-rc.1'), 'lt', '1.0.0']);
  assert.equal(compared.length, 0);
});
