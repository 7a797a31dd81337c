// A full queue of the service manager loses nothing that it would kill the agent for.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test, type TestContext } from 'node:test';
import { ServiceNotices } from '../../../../src/commands/watcher/service-notices.ts';
import { FirewallError } from '../../../../src/firewall/errors.ts';

const { EAGAIN, ECONNREFUSED } = constants.errno;

class Receiver {
  /** Why nothing is taken at the moment. */
  refusal: number | null = null;
  readonly taken: string[] = [];
  readonly problems: string[] = [];
  readonly notices = new ServiceNotices(
    (text) => {
      if (this.refusal !== null) throw new FirewallError('kernel', 'notify', 'not taken', this.refusal);
      this.taken.push(text);
    },
    (problem) => void this.problems.push(problem),
  );

  constructor(t: TestContext) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
  }
}

test('what finds room is told as it is, once', (t) => {
  const { notices, taken, problems } = new Receiver(t);
  notices.tell('READY=1\nSTATUS=a=b');
  t.mock.timers.tick(60_000);
  assert.deepEqual([taken, problems], [['READY=1\nSTATUS=a=b'], []]);
});

test('what finds the queue full is told as soon as there is room, by the newest values, and then no more', (t) => {
  const receiver = new Receiver(t);
  const { notices, taken, problems } = receiver;
  receiver.refusal = EAGAIN;
  notices.tell('WATCHDOG_USEC=24000000\nWATCHDOG=1');
  notices.tell('READY=1\nSTATUS=waiting');
  notices.tell('WATCHDOG_USEC=90000000\nWATCHDOG=1');
  t.mock.timers.tick(5_000);
  assert.deepEqual(taken, []);
  assert.ok(problems.length > 3);
  receiver.refusal = null;
  t.mock.timers.tick(1_000);
  assert.deepEqual(taken, ['WATCHDOG_USEC=90000000\nWATCHDOG=1\nREADY=1\nSTATUS=waiting']);
  notices.tell('STATUS=running');
  t.mock.timers.tick(60_000);
  assert.deepEqual(taken.slice(1), ['STATUS=running']);
});

test('a sign of life that was not sent is not sent after the end was told', (t) => {
  const receiver = new Receiver(t);
  receiver.refusal = EAGAIN;
  receiver.notices.tell('WATCHDOG_USEC=24000000\nWATCHDOG=1');
  receiver.notices.tell('STOPPING=1');
  receiver.refusal = null;
  t.mock.timers.tick(1_000);
  assert.deepEqual(receiver.taken, ['STOPPING=1']);
});

test('where nobody listens nothing is tried again', (t) => {
  const receiver = new Receiver(t);
  receiver.refusal = ECONNREFUSED;
  receiver.notices.tell('READY=1');
  receiver.refusal = null;
  t.mock.timers.tick(60_000);
  assert.deepEqual([receiver.taken, receiver.problems], [[], ['not taken']]);
  receiver.notices.tell('STATUS=running');
  assert.deepEqual(receiver.taken, ['STATUS=running']);
});
