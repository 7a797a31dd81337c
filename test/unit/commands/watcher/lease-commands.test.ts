// What `override`, `simulate` and `wait` refuse before they ask any agent, each in one line that says what was expected.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OVERRIDE } from '../../../../src/commands/watcher/override.ts';
import { SIMULATE } from '../../../../src/commands/watcher/simulate.ts';
import { runSubcommand, type Subcommand } from '../../../../src/commands/watcher/subcommand.ts';
import { WAIT } from '../../../../src/commands/watcher/wait.ts';
import { ConfigError } from '../../../../src/watcher/config/agent-config.ts';

const REASON = ['--reason', 'x'];

const REFUSED: readonly (readonly [Subcommand, readonly string[], RegExp])[] = [
  [OVERRIDE, ['closed', '--for', '25h', ...REASON], /--for: expected 1 second to 24 hours, got "25h"$/],
  [OVERRIDE, ['closed', '--for', '86401', ...REASON], /--for: expected 1 second to 24 hours, got "86401"$/],
  [OVERRIDE, ['closed', '--for', '0', ...REASON], /--for: expected 1 second to 24 hours, got "0"$/],
  [OVERRIDE, ['closed', '--for', 'soon', ...REASON], /--for: "soon" is no duration/],
  [OVERRIDE, ['closed', '--for', '0.5', ...REASON], /--for: "0.5" is no duration/],
  [OVERRIDE, ['closed', '--for', '5'], /^required option '--reason <TEXT>' not specified$/],
  [OVERRIDE, ['closed', ...REASON], /^required option '--for <DURATION>' not specified$/],
  [OVERRIDE, ['closed', '--for', '5', '--reason', 'a\nb'], /reason: expected one line of 1 to 200 printable/],
  [OVERRIDE, ['closed', '--for', '5', '--reason', ''], /reason: expected one line of 1 to 200 printable/],
  [OVERRIDE, ['closed', '--for', '5', '--reason', 'x'.repeat(201)], /reason: expected one line of 1 to 200/],
  [OVERRIDE, ['ajar', '--for', '5', ...REASON], /expected open or closed, got "ajar"$/],
  [OVERRIDE, ['--for', '5', ...REASON], /expected open or closed, got nothing$/],
  [OVERRIDE, ['open', 'closed', '--for', '5', ...REASON], /^too many arguments/],
  [OVERRIDE, ['open', '--for', '5', ...REASON, '--force'], /^unknown option '--force'/],
  [SIMULATE, ['Draining', '--for', '5'], /state: expected a name such as draining .* got "Draining"$/],
  [SIMULATE, ['../draining', '--for', '5'], /state: expected a name such as draining/],
  [SIMULATE, ['--for', '5'], /state: expected a name such as draining .* got nothing$/],
  [SIMULATE, ['draining'], /^required option '--for <DURATION>' not specified$/],
  [WAIT, [], /expected drained, got nothing$/],
  [WAIT, ['open'], /expected drained, got "open"$/],
  [
    WAIT,
    ['drained', '--timeout', '-1'],
    /--timeout: expected 0 \(without limit\) to 604800 seconds, or a duration such as 5m, got "-1"$/,
  ],
  [WAIT, ['drained', '--timeout', '604801'], /--timeout: expected 0 .* got "604801"$/],
  [WAIT, ['drained', '--timeout', '1e3'], /--timeout: expected 0 .* got "1e3"$/],
];

for (const [subcommand, args, expected] of REFUSED) {
  test(`${subcommand.name} ${JSON.stringify(args.join(' ').slice(0, 60))} is refused`, async () => {
    const situation = { env: {}, cwd: '/', version: '0' };
    await assert.rejects(runSubcommand(subcommand, args, situation), (error) => {
      assert.ok(error instanceof ConfigError && error.code === 'usage', String(error));
      assert.match(error.message, expected);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });
}
