// The completions that are installed, as bash has them: sourced, and asked for what they leave in COMPREPLY.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { writeCompletions } from '../../scripts/completion.ts';
import { completedCommands } from '../../scripts/completion/watcher-words.ts';
import { SUBCOMMANDS } from '../../src/commands/watcher/program.ts';
import { OPTIONS, SETTINGS } from '../../src/watcher/config/options.ts';

const root = mkdtempSync(join(tmpdir(), 'completion-'));
const completions = join(root, 'completions');
const place = join(root, 'place');
writeCompletions(completions);
mkdirSync(join(place, 'a directory'), { recursive: true });
writeFileSync(join(place, 'a file.json'), '');
after(() => rmSync(root, { recursive: true }));

/** What bash offers for the last of these words; the program's own function is found as bash finds it. */
function offered(program: string, words: readonly string[]): string[] {
  const ask = `source "$0"; [[ $(complete -p "$1") =~ -F\\ ([^ ]+) ]] || exit 9
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "\${BASH_REMATCH[1]}"
    if ((\${#COMPREPLY[@]})); then printf '%s\\n' "\${COMPREPLY[@]}"; fi`;
  const script = join(completions, program);
  const stdout = execFileSync('bash', ['--norc', '-c', ask, script, program, ...words], {
    encoding: 'utf8',
    cwd: place,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  });
  return stdout.split('\n').filter((word) => word !== '');
}

test('there is one for each program, under its name', () => {
  assert.deepEqual(readdirSync(completions).sort(), ['cs-instance-watcher', 'cs-interact']);
  assert.deepEqual(offered('cs-interact', ['config', 'dump', '--format', '']), ['json', 'yaml']);
});

describe('cs-instance-watcher', () => {
  const states = ['draining', 'stopping', 'running', 'pending', 'bounced', 'error', 'stopped'];
  const commands = SUBCOMMANDS.map(({ name }) => name);
  const cases: readonly (readonly [words: string[], expected: string[]])[] = [
    [[''], [...commands, 'help']],
    [['st'], ['status']],
    [['help', 'd'], ['doctor']],
    [['--log-le'], ['--log-level']],
    [
      ['--log-level', ''],
      ['error', 'warn', 'info', 'debug'],
    ],
    [['--log-level', '=', 'd'], ['debug']],
    [
      ['--table-ownership', '='],
      ['auto', 'plain'],
    ],
    [
      ['--force', ''],
      ['true', 'false'],
    ],
    [['--instance-state', 'd'], ['draining']],
    [['--drain-on', 'spot-interruption', 're'], ['rebalance-recommendation']],
    [['--on-drain-timeout', 'close', '--refuse-d'], ['--refuse-delay']],
    // Files, names with blanks among them, and directories alone.
    [
      ['--config', 'a'],
      ['a directory', 'a file.json'],
    ],
    [
      ['--config', '=', 'a'],
      ['a directory', 'a file.json'],
    ],
    [['--state-dir', ''], ['a directory']],
    [['--log-file', 's'], ['stderr']],
    // A value of one's own, and what cannot be said any more.
    [['--region', ''], []],
    [['--on-draining-block-new-connections-to-ports', '80', ''], []],
    [['--region', 'eu-west-1', ''], []],
    [['--force', 'true', 'st'], []],
    [
      ['override', ''],
      ['open', 'closed'],
    ],
    [['override', '--for', ''], []],
    [['override', '--for', '30m', 'o'], ['open']],
    [['override', '--rea'], ['--reason']],
    [['wait', ''], ['drained']],
    [['simulate', ''], states],
    [
      ['plan', 'st'],
      ['stopping', 'stopped'],
    ],
    [['doctor', '--ba'], ['--bake']],
    [['doctor', '--bake', ''], []],
    [['doctor', '--config', 'a f'], ['a file.json']],
    [
      ['doctor', '--log-level', ''],
      ['error', 'warn', 'info', 'debug'],
    ],
    [['cleanup', '--log-l'], []],
    [['no-such-command', ''], []],
    [['no-such-command', '--'], []],
  ];
  for (const [words, expected] of cases) {
    // Files come in the order of their directory.
    test(words.join(' '), () =>
      assert.deepEqual(offered('cs-instance-watcher', words).sort(), [...expected].sort()),
    );
  }

  test('offers every option of the agent and of each command, and no other', () => {
    const agent = SETTINGS.map((setting) => `--${OPTIONS[setting].name}`);
    assert.deepEqual(offered('cs-instance-watcher', ['--']).sort(), [...agent, '--version', '--help'].sort());
    for (const { name, options } of completedCommands().slice(1)) {
      const names = options.map((option) => option.name);
      assert.deepEqual(offered('cs-instance-watcher', [name, '--']), names);
    }
  });
});
