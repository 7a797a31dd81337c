// Shell completion, as the shell has it: bash with the script sourced, both through its function and at a real prompt.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from './scripted-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-completion-'));
const script = join(directory, 'cs-interact.bash');
after(() => rmSync(directory, { recursive: true, force: true }));
before(async () => {
  const { status, stdout } = await run(['completion', 'bash']);
  assert.equal(status, 0);
  writeFileSync(script, `${stdout}\n`);
});

/** What bash offers for the last of these words. */
function offered(words: readonly string[]): string[] {
  const program = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cs_interact
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const stdout = execFileSync('bash', ['--norc', '-c', program, script, 'cs-interact', ...words], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash completion', () => {
  const cases: readonly (readonly [words: string[], expected: string[]])[] = [
    [['con'], ['config']],
    [
      ['config', ''],
      ['get', 'set', 'unset', 'dump', 'load', 'help'],
    ],
    [['config', 'dump', '--form'], ['--format']],
    [
      ['config', 'dump', '--format', ''],
      ['json', 'yaml'],
    ],
    [['config', 'dump', '--format', '=', 'y'], ['yaml']],
    [
      ['config', 'dump', '--format', '='],
      ['json', 'yaml'],
    ],
    [['fleet', 'list', '--output', 't'], ['table']],
    // The value of an option is no word of its own, whatever it is called.
    [['fleet', 'list', '--group', '--output', '--reg'], ['--region']],
    [['unstoppable', 'add', '--main'], ['--main-fleet']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'sch'], ['schedule']],
    [['config', 'get', ''], []],
    [['fleet', 'list', '--region', ''], []],
  ];
  for (const [words, expected] of cases) {
    it(words.join(' '), () => assert.deepEqual(offered(words), expected));
  }

  it('offers every command', () => {
    const commands = [
      'metadata',
      'fleet',
      'config',
      'schedule',
      'unstoppable',
      'unstartable',
      'serve',
      'state',
    ];
    const found = offered(['']);
    assert.deepEqual(
      commands.filter((command) => !found.includes(command)),
      [],
    );
  });

  it('completes at a prompt, words, options, choices and files', async () => {
    writeFileSync(join(directory, 'document.yaml'), '');
    const typed = 'cs-interact conf\tlo\tdocu\t--form\tya\t\n';
    const text = await atPrompt([`source ${script}`, `cd ${directory}`], typed);
    assert.match(text, /<config><load><document\.yaml><--format><yaml>/);
  });
});

/** Types at an interactive bash whose `cs-interact` prints its arguments, and gives all that the terminal showed. */
async function atPrompt(setup: readonly string[], typed: string): Promise<string> {
  const bash = 'bash --norc --noprofile -i';
  const child = spawn('script', ['--quiet', '--return', '--command', bash, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'dumb', HOME: directory, HISTFILE: '/dev/null' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 20_000,
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8');
  });
  const lines = [`cs-interact() { printf '<%s>' "$@"; }`, "bind 'set enable-bracketed-paste off'", ...setup];
  child.stdin.write(`${lines.join('\n')}\n${typed}exit\n`);
  await once(child, 'close');
  return shown;
}

describe('the other shells', () => {
  for (const [shell, parts] of Object.entries({
    zsh: [/^#compdef cs-interact\n/, /'dump:show the table/, /compadd -- 'json' 'yaml'/],
    fish: [
      /^# fish completion/,
      /__cs_interact_path '\\'\\''|__cs_interact_path \\' config\\'/,
      /-l format -x -a 'json yaml'/,
    ],
  })) {
    it(`${shell} has a script from the same tree`, async () => {
      const { status, stdout } = await run(['completion', shell]);
      assert.equal(status, 0);
      for (const part of parts) assert.match(stdout, part);
    });
  }

  it('an unknown one is an error of usage', async () => {
    const { status, stderr } = await run(['completion', 'tcsh']);
    assert.equal(status, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});
