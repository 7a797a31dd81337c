// The Debian package in a booted guest: installed, upgraded and removed during a drain, purged.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { NEXT_PACKAGE, nextRelease, PACKAGE, thisRelease } from './packages.ts';
import { CONFIG, Service, UNIT } from './service.ts';

test('the .deb: install, upgrade and removal during a drain, purge', async (t) => {
  const [now, next] = [thisRelease(), await nextRelease()];
  const service = await Service.create(t, { readOnly: { [NEXT_PACKAGE]: next.directory } });
  const { guest } = service;
  const config = readFileSync(guest.path(CONFIG), 'utf8');
  rmSync(guest.path(CONFIG));
  await guest.boot();
  await service.startApi();
  const deb = (directory: string, version: string) => `${directory}/cs-instance-watcher_${version}_amd64.deb`;

  await t.test('installed: enabled and ready, with nothing to drain yet', async () => {
    await guest.run('dpkg', ['--install', deb(PACKAGE, now.version)]);
    const facts = await service.show('ActiveState', 'UnitFileState', 'FragmentPath');
    assert.deepEqual([facts.ActiveState, facts.UnitFileState], ['active', 'enabled']);
    assert.match(facts.FragmentPath, /^(\/usr)?\/lib\/systemd\/system\/cs-instance-watcher\.service$/);
    assert.deepEqual(JSON.parse(readFileSync(guest.path(CONFIG), 'utf8')), {
      'on-draining-block-new-connections-to-ports': [],
    });
  });

  await t.test('configured and restarted, it asks the API', async () => {
    service.write(CONFIG, config);
    await guest.run('systemctl', ['restart', UNIT]);
    await service.statusBecomes(/^running$/);
  });
  const conversation = await service.ports.converse();

  await t.test(
    'upgrade: closed throughout, the next version serves, the configuration is as it was',
    async (t) => {
      await service.drain();
      const attempts = await service.ports.keepsClosedDuring(async () => {
        await guest.run('dpkg', ['--install', deb(NEXT_PACKAGE, next.version)]);
        await service.statusBecomes(/^draining; refusing /);
      });
      assert.equal(await service.version(), next.version);
      assert.equal(readFileSync(guest.path(CONFIG), 'utf8'), config);
      t.diagnostic(
        `.deb upgrade: without an agent for ${(await service.lastWindowMs()).toFixed(0)} ms; ${attempts.length} SYNs refused, 0 accepted`,
      );
    },
  );

  await t.test('removal: open, the configuration stays', async () => {
    await guest.run('dpkg', ['--remove', 'cs-instance-watcher']);
    await service.ports.expectOpen();
    await conversation.clientSends();
    assert.equal(await service.table(), null);
    assert.equal((await service.show('ActiveState')).ActiveState, 'inactive');
    assert.equal(existsSync(guest.path('/usr/lib/cs-instance-watcher')), false);
    assert.equal(readFileSync(guest.path(CONFIG), 'utf8'), config);
  });

  await t.test('installed again: enabled, ready, drains by the configuration that was kept', async () => {
    await guest.run('dpkg', ['--install', deb(PACKAGE, now.version)]);
    await service.statusBecomes(/^draining; refusing /);
    await service.ports.expectClosed();
    assert.equal((await service.show('UnitFileState')).UnitFileState, 'enabled');
  });

  await t.test('purge: open, and nothing is left', async () => {
    await guest.run('dpkg', ['--purge', 'cs-instance-watcher']);
    await service.ports.expectOpen();
    assert.deepEqual(await service.leftovers(), []);
  });
});
