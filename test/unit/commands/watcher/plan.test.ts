// `plan` in a process that may read files and do nothing else: no addon, so no netlink and no lock; no write, no process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nftRemovalText, nftText } from '../../../../src/watcher/domain/nft-text.ts';

const PROGRAM = join(import.meta.dirname, 'plan-program.ts');
const ruleset = { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false };

describe('plan', { timeout: 60_000 }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'plan-'));
    writeFileSync(join(directory, 'config.json'), '{"table_ownership": "plain"}');
    mkdirSync(join(directory, 'scripts/draining'), { recursive: true });
    writeFileSync(join(directory, 'scripts/draining/10-leave'), '#!/bin/sh\n');
    // Whoever runs this: not root's alone.
    chmodSync(join(directory, 'scripts/draining'), 0o777);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function run(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ status: number; stdout: string; stderr: string }> {
    const options = { cwd: directory, env: { CS_CONFIG: 'config.json', CS_SCRIPT_DIR: 'scripts', ...env } };
    const confined = ['--permission', '--allow-fs-read=*', PROGRAM, ...args];
    return new Promise((resolve) =>
      execFile(process.execPath, confined, options, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );
  }

  test('draining, unless told, from the environment, the file and the command line', async () => {
    const ports = { CS_ON_DRAINING_BLOCK_NEW_CONNECTIONS_TO_PORTS: '80' };
    const { status, stdout, stderr } = await run([], ports);
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(stdout.endsWith(`\n\n${nftText(ruleset, 'plain')}`), stdout);
    const other = await run(['stopping', '--include-loopback', '--table-ownership', 'auto'], ports);
    assert.ok(other.stdout.endsWith(nftText({ ...ruleset, includeLoopback: true }, 'auto')), other.stdout);
  });

  test("a state that opens, with the rest of an agent's command line", async () => {
    const args = [
      'running',
      '--on-draining-block-new-connections-to-ports',
      '80',
      '--api-polling-period',
      '5',
    ];
    const { status, stdout } = await run(args);
    assert.equal(status, 0);
    assert.ok(stdout.endsWith(`\n\n${nftRemovalText()}`), stdout);
  });

  test('a script directory that others may write is told with the remedy', async () => {
    const { stdout } = await run(['draining']);
    assert.match(
      stdout,
      /^# {3}not run: \S+: (is writable by others.*chmod go-w|is owned by uid.*chown 0) /m,
    );
  });

  const mistakes: readonly (readonly [args: readonly string[], complaint: RegExp])[] = [
    [['Draining'], /^ConfigError: plan: "Draining" is no state: .*\n$/],
    [['../etc'], /^ConfigError: plan: "\.\.\/etc" is no state: .*\n$/],
    [['a\nb'], /^ConfigError: plan: "a\\nb" is no state: .*\n$/],
    [[''], /^ConfigError: plan: "" is no state: .*\n$/],
    [['draining', 'running'], /^ConfigError: too many arguments.*\n$/],
    [['--generate-systemd'], /^ConfigError: unknown option '--generate-systemd'.*\n$/],
    [['--config', 'none.json'], /^ConfigError: \S+none\.json: no such file .*\n$/],
    [['--table-ownership', 'mine'], /^ConfigError: --table-ownership: expected auto or plain.*\n$/],
  ];
  for (const [args, complaint] of mistakes) {
    test(`${JSON.stringify(args)} is one clear line`, async () => {
      const { status, stdout, stderr } = await run(args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, complaint);
    });
  }

  test('--help', async () => {
    const { status, stdout } = await run(['--help']);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: cs-instance-watcher plan \[STATE\] \[options of the agent\]/);
    assert.match(stdout, /unshare -n nft -c -f FILE.*Exit status: 0 /s);
  });
});
