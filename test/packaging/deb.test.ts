// The .deb in a Debian root: installed, upgraded, removed, purged, with and without systemd; its neighbours left alone.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { makeDeb } from '../../scripts/packaging/os-packages/make-deb.ts';
import { PACKAGED_PROGRAM, type PackageRoot, packageRoot, UNIT } from './package-root.ts';

const CONFIG = '/etc/cs-instance-watcher.json';
const WANTS = `/etc/systemd/system/multi-user.target.wants/${UNIT}`;
const GENERATED = `/etc/systemd/system/${UNIT}`;
const TARBALL = '/opt/cs-instance-watcher/current/VERSION';
const PACKAGE = 'cs-instance-watcher';

describe('the .deb', () => {
  let root: PackageRoot;
  before(async () => {
    root = await packageRoot();
  });
  after(() => root.close());
  afterEach(() => {
    root.reset();
    root.run('rm', '-f', WANTS);
    root.run('dpkg', '--purge', PACKAGE);
  });

  const install = (version: string): { readonly stderr: string } =>
    root.run('dpkg', '--install', root.packageOf(makeDeb, version));
  const isEnabled = (): boolean => root.run('find', '/etc/systemd/system', '-path', WANTS).stdout !== '';

  test("in an image: installed, upgraded, removed and purged, leaving what is the operator's", () => {
    const before = root.listing();
    install('1.0.0');
    assert.equal(root.run('cs-instance-watcher').status, 0);
    assert.deepEqual(root.calls(), ['cs-instance-watcher']);
    assert.equal(root.read('/usr/lib/cs-instance-watcher/VERSION'), '1.0.0\n');
    root.run('sh', '-c', 'cd /usr/lib/cs-instance-watcher && sha256sum --check --quiet --strict SHA256SUMS');
    assert.equal(root.run('dpkg', '--verify', PACKAGE).stdout, '');
    assert.ok(isEnabled());
    assert.match(root.run('systemctl', 'is-enabled', UNIT).stdout, /^enabled$/m);

    root.write(CONFIG, '{"api-polling-period": 5}\n');
    install('1.1.0');
    assert.equal(root.read('/usr/lib/cs-instance-watcher/VERSION'), '1.1.0\n');
    assert.equal(root.read(CONFIG), '{"api-polling-period": 5}\n');
    assert.ok(isEnabled());

    root.write('/etc/cs-instance-watcher.d/draining/10-leave', '#!/bin/sh\n', 0o755);
    root.write('/var/lib/cs-instance-watcher/record.json', '{}\n');
    root.run('dpkg', '--remove', PACKAGE);
    assert.ok(!isEnabled());
    assert.ok(!root.has(PACKAGED_PROGRAM));
    assert.ok(root.has(CONFIG) && root.has('/var/lib/cs-instance-watcher/record.json'));

    root.run('dpkg', '--purge', PACKAGE);
    assert.deepEqual(root.calls(), []);
    const added = root.listing().filter((path) => !before.includes(path));
    assert.deepEqual(added, [
      '/etc/cs-instance-watcher.d',
      '/etc/cs-instance-watcher.d/draining',
      '/etc/cs-instance-watcher.d/draining/10-leave',
    ]);
  });

  test('disabled by the operator it stays so across an upgrade; removed and installed again it is enabled', () => {
    install('1.0.0');
    root.run('systemctl', 'disable', UNIT);
    install('1.1.0');
    assert.ok(!isEnabled());
    root.run('dpkg', '--remove', PACKAGE);
    install('1.1.0');
    assert.ok(isEnabled());
  });

  test('with systemd: started at first, restarted by an upgrade, stopped and opened only by a removal', () => {
    root.bootWith(PACKAGED_PROGRAM);
    install('1.0.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl start ${UNIT}`]);
    install('1.1.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl try-restart ${UNIT}`]);
    // Backwards is an upgrade too.
    install('1.0.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl try-restart ${UNIT}`]);
    root.run('dpkg', '--remove', PACKAGE);
    assert.deepEqual(root.calls(), [
      `systemctl stop ${UNIT}`,
      'cs-instance-watcher cleanup',
      'systemctl daemon-reload',
    ]);
    install('1.1.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl start ${UNIT}`]);
    root.run('dpkg', '--purge', PACKAGE);
    assert.deepEqual(root.calls().slice(0, 2), [`systemctl stop ${UNIT}`, 'cs-instance-watcher cleanup']);
  });

  test('a removal that is called off starts it again', () => {
    root.bootWith(PACKAGED_PROGRAM);
    install('1.0.0');
    root.calls();
    const prerm = `/var/lib/dpkg/info/${PACKAGE}.prerm`;
    root.run('sh', '-c', `echo 'exit 1' >>${prerm}; ! dpkg --remove ${PACKAGE}; sed -i '$d' ${prerm}`);
    assert.deepEqual(root.calls(), [
      `systemctl stop ${UNIT}`,
      'cs-instance-watcher cleanup',
      'systemctl daemon-reload',
      `systemctl start ${UNIT}`,
    ]);
    assert.ok(root.has(PACKAGED_PROGRAM) && isEnabled());
  });

  test('starts nothing where policy-rc.d forbids it', () => {
    root.bootWith(PACKAGED_PROGRAM);
    root.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
    install('1.0.0');
    assert.deepEqual(root.calls(), ['systemctl daemon-reload']);
    assert.ok(isEnabled());
  });

  test('a generated unit is left as it is, and its enablement to its owner', () => {
    const options = ['--state-dir', '/var/lib/watch', '--force'];
    const unit = `[Service]\nExecStart=${PACKAGED_PROGRAM} ${options.join(' ')}\n[Install]\nWantedBy=multi-user.target\n`;
    root.write(GENERATED, unit);
    root.write('/var/lib/watch/record.json', '{}\n');
    root.bootWith(PACKAGED_PROGRAM, ...options);
    install('1.0.0');
    assert.ok(!isEnabled());
    assert.deepEqual(root.calls(), ['systemctl daemon-reload', `systemctl try-restart ${UNIT}`]);
    root.run('ln', '-s', GENERATED, WANTS);
    install('1.1.0');
    root.calls();
    // It runs the program that goes, and the agent's record is where the unit says.
    root.run('dpkg', '--remove', PACKAGE);
    assert.deepEqual(root.calls().slice(0, 2), [
      `systemctl stop ${UNIT}`,
      'cs-instance-watcher cleanup --state-dir /var/lib/watch',
    ]);
    root.run('dpkg', '--purge', PACKAGE);
    assert.equal(root.read(GENERATED), unit);
    assert.ok(isEnabled());
  });

  test('beside an installation from the tarball: one line says so, and its service and state are not touched', () => {
    root.write(TARBALL, '0.9.0\n');
    root.write(`/usr/local/lib/systemd/system/${UNIT}`, '[Install]\nWantedBy=multi-user.target\n');
    root.write('/var/lib/cs-instance-watcher/record.json', '{}\n');
    root.bootWith('/opt/cs-instance-watcher/current/bin/cs-instance-watcher');
    assert.deepEqual(install('1.0.0').stderr.match(/^cs-instance-watcher: .*$/gm), [
      'cs-instance-watcher: also installed from the tarball, whose unit and programs come first; to be left with one: /opt/cs-instance-watcher/current/install.sh uninstall',
    ]);
    assert.match(
      root.run('dpkg', '--purge', PACKAGE).stderr,
      /^cs-instance-watcher: \/etc\/cs-instance-watcher\.json went with the package, .* put it back/m,
    );
    assert.deepEqual(new Set(root.calls()), new Set(['systemctl daemon-reload']));
    assert.ok(!isEnabled());
    assert.ok(root.has('/var/lib/cs-instance-watcher/record.json') && root.has(TARBALL));
  });
});
