// The lines that the Python tool's documentation has for user data, their download replaced by the tarball: a unit of the
// operator's own then, which upgrade and removal leave alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NEXT_INSTALLER, NEXT_PACKAGE, nextRelease, PACKAGE, thisRelease } from './packages.ts';
import { Service, UNIT } from './service.ts';

const OWN_UNIT = `/etc/systemd/system/${UNIT}`;

test('the user-data lines, an upgrade and the removal', async (t) => {
  const [now, next] = [thisRelease(), await nextRelease()];
  const service = await Service.create(t, { ports: null, readOnly: { [NEXT_PACKAGE]: next.directory } });
  const { guest } = service;
  await guest.boot();
  await service.startApi();
  let unit = '';

  await t.test('drains the ports of its command line, with a rotated log file', async () => {
    const name = `cs-instance-watcher-${now.version}-linux-x64`;
    await guest.shell(`
      cd /root
      tar -xJf ${PACKAGE}/${name}.tar.xz
      ${name}/install.sh
      /usr/local/sbin/cs-instance-watcher --on-draining-block-new-connections-to-ports 80 443 --log-file /var/log/cs-instance-watcher.log --log-file-rotate d,1,10 --generate-systemd /etc/systemd/system/cs-instance-watcher.service
      systemctl enable cs-instance-watcher
      systemctl start cs-instance-watcher`);
    await service.statusBecomes(/^running$/);
    await service.ports.expectOpen();
    await service.drain();
    await service.statusBecomes(/^draining; refusing new connections to 80 443;/);
    assert.match(readFileSync(guest.path('/var/log/cs-instance-watcher.log'), 'utf8'), /table-installed/);
  });

  await t.test('the generated unit wins over the packaged one, and names no version', async () => {
    const { FragmentPath, UnitFileState } = await service.show('FragmentPath', 'UnitFileState');
    assert.deepEqual([FragmentPath, UnitFileState], [OWN_UNIT, 'enabled']);
    unit = readFileSync(guest.path(OWN_UNIT), 'utf8');
    const [, program] = /^ExecStart=(\S+)/m.exec(unit) ?? [];
    assert.ok(
      [
        '/usr/local/sbin/cs-instance-watcher',
        '/opt/cs-instance-watcher/current/bin/cs-instance-watcher',
      ].includes(program!),
      program,
    );
  });

  await t.test(
    'an upgrade leaves the unit alone, restarts it into the next version, closed throughout',
    async () => {
      await service.ports.keepsClosedDuring(async () => {
        await guest.run(NEXT_INSTALLER);
        await service.statusBecomes(/^draining; refusing new connections to 80 443;/);
      });
      assert.equal(await service.version(), next.version);
      assert.equal(readFileSync(guest.path(OWN_UNIT), 'utf8'), unit);
    },
  );

  await t.test('rebooted, it is there again', async () => {
    await service.stopApi();
    await guest.reboot();
    await service.ports.expectOpen();
    await service.startApi();
    await service.statusBecomes(/^draining; refusing new connections to 80 443;/);
    await service.ports.expectClosed();
  });

  await t.test('uninstall opens the ports and leaves the unit, saying so', async () => {
    const said = await guest.run('/opt/cs-instance-watcher/current/install.sh', ['uninstall']);
    await service.ports.expectOpen();
    assert.ok(said.includes(OWN_UNIT), said);
    assert.equal(readFileSync(guest.path(OWN_UNIT), 'utf8'), unit);
    assert.equal((await service.show('ActiveState')).ActiveState, 'inactive');
  });
});
