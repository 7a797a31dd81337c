// Installed from the tarball into an image, then booted: what systemd sees of the agent, and what a client sees of the ports.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HOST, SERVED } from '../e2e/packets/network.ts';
import { expectAccepted, expectRefused } from '../e2e/packets/attempts.ts';
import { CONFIG, Service } from './service.ts';
import { untilTrue } from './until.ts';

const PERIOD_S = 1;

test('install, enable, boot, drain, reload, stop, reboot while draining', async (t) => {
  const service = await Service.create(t, { period: PERIOD_S });
  const { guest } = service;
  const other = { host: HOST.v4, port: SERVED.other };

  await t.test('install.sh --root --enable: there at the first boot, ready with no network', async (t) => {
    service.install();
    await guest.boot({ isPlugged: false });
    const facts = await service.show(
      ...(['ActiveState', 'StatusText', 'NRestarts', 'FragmentPath'] as const),
      ...(['ExecMainStartTimestampMonotonic', 'ActiveEnterTimestampMonotonic'] as const),
    );
    assert.equal(facts.ActiveState, 'active');
    assert.equal(facts.StatusText, 'waiting for the API');
    assert.equal(facts.NRestarts, '0');
    assert.equal(facts.FragmentPath, '/usr/local/lib/systemd/system/cs-instance-watcher.service');
    assert.equal(await service.table(), null);
    const readyMs =
      (Number(facts.ActiveEnterTimestampMonotonic) - Number(facts.ExecMainStartTimestampMonotonic)) / 1_000;
    assert.ok(readyMs > 0 && readyMs < 5_000, `ready after ${readyMs} ms`);
    const analysis = (await guest.run('systemd-analyze', ['time'])).split('\n')[0];
    t.diagnostic(`start to READY at boot: ${readyMs.toFixed(0)} ms; ${analysis}`);
  });

  await t.test('the API answers: running, and the ports are open', async () => {
    await guest.plug();
    await service.startApi();
    await service.statusBecomes(/^running$/);
    await service.ports.expectOpen();
  });

  let journal = service.journal();
  const conversation = await service.ports.converse();

  await t.test('draining: SYNs are refused, what was established lives on, STATUS says both', async () => {
    await service.drain();
    await conversation.clientSends();
    await conversation.serverSends();
    await service.statusBecomes(
      /^draining; refusing new connections to 80 443 8000-8010; 1 connection\(s\) left$/,
    );
  });

  await t.test('systemctl reload: the same process drains what the changed file says', async () => {
    const { MainPID } = await service.show('MainPID');
    await expectAccepted(guest.network.client, [other]);
    const before = readFileSync(guest.path(CONFIG), 'utf8');
    service.write(CONFIG, before.replace('"8000-8010"', `"8000-8010", ${SERVED.other}`));
    const from = journal.lines.length;
    await guest.run('systemctl', ['reload', 'cs-instance-watcher']);
    await journal.waitFor('table-installed', from);
    await expectRefused(guest.network.client, [other]);
    service.write(CONFIG, before);
    const then = journal.lines.length;
    await guest.run('systemctl', ['reload', 'cs-instance-watcher']);
    await journal.waitFor('table-installed', then);
    await service.ports.expectClosed();
    assert.equal((await service.show('MainPID')).MainPID, MainPID);
  });

  await t.test('systemctl stop: closed, the log says how to open, cleanup opens', async () => {
    await service.ports.keepsClosedDuring(() => guest.run('systemctl', ['stop', 'cs-instance-watcher']));
    const { message } = await journal.waitFor('stopped');
    assert.match(message!, /new connections stay refused.*cs-instance-watcher cleanup/);
    const facts = await service.show('ActiveState', 'Result');
    assert.deepEqual(facts, { ActiveState: 'inactive', Result: 'success' });
    await service.ports.expectClosed();
    const cleanup = await service.program('cleanup');
    assert.equal(cleanup.status, 0, cleanup.stderr);
    await service.ports.expectOpen();
    await conversation.clientSends();
  });

  await t.test('rebooted while draining: open at boot, closed within one poll', async (t) => {
    await guest.run('systemctl', ['start', 'cs-instance-watcher']);
    await untilTrue('the agent refuses', () => service.ports.isClosed());
    await service.stopApi();
    await guest.reboot();
    journal = service.journal();
    await service.ports.expectOpen();
    assert.equal((await service.show('ActiveState')).ActiveState, 'active');
    assert.equal(await service.table(), null);
    await service.startApi();
    const answersFromMs = performance.now();
    await untilTrue('the agent refuses', () => service.ports.isClosed());
    const closedAfterMs = performance.now() - answersFromMs;
    assert.ok(closedAfterMs < PERIOD_S * 1_000 + 500, `closed after ${closedAfterMs} ms`);
    await service.ports.expectClosed();
    t.diagnostic(
      `rebooted while draining: the API answers to closed ${closedAfterMs.toFixed(0)} ms, polled every ${PERIOD_S} s`,
    );
  });
});
