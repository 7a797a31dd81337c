// Removed by install.sh: the ports open, and nothing stays but what is the operator's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INSTALLER } from './packages.ts';
import { CONFIG, Service, UNIT } from './service.ts';

const INSTALLED = '/opt/cs-instance-watcher/current/install.sh';
const KEPT = ['/etc/cs-instance-watcher.d', CONFIG, '/var/lib/cs-instance-watcher'];

test('uninstalled during a drain: open, and only configuration and state are left', async (t) => {
  const service = await Service.started(t);
  const { guest } = service;
  const conversation = await service.ports.converse();
  await service.drain();

  await t.test('uninstall opens the ports and leaves configuration, scripts and state', async () => {
    const said = await guest.run(INSTALLED, ['uninstall']);
    await service.ports.expectOpen();
    await conversation.clientSends();
    assert.equal(await service.table(), null);
    assert.deepEqual(await service.leftovers(), KEPT, said);
    const { LoadState } = await service.show('LoadState');
    assert.equal(LoadState, 'not-found', said);
  });

  await t.test('installed again it drains; uninstall --purge leaves nothing', async () => {
    await guest.run(INSTALLER);
    await guest.run('systemctl', ['enable', '--now', UNIT]);
    await service.statusBecomes(/^draining; refusing /);
    await service.ports.expectClosed();
    const said = await guest.run(INSTALLED, ['uninstall', '--purge']);
    await service.ports.expectOpen();
    assert.deepEqual(await service.leftovers(), [], said);
  });
});
