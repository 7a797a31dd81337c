import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWatchdogAsked, signOfLife, type WatchdogRequest } from '../../../src/firewall/service-manager.ts';

const PID = 4711;

const requests: readonly (readonly [request: WatchdogRequest, isAsked: boolean])[] = [
  [{}, false],
  [{ WATCHDOG_USEC: '90000000' }, true],
  [{ WATCHDOG_USEC: '90000000', WATCHDOG_PID: '4711' }, true],
  // Of whoever started this process, and left its environment to it.
  [{ WATCHDOG_USEC: '90000000', WATCHDOG_PID: '471' }, false],
  [{ WATCHDOG_PID: '4711' }, false],
  [{ WATCHDOG_USEC: '' }, false],
  [{ WATCHDOG_USEC: '0' }, false],
  [{ WATCHDOG_USEC: 'infinity' }, false],
];
for (const [request, isAsked] of requests) {
  test(`${JSON.stringify(request)}: ${isAsked ? 'asked for' : 'not asked for'}`, () =>
    assert.equal(isWatchdogAsked(request, PID), isAsked));
}

test('a sign of life names the time to the next one in whole microseconds', () => {
  assert.equal(signOfLife(90_000), 'WATCHDOG_USEC=90000000\nWATCHDOG=1');
  assert.equal(signOfLife(24_000.000_1), 'WATCHDOG_USEC=24000001\nWATCHDOG=1');
});
