// The unit that lets a shutdown wait: systemd takes it, and its command waits for a drain and for nothing else.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const UNIT = join(import.meta.dirname, '../../../docs/systemd/wait-for-drain.service');

let directory = '';
let unit = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shutdown-unit-'));
  unit = readFileSync(UNIT, 'utf8');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A program in place of the agent's, which answers `status` with this and notes what else is asked. */
function answering(status: string): void {
  const program = join(directory, 'cs-instance-watcher');
  writeFileSync(
    program,
    `#!/bin/sh\ncase $1 in status) echo '${status}';; *) echo "$@" >${directory}/asked;; esac\n`,
  );
  chmodSync(program, 0o755);
}

function settingOf(key: string): string {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
}

test('systemd takes it', () => {
  answering('{}');
  const path = join(directory, 'wait-for-drain.service');
  writeFileSync(path, unit);
  const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  assert.equal(verified.error, undefined, 'systemd-analyze is needed');
  const about = verified.stderr.split('\n').filter((line) => line.includes('wait-for-drain'));
  assert.deepEqual([verified.status, about], [0, []]);
});

const statuses: readonly (readonly [status: string, waits: boolean])[] = [
  ['{"condition":"draining","drain":{"since":"2026-01-02T03:04:05.000Z"},"lease":null}', true],
  ['{"condition":"degraded",\n  "drain": {\n    "since": "x"}}', true],
  ['{"condition":"open","drain":null,"lease":{"kind":"override"}}', false],
  ['', false],
];
for (const [status, waits] of statuses) {
  test(`${waits ? 'waits' : 'does not wait'}: ${JSON.stringify(status)}`, () => {
    answering(status);
    const command = /^\/bin\/sh -c '(.*)'$/.exec(settingOf('ExecStop'))?.[1];
    assert.ok(command !== undefined && !/[%$\\]/.test(command), 'systemd hands it to the shell as it is');
    const { status: exit } = spawnSync('/bin/sh', ['-c', command], {
      // In a package's place or install.sh's: systemd looks in both.
      env: { PATH: `${directory}:/usr/bin:/bin` },
    });
    assert.equal(exit, 0);
    const asked = spawnSync('cat', [join(directory, 'asked')], { encoding: 'utf8' }).stdout;
    assert.equal(asked, waits ? 'wait drained --timeout 300\n' : '');
  });
}

test('gives the wait the time that it may take', () => {
  const waitSeconds = Number(/--timeout (\d+)/.exec(settingOf('ExecStop'))?.[1]);
  assert.ok(Number(settingOf('TimeoutStopSec')) > waitSeconds);
});
