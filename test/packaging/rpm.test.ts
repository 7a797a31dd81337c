// The .rpm: its bytes, and in a root without Red Hat's own packages: installed, upgraded, erased.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { makeRpm } from '../../scripts/packaging/os-packages/make-rpm.ts';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { makeReleaseTree } from '../fixtures/release-tree.ts';
import { PACKAGED_PROGRAM, type PackageRoot, packageRoot, UNIT } from './package-root.ts';

const CONFIG = '/etc/cs-instance-watcher.json';
const PRESETS = '/etc/systemd/system-preset/00-test.preset';
const WANTS = `/etc/systemd/system/multi-user.target.wants/${UNIT}`;
const PACKAGE = 'cs-instance-watcher';

describe('the .rpm', () => {
  let root: PackageRoot;
  before(async () => {
    root = await packageRoot();
  });
  after(() => root.close());
  beforeEach(() => root.write(PRESETS, 'disable *\n'));
  afterEach(() => {
    root.reset();
    // Not there any more, where the test has erased it.
    if (root.has('/usr/lib/cs-instance-watcher')) rpm('--erase', PACKAGE);
  });

  // Debian's root has the libraries, but not as packages of rpm's.
  const rpm = (...args: string[]): { readonly stdout: string; readonly stderr: string } =>
    root.rpm('--nodeps', ...args);
  const install = (version: string): { readonly stderr: string } =>
    rpm('--upgrade', '--oldpackage', root.packageOf(makeRpm, version));
  const isEnabled = (): boolean => root.run('find', '/etc/systemd/system', '-path', WANTS).stdout !== '';

  test("in an image: installed, upgraded and erased, leaving what is the operator's", () => {
    install('1.0.0');
    assert.equal(root.run('cs-instance-watcher').status, 0);
    assert.deepEqual(root.calls(), ['cs-instance-watcher']);
    root.run('sh', '-c', 'cd /usr/lib/cs-instance-watcher && sha256sum --check --quiet --strict SHA256SUMS');
    assert.ok(!isEnabled());
    root.write(CONFIG, '{"api-polling-period": 5}\n');
    install('1.1.0');
    assert.equal(root.read('/usr/lib/cs-instance-watcher/VERSION'), '1.1.0\n');
    assert.equal(root.read(CONFIG), '{"api-polling-period": 5}\n');
    rpm('--erase', PACKAGE);
    assert.ok(!root.has('/usr/lib/cs-instance-watcher') && !root.has(PACKAGED_PROGRAM));
    assert.ok(!root.has('/etc/cs-instance-watcher.d'));
    assert.equal(root.read(`${CONFIG}.rpmsave`), '{"api-polling-period": 5}\n');
    assert.deepEqual(root.calls(), []);
  });

  test('enabled where the presets say so, and disabled when it goes', () => {
    root.write(PRESETS, `enable ${UNIT}\n`);
    install('1.0.0');
    assert.ok(isEnabled());
    root.run('systemctl', 'disable', UNIT);
    install('1.1.0');
    assert.ok(!isEnabled());
    root.run('systemctl', 'enable', UNIT);
    rpm('--erase', PACKAGE);
    assert.ok(!isEnabled());
  });

  test('with systemd: restarted by an upgrade, stopped and opened only when it is erased', () => {
    root.bootWith(PACKAGED_PROGRAM);
    install('1.0.0');
    assert.deepEqual(root.calls(), [
      `systemctl --no-reload preset ${UNIT}`,
      'systemctl daemon-reload',
      `systemctl try-restart ${UNIT}`,
    ]);
    install('1.1.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl try-restart ${UNIT}`]);
    rpm('--erase', PACKAGE);
    assert.deepEqual(root.calls(), [
      `systemctl stop ${UNIT}`,
      'cs-instance-watcher cleanup',
      `systemctl --no-reload disable ${UNIT}`,
      'systemctl daemon-reload',
    ]);
  });

  test('beside an installation from the tarball: one line says so, and its service is not touched', () => {
    root.write('/opt/cs-instance-watcher/current/VERSION', '0.9.0\n');
    root.write(`/usr/local/lib/systemd/system/${UNIT}`, '[Service]\n');
    root.bootWith('/opt/cs-instance-watcher/current/bin/cs-instance-watcher');
    assert.equal(install('1.0.0').stderr.match(/^cs-instance-watcher: also installed /gm)?.length, 1);
    root.write(CONFIG, '{"api-polling-period": 5}\n');
    assert.match(rpm('--erase', PACKAGE).stderr, /went with the package.*\.rpmsave/);
    root.run('rm', `${CONFIG}.rpmsave`);
    assert.deepEqual(new Set(root.calls()), new Set(['systemctl daemon-reload']));
  });
});

test('the .rpm is the same again, of either architecture, and says nothing of where it was made', () => {
  const directory = temporaryDirectory();
  try {
    const tree = join(directory.path, 'tree');
    mkdirSync(tree);
    makeReleaseTree(tree);
    for (const [arch, name] of [
      ['x64', 'x86_64'],
      ['arm64', 'aarch64'],
    ] as const) {
      const [first, second] = ['first', 'second'].map((place) => {
        const outDir = join(directory.path, place);
        return makeRpm({ tree, arch, version: '1.0.0-rc.1', epochSeconds: 1_700_000_000, outDir });
      }) as [string, string];
      assert.ok(first.endsWith(`/cs-instance-watcher-1.0.0~rc.1-1.${name}.rpm`));
      assert.ok(readFileSync(first).equals(readFileSync(second)), arch);
      const format = '%{ARCH} %{BUILDHOST} %{BUILDTIME} %{OS}\n[%{FILEUSERNAME} %{FILEGROUPNAME}\n]';
      const told = execFileSync('rpm', ['--query', '--package', '--queryformat', format, first], {
        encoding: 'utf8',
      });
      const [header, ...owners] = told.trim().split('\n');
      assert.equal(header, `${name} localhost 1700000000 linux`);
      assert.deepEqual([...new Set(owners)], ['root root']);
      const dependency =
        '[%{REQUIREFLAGS:deptype}: %{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\n]';
      const needed = execFileSync('rpm', ['--query', '--package', '--queryformat', dependency, first], {
        encoding: 'utf8',
      });
      assert.deepEqual(
        needed
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !/rpmlib|\/bin\/sh/.test(line))
          .sort(),
        [
          'manual: glibc >= 2.28',
          'manual: libstdc++ >= 9.3',
          'manual: systemd',
          'post: systemd',
          'preun: systemd',
        ],
      );
    }
  } finally {
    directory.close();
  }
});
