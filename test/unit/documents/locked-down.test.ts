// The packaged unit, alone and with the drop-in that takes everything from it but the right to filter: systemd takes both, and
// finds little exposed. That the agent drains under it is shown by test/packaging.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { packagedUnit } from '../../../src/watcher/config/systemd-unit.ts';
import { writeManPages } from '../../../scripts/man-pages.ts';

const DROP_IN = join(import.meta.dirname, '../../../docs/systemd/locked-down.conf');
const UNIT = 'cs-instance-watcher.service';
const UNITS = 'etc/systemd/system';
/** Of ten; packaging is to keep it there. */
const MOST_EXPOSED = 2;

describe('the unit', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'locked-down-'));
    put(`${UNITS}/${UNIT}`, packagedUnit('/opt/cs-instance-watcher/current/bin/cs-instance-watcher'));
    for (const program of ['opt/cs-instance-watcher/current/bin/cs-instance-watcher', 'bin/kill'])
      put(program, '#!/bin/sh\n', 0o755);
    // What every unit is ordered after.
    for (const target of ['sysinit', 'basic', 'shutdown', 'multi-user', 'network'])
      put(`${UNITS}/${target}.target`, '[Unit]\nDescription=of the test\n');
    for (const unit of ['system.slice', '-.slice']) put(`${UNITS}/${unit}`, '[Slice]\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  }

  function lockDown(): void {
    const directory = join(root, UNITS, `${UNIT}.d`);
    mkdirSync(directory);
    copyFileSync(DROP_IN, join(directory, 'locked-down.conf'));
  }

  function analyze(args: readonly string[]): { status: number | null; output: string } {
    writeManPages(join(root, 'man'));
    const { status, stdout, stderr, error } = spawnSync('systemd-analyze', [`--root=${root}`, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANPATH: join(root, 'man') },
    });
    assert.equal(error, undefined, 'systemd-analyze is needed');
    return { status, output: `${stdout}${stderr}` };
  }

  /** As systemd-analyze counts it: 0 to 10. */
  function exposure(): number {
    const { output } = analyze(['security', '--offline=yes', '--no-pager', UNIT]);
    const [, level = 'unknown'] = /Overall exposure level for \S+: ([0-9.]+) /.exec(output) ?? [];
    return Number(level);
  }

  test('is taken by systemd without a word, its manual page included', () => {
    assert.deepEqual(analyze(['verify', UNIT]), { status: 0, output: '' });
  });

  test('is taken so with the drop-in too', () => {
    lockDown();
    assert.deepEqual(analyze(['verify', UNIT]), { status: 0, output: '' });
  });

  test('a word that systemd does not know would be told', () => {
    put(`${UNITS}/${UNIT}.d/wrong.conf`, '[Service]\nProtectEverything=yes\n');
    assert.match(analyze(['verify', UNIT]).output, /ProtectEverything/);
  });

  test(`exposes no more than ${MOST_EXPOSED} of 10 with the drop-in, and far more without`, () => {
    const before = exposure();
    lockDown();
    const after = exposure();
    assert.ok(after <= MOST_EXPOSED, `${after}`);
    assert.ok(before > 2 * MOST_EXPOSED, `${before}`);
  });

  test('the drop-in leaves the agent what it needs', () => {
    const text = readFileSync(DROP_IN, 'utf8');
    const settings = text.split('\n').filter((line) => /^[A-Z]/.test(line));
    // Each was measured to break it, or to have it filter another network.
    for (const line of settings)
      assert.doesNotMatch(line, /^(MemoryDenyWriteExecute|PrivateUsers|PrivateNetwork|ProcSubset)=/);
    assert.ok(settings.includes('AmbientCapabilities=CAP_NET_ADMIN'));
    const [families] = settings.filter((line) => line.startsWith('RestrictAddressFamilies='));
    for (const family of ['AF_NETLINK', 'AF_UNIX', 'AF_INET', 'AF_INET6'])
      assert.ok(families?.split(/[= ]/).includes(family), family);
  });
});
