// The drop-in for a locked-down host: the same drain without root's rights, and the way back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DROP_INS, Service, UNIT } from './service.ts';

const DROP_IN = `${DROP_INS}/locked-down.conf`;
const PACKAGED = '/opt/cs-instance-watcher/current/share/systemd/locked-down.conf';
/** Of systemd's own scale, on which an unprotected service is 9.6. */
const EXPOSURE_ALLOWED = 2.0;

test('locked-down.conf: drains under a user of its own, and goes back to the default profile', async (t) => {
  const service = await Service.started(t);
  const { guest } = service;
  const conversation = await service.ports.converse();
  await service.drain();

  await t.test('restarted into it during a drain: closed throughout', async () => {
    assert.equal(await user(service), '0');
    await service.ports.keepsClosedDuring(() =>
      guest.shell(`cp ${PACKAGED} ${DROP_IN}; systemctl daemon-reload; systemctl restart ${UNIT}`),
    );
    assert.notEqual(await user(service), '0');
    await service.statusBecomes(/^draining; refusing new connections to .*; 1 connection\(s\) left$/);
  });

  await t.test('root’s commands work: status', async () => {
    const { status, stdout, stderr } = await service.program('status');
    assert.equal(status, 3, stderr);
    assert.match(stdout, /^DRAINING {2}new connections to 80 443 8000-8010 are refused; 1 left/);
  });

  await t.test('opens and drains again', async () => {
    await service.undrain();
    await conversation.clientSends();
    await service.drain();
    await conversation.serverSends();
  });

  await t.test('killed: the table stays, and is taken over by another user of its own', async () => {
    const { MainPID } = await service.show('MainPID');
    await service.ports.keepsClosedDuring(async () => {
      await guest.run('kill', ['-KILL', MainPID]);
      await service.restartedByItself();
      await service.statusBecomes(/^draining; refusing /);
    });
  });

  await t.test(`systemd-analyze security says ${EXPOSURE_ALLOWED} at most`, async (t) => {
    const text = await guest.run('systemd-analyze', ['security', '--no-pager', UNIT]);
    const [said, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(text) ?? [];
    assert.ok(Number(exposure) <= EXPOSURE_ALLOWED, text);
    t.diagnostic(`locked-down: ${said}`);
  });

  await t.test('back to the default profile: closed throughout, the record is taken over', async () => {
    await service.ports.keepsClosedDuring(() =>
      guest.shell(`rm ${DROP_IN}; systemctl daemon-reload; systemctl restart ${UNIT}`),
    );
    assert.equal(await user(service), '0');
    await service.statusBecomes(/^draining; refusing new connections to /);
    const owner = await guest.run('stat', [
      '-c',
      '%F %U',
      '/var/lib/cs-instance-watcher',
      '/run/cs-instance-watcher',
    ]);
    assert.equal(owner, 'directory root\ndirectory root\n');
    await service.undrain();
    const journal = await guest.run('journalctl', ['--boot', '--unit', UNIT, '--output=cat']);
    assert.ok(!journal.includes('"degraded"') && !journal.includes('"record-ignored"'), journal);
  });
});

/** The effective user id of the agent, as the guest numbers it. */
async function user(service: Service): Promise<string> {
  const { MainPID } = await service.show('MainPID');
  return (await service.guest.run('stat', ['-c', '%u', `/proc/${MainPID}`])).trim();
}
