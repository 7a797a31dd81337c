// Lines that clients cause: one a second, none of them lost.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { droppedLine, refusedLine } from '../../../../src/commands/interact/refusal-lines.ts';
import { createSlowLog } from '../../../../src/commands/interact/slow-log.ts';

function start(test: TestContext) {
  test.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01T00:00:00Z') });
  const lines: string[] = [];
  return { lines, log: createSlowLog('refused', (line) => void lines.push(line)) };
}

describe('createSlowLog', () => {
  it('writes the first at once', (test) => {
    const { lines, log } = start(test);
    log.add('a request');
    assert.deepEqual(lines, ['2026-01-01T00:00:00.000Z a request']);
  });

  it('writes one line a second, with the count of those left out', (test) => {
    const { lines, log } = start(test);
    for (let count = 0; count < 30; count += 1) {
      log.add('a request');
      test.mock.timers.tick(100);
    }
    assert.deepEqual(lines, [
      '2026-01-01T00:00:00.000Z a request',
      '2026-01-01T00:00:00.900Z a request (8 more refused in the second before)',
      '2026-01-01T00:00:01.900Z a request (9 more refused in the second before)',
      '2026-01-01T00:00:02.900Z a request (9 more refused in the second before)',
    ]);
    test.mock.timers.tick(5_000);
    assert.equal(lines.length, 4);
    log.add('a request');
    assert.equal(lines[4], '2026-01-01T00:00:08.000Z a request');
  });

  it('writes what is held back when it is closed', (test) => {
    const { lines, log } = start(test);
    for (let count = 0; count < 3; count += 1) log.add('a request');
    log.close();
    assert.deepEqual(lines.slice(1), [
      '2026-01-01T00:00:00.000Z a request (1 more refused in the second before)',
    ]);
    test.mock.timers.tick(5_000);
    assert.equal(lines.length, 2);
  });
});

describe('its lines', () => {
  it('say who was refused, and why', () => {
    const refused = { peerAddress: '192.0.2.7', accessKeyId: 'AKID', reason: 'not-allowed' } as const;
    assert.equal(refusedLine(refused), 'refused a request from 192.0.2.7, access key id AKID: not-allowed');
  });

  it('say what is not known', () => {
    assert.equal(
      refusedLine({ peerAddress: undefined, accessKeyId: null, reason: 'missing-authentication' }),
      'refused a request from a client that is gone, no access key id to show: missing-authentication',
    );
  });

  it('say whose message was dropped, and why', () => {
    assert.equal(
      droppedLine({ userArn: 'arn:aws:iam::1:user/a', reason: 'it has no OpType' }),
      'dropped a message to the queue from arn:aws:iam::1:user/a: it has no OpType',
    );
  });
});
