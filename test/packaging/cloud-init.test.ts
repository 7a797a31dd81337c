// The user data of docs/cloud-init, run by Debian's cloud-init at the first boot of an instance whose image does not have the agent.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { becomes, faultsOf, installCloudInit } from './cloud-instance.ts';
import { Guest } from './guest.ts';
import { PACKAGE, thisRelease } from './packages.ts';

const DOCUMENTS = resolve(import.meta.dirname, '../../docs/cloud-init');
const INSTALLER = '/opt/cs-instance-watcher/current/install.sh';
const UNIT = 'cs-instance-watcher';

test('user data', async (t) => {
  const { version, directory } = thisRelease();
  const name = `cs-instance-watcher-${version}-linux-x64.tar.xz`;
  const sha256 = createHash('sha256')
    .update(readFileSync(join(directory, name)))
    .digest('hex');
  const guest = await Guest.create(t, { readOnly: { [PACKAGE]: directory } });
  await installCloudInit(guest);

  /** A document as an operator fills it in. */
  const filledIn = (document: string, sum = sha256): string => {
    const text = readFileSync(join(DOCUMENTS, document), 'utf8');
    const filled = text
      .replace(
        'https://artifacts.example.com/cs-instance-watcher-<version>-linux-x64.tar.xz',
        `file://${PACKAGE}/${name}`,
      )
      .replace('<sha256 of that file>', sum);
    assert.ok(!/example\.com|<version>|<sha256/.test(filled), filled);
    return filled;
  };
  const firstBoot = async (id: string, userData: string): Promise<void> => {
    becomes(guest, { id, hostname: `ip-${id}`, userData });
    await guest.boot({ isPlugged: false });
  };
  const shown = async (property: string): Promise<string> =>
    (await guest.run('systemctl', ['show', UNIT, '--value', `--property=${property}`])).trim();

  await t.test('the cloud-config is one, and a wrong one is noticed', async () => {
    const text = readFileSync(join(DOCUMENTS, 'user-data.yaml'), 'utf8');
    assert.equal(await faultsOf(guest, text), '');
    assert.match(await faultsOf(guest, text.replace('\nruncmd:', '\nruncmd: 3\nbootcmd:')), /runcmd/);
  });

  await t.test('user-data.yaml: installed, configured, enabled and running; then removed again', async () => {
    await firstBoot('i-0aaaaaaaaaaaaaaa1', filledIn('user-data.yaml'));
    assert.match(await guest.run('cloud-init', ['status', '--wait']), /status: done/);
    assert.equal(await shown('ActiveState'), 'active');
    assert.equal(await shown('UnitFileState'), 'enabled');
    assert.equal(await shown('FragmentPath'), '/usr/local/lib/systemd/system/cs-instance-watcher.service');
    const config = await guest.run('cs-instance-watcher', ['--print-config']);
    assert.match(config, /80.*443.*\/etc\/cs-instance-watcher\.json/s);
    assert.deepEqual(uploadsIn(guest), []);
    await guest.run('sh', [INSTALLER, 'uninstall', '--purge']);
    await guest.powerOff();
  });

  await t.test('user-data.sh: the lines of the Python tool after another download', async () => {
    await firstBoot('i-0aaaaaaaaaaaaaaa2', filledIn('user-data.sh'));
    assert.match(await guest.run('cloud-init', ['status', '--wait']), /status: done/);
    assert.equal(await shown('ActiveState'), 'active');
    assert.equal(await shown('UnitFileState'), 'enabled');
    assert.equal(await shown('FragmentPath'), '/etc/systemd/system/cs-instance-watcher.service');
    assert.match(await guest.run('cat', ['/var/log/cs-instance-watcher.log']), /started|ready/i);
    assert.deepEqual(uploadsIn(guest), []);
    await guest.shell(
      `sh ${INSTALLER} uninstall --purge; rm /etc/systemd/system/cs-instance-watcher.service`,
    );
    await guest.powerOff();
  });

  await t.test('a file with another checksum is not installed, and cloud-init says so', async () => {
    becomes(guest, {
      id: 'i-0aaaaaaaaaaaaaaa3',
      hostname: 'ip-3',
      userData: filledIn('user-data.yaml', '0'.repeat(64)),
    });
    // The boot ends degraded, as cloud-final has failed.
    await assert.rejects(guest.boot({ isPlugged: false }), /units have failed: cloud-final\.service/);
    assert.ok(!readdirSync(guest.path('/opt')).includes('cs-instance-watcher'));
    assert.deepEqual(uploadsIn(guest), []);
  });
});

function uploadsIn(guest: Guest): string[] {
  return readdirSync(guest.path('/var/tmp')).filter((name) => name.startsWith('cs-instance-watcher'));
}
