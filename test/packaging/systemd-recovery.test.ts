// The agent is killed, or hangs: systemd starts it anew, and no port opens meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pollDeadlineMs } from '../../src/watcher/schedule.ts';
import { MODES, Service } from './service.ts';
import { untilTrue } from './until.ts';

/** How long a host that is nobody's is looked at, which the watchdog must not restart; set, the test takes that long. */
const UNMANAGED_MINUTES = Number(process.env.CS_TEST_UNMANAGED_MINUTES ?? 0);
const WATCHDOG_MARGIN_MS = 20_000;
const PERIOD_S = 1;

for (const ownership of MODES) {
  test(`killed while draining (--table-ownership ${ownership}): the table stays, and no SYN is accepted`, async (t) => {
    const service = await Service.started(t, { ownership, period: PERIOD_S });
    const { guest } = service;
    const conversation = await service.ports.converse();
    await service.drain();
    const before = await service.show('MainPID');
    const beganMs = performance.now();
    let readyAfterMs = 0;
    const attempts = await service.ports.keepsClosedDuring(async () => {
      await guest.run('kill', ['-KILL', before.MainPID]);
      assert.notEqual(await service.table(), null, 'the table has stayed');
      await service.restartedByItself();
      readyAfterMs = performance.now() - beganMs;
      await service.statusBecomes(/^draining; refusing .*1 connection\(s\) left$/);
    });
    assert.notEqual((await service.show('MainPID')).MainPID, before.MainPID);
    await conversation.clientSends();
    await service.undrain();
    const seconds = (readyAfterMs / 1_000).toFixed(1);
    t.diagnostic(
      `killed, ${ownership}: ready again ${seconds} s after SIGKILL; ${attempts.length} SYNs refused, 0 accepted`,
    );
  });
}

test('hung while draining: the watchdog has it started anew, and no SYN is accepted', async (t) => {
  const service = await Service.started(t, { period: PERIOD_S });
  const { guest } = service;
  await service.drain();
  const { MainPID } = await service.show('MainPID');
  const limitMs = await watchdogMs(service);
  assert.equal(limitMs, PERIOD_S * 1_000 + pollDeadlineMs(PERIOD_S * 1_000) + WATCHDOG_MARGIN_MS);
  const journal = service.journal();
  const beganMs = performance.now();
  let restartedAfterMs = 0;
  const attempts = await service.ports.keepsClosedDuring(async () => {
    await guest.run('kill', ['-STOP', MainPID]);
    await service.restartedByItself(limitMs + 20_000);
    restartedAfterMs = performance.now() - beganMs;
  });
  await journal.waitFor(({ message }) => /Watchdog timeout \(limit 24s\)!/.test(message ?? ''));
  await service.statusBecomes(/^draining; refusing /);
  await service.undrain();
  const seconds = (restartedAfterMs / 1_000).toFixed(1);
  t.diagnostic(`hung: watchdog limit ${limitMs / 1_000} s, ready again ${seconds} s after SIGSTOP`);
  t.diagnostic(`hung: ${attempts.length} SYNs refused, 0 accepted`);
});

test('on a host that is nobody’s, the loop feeds the watchdog at every slot', async (t) => {
  const service = await Service.create(t);
  service.write('/etc/cs-instance-watcher.json', '{ "api_polling_period": 1 }\n');
  service.install();
  await service.guest.boot({ isPlugged: false });
  const limitMs = await watchdogMs(service);
  assert.equal(limitMs, 1_000 + pollDeadlineMs(1_000) + WATCHDOG_MARGIN_MS);
  const fedAtMs: number[] = [];
  await untilTrue('it has been fed five times', async () => {
    const { WatchdogTimestampMonotonic } = await service.show('WatchdogTimestampMonotonic');
    const atMs = Number(WatchdogTimestampMonotonic) / 1_000;
    if (atMs !== fedAtMs.at(-1)) fedAtMs.push(atMs);
    return fedAtMs.length > 5;
  });
  const gapsMs = fedAtMs.slice(1).map((atMs, i) => atMs - fedAtMs[i]!);
  assert.ok(Math.max(...gapsMs) < limitMs / 2, `fed after ${gapsMs.join(', ')} ms`);
  t.diagnostic(`nothing to do: fed after at most ${Math.max(...gapsMs).toFixed(0)} ms, limit ${limitMs} ms`);
  await setTimeout(UNMANAGED_MINUTES * 60_000);
  const { ActiveState, NRestarts } = await service.show('ActiveState', 'NRestarts');
  assert.deepEqual({ ActiveState, NRestarts }, { ActiveState: 'active', NRestarts: '0' });
  t.diagnostic(`nothing to do: no restart in ${UNMANAGED_MINUTES} min more (CS_TEST_UNMANAGED_MINUTES)`);
});

/** What systemd waits for the next sign of life. */
async function watchdogMs(service: Service): Promise<number> {
  const [usec] = (
    await service.guest.run('busctl', [
      ...['get-property', 'org.freedesktop.systemd1'],
      '/org/freedesktop/systemd1/unit/cs_2dinstance_2dwatcher_2eservice',
      ...['org.freedesktop.systemd1.Service', 'WatchdogUSec'],
    ])
  ).match(/\d+/g) as [string];
  return Number(usec) / 1_000;
}
