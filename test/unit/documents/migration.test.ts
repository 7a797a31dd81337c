// docs/migration.md keeps its promise: every option of the Python tool is named, and taken as it was given there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { oldChainIn } from '../../../src/commands/watcher/old-chain.ts';
import { parseAgentLine } from '../../../src/commands/watcher/program.ts';
import type { Setting } from '../../../src/watcher/config/agent-config.ts';
import { OPTIONS, SETTINGS } from '../../../src/watcher/config/options.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../../docs/migration.md'), 'utf8');

/** The Python tool's usage, each option with a value that it took. */
const OLD_OPTIONS: readonly (readonly [option: string, setting: Setting, words: readonly string[]])[] = [
  ['--api-polling-period', 'pollPeriodMs', ['5']],
  ['--on-draining-block-new-connections-to-ports', 'ports', ['80', '443']],
  ['--config', 'configFile', ['/etc/cs.json']],
  ['--script-dir', 'scriptDir', ['/etc/cs.d']],
  ['--instance-state', 'instanceState', ['draining']],
  ['--stale-context-timeout', 'staleContextAfterMs', ['30']],
  ['--force', 'force', ['True']],
  ['--log-file', 'logFile', ['/var/log/cs.log']],
  ['--log-file-rotate', 'logFileRotation', ['d,1,10']],
  ['--generate-systemd', 'generateSystemd', ['/etc/systemd/system/cs.service']],
  ['--do-not-generate-systemd', 'doNotGenerateSystemd', ['True']],
];

describe('every option of the Python tool', () => {
  for (const [option, setting, words] of OLD_OPTIONS) {
    test(option, () => {
      assert.match(TEXT, new RegExp(`^\\| \`${option}\` \\|`, 'm'));
      for (const given of [words, []]) {
        const line = parseAgentLine([option, ...given], '0');
        assert.ok(line.kind === 'run');
        assert.deepEqual(line.given.get(setting), given);
        assert.deepEqual(line.operands, []);
      }
      const spec = OPTIONS[setting];
      assert.doesNotThrow(() => spec.kind.read(spec.kind.takes === 'many' ? words : words[0]));
    });
  }

  test('are those that may be abbreviated, as argparse allowed', () => {
    const abbreviable = SETTINGS.filter((setting) => OPTIONS[setting].abbreviable === true);
    assert.deepEqual([...abbreviable].sort(), OLD_OPTIONS.map(([, setting]) => setting).sort());
  });

  test('with the defaults that the page tells', () => {
    for (const [setting, told] of [
      ['pollPeriodMs', 'default 10 s'],
      ['staleContextAfterMs', 'default 300 s'],
      ['logFileRotation', 'default `d,1,7`'],
    ] as const) {
      const spec = OPTIONS[setting] as {
        name: string;
        kind: { write(value: unknown): unknown };
        default: unknown;
      };
      const row = TEXT.split('\n').find((line) => line.startsWith(`| \`--${spec.name}\``)) ?? '';
      assert.ok(row.includes(told), row);
      assert.ok(
        told.includes(String(spec.kind.write(spec.default))),
        `${spec.name} has another default by now`,
      );
    }
  });
});

test('the commands that remove the chain are those that the agent warns with', () => {
  for (const found of [
    { nft: true, legacy: false },
    { nft: false, legacy: true },
  ]) {
    const [, commands] = /run as root: (.*)$/.exec(oldChainIn(found)?.remedy ?? '') ?? [];
    assert.ok(commands !== undefined);
    assert.ok(TEXT.includes(`\n   ${commands}\n`), commands);
  }
});
