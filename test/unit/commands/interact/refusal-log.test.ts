// Lines about refused requests: one a second, none of them lost.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createRefusalLog } from '../../../../src/commands/interact/refusal-log.ts';

const refused = { peerAddress: '192.0.2.7', accessKeyId: 'AKID', reason: 'signature-mismatch' } as const;
const said = 'refused a request from 192.0.2.7, access key id AKID: signature-mismatch';

function start(test: TestContext) {
  test.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01T00:00:00Z') });
  const lines: string[] = [];
  return { lines, log: createRefusalLog((line) => void lines.push(line)) };
}

describe('createRefusalLog', () => {
  it('writes the first at once', (test) => {
    const { lines, log } = start(test);
    log.add(refused);
    assert.deepEqual(lines, [`2026-01-01T00:00:00.000Z ${said}`]);
  });

  it('writes one line a second, with the count of those left out', (test) => {
    const { lines, log } = start(test);
    for (let count = 0; count < 30; count += 1) {
      log.add(refused);
      test.mock.timers.tick(100);
    }
    assert.deepEqual(lines, [
      `2026-01-01T00:00:00.000Z ${said}`,
      `2026-01-01T00:00:00.900Z ${said} (8 more refused in the second before)`,
      `2026-01-01T00:00:01.900Z ${said} (9 more refused in the second before)`,
      `2026-01-01T00:00:02.900Z ${said} (9 more refused in the second before)`,
    ]);
    test.mock.timers.tick(5_000);
    assert.equal(lines.length, 4);
    log.add(refused);
    assert.equal(lines[4], `2026-01-01T00:00:08.000Z ${said}`);
  });

  it('writes what is held back when it is closed', (test) => {
    const { lines, log } = start(test);
    for (let count = 0; count < 3; count += 1) log.add(refused);
    log.close();
    assert.deepEqual(lines.slice(1), [
      `2026-01-01T00:00:00.000Z ${said} (1 more refused in the second before)`,
    ]);
    test.mock.timers.tick(5_000);
    assert.equal(lines.length, 2);
  });

  it('says what it does not know', (test) => {
    const { lines, log } = start(test);
    log.add({ peerAddress: undefined, accessKeyId: null, reason: 'missing-authentication' });
    assert.match(lines[0]!, / from a client that is gone, no access key id to show: missing-authentication$/);
  });
});
