import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError } from '../../../../src/watcher/config/agent-config.ts';
import { parseAgentLine } from '../../../../src/commands/watcher/program.ts';
import {
  leftOutOfUnit,
  unitFor,
  unitWritten,
  writeUnit,
} from '../../../../src/watcher/config/generate-systemd.ts';
import { OPTIONS } from '../../../../src/watcher/config/options.ts';
import { resolveConfig } from '../../../../src/watcher/config/resolve.ts';
import { backWithinMs } from '../../../../src/watcher/schedule.ts';
import { packagedUnit, systemdUnit } from '../../../../src/watcher/config/systemd-unit.ts';
import { parseExecStart } from './exec-start.ts';

const PROGRAM = '/usr/local/sbin/cs-instance-watcher';

function execStart(unit: string): string[] {
  const lines = unit.split('\n').filter((line) => line.startsWith('ExecStart='));
  assert.equal(lines.length, 1);
  return parseExecStart(lines[0]!.slice('ExecStart='.length));
}

function generated(args: readonly string[], program = PROGRAM): string[] {
  const commandLine = parseAgentLine(args, '1');
  assert.ok(commandLine.kind === 'run');
  return execStart(unitFor({ program, version: '1', given: commandLine.given, cwd: '/work dir' }));
}

describe('generated unit', () => {
  it("starts the program with the field's own command line, less the request for a unit", () => {
    const line =
      '--on-draining-block-new-connections-to-ports 80 443 --log-file /var/log/cs-instance-watcher.log --log-file-rotate d,1,10';
    const expected = [PROGRAM, ...line.split(' ')];
    const unit = '--generate-systemd /etc/systemd/system/cs-instance-watcher.service';
    assert.deepEqual(generated(`${line} ${unit}`.split(' ')), expected);
    assert.deepEqual(
      generated(`${unit} ${line} --do-not-generate-systemd false --print-config`.split(' ')),
      expected,
    );
  });

  const cases: readonly (readonly [args: string[], expected: string[]])[] = [
    [[], []],
    [['--force'], ['--force']],
    [
      ['--force', 'False'],
      ['--force', 'False'],
    ],
    [
      ['--fo', '--api', '5'],
      ['--api-polling-period', '5', '--force'],
    ],
    [
      ['--config', 'a.json', '--script-dir', '../s', '--log-file', 'x y.log'],
      ['--config', '/work dir/a.json', '--script-dir', '/s', '--log-file', '/work dir/x y.log'],
    ],
    [
      ['--log-file', 'stderr'],
      ['--log-file', 'stderr'],
    ],
    [['--api-polling-period', '-5'], ['--api-polling-period=-5']],
    [['--log-file-rotate='], ['--log-file-rotate', '']],
    [
      ['--config', '--log-file'],
      ['--config', '--log-file'],
    ],
  ];
  for (const [args, expected] of cases) {
    it(JSON.stringify(args), () => assert.deepEqual(generated(args), [PROGRAM, ...expected]));
  }

  const words = [
    'plain',
    '',
    ' ',
    'two words',
    '"',
    "'",
    `a"b'c`,
    '\\',
    'a\\',
    '\\n',
    '%',
    '%%',
    '100%n',
    '$HOME',
    '\x24{HOME}',
    '$',
    '$$',
    'a$b',
    ';',
    '#',
    '# x',
    '-',
    '@/x',
    '+',
    '!',
    ':',
    '|',
    '~',
    'é',
    '日本',
    '🙂',
    'tab\there',
    'line\nfeed',
    '\r',
    '\x01',
    '\x7f',
    '\x85',
    '*',
    '`id`',
    '(a)',
    '&',
    '>',
    '\u2028',
  ];
  for (const word of words) {
    it(`hands over ${JSON.stringify(word)} as it is`, () => {
      assert.deepEqual(execStart(systemdUnit({ program: PROGRAM, args: [word, 'next', word] })), [
        PROGRAM,
        word,
        'next',
        word,
      ]);
      const program = `/opt/${word}/x`;
      assert.deepEqual(execStart(systemdUnit({ program, args: [] })), [program]);
    });
  }

  it('says in its first line what wrote it', () => {
    const unit = unitFor({ program: PROGRAM, version: '1.2.3', given: new Map(), cwd: '/' });
    assert.match(unit, /^# Written by cs-instance-watcher 1\.2\.3 --generate-systemd[^\n]*\n\[Unit\]\n/);
  });

  const left: readonly (readonly [line: string, env: Record<string, string>, warning: string | null])[] = [
    ['', {}, null],
    ['--force', { CS_FORCE: 'true', AWS_REGION: 'eu-west-1' }, null],
    ['', { CS_FORCE: 'true' }, 'CS_FORCE is set here but not in the unit: give it as an option'],
    [
      '--force',
      { CS_ALLOW_FROM: '10.0.0.0/8', CS_API_URL: 'https://x' },
      'CS_API_URL and CS_ALLOW_FROM are set here but not in the unit: give them as options',
    ],
    [
      '',
      { CS_ALLOW_FROM: '10.0.0.0/8', CS_API_URL: 'https://x', CS_FORCE: 'true' },
      'CS_FORCE, CS_API_URL and CS_ALLOW_FROM are set here but not in the unit: give them as options',
    ],
  ];
  for (const [line, env, warning] of left) {
    it(`with '${line}' and ${JSON.stringify(env)} in the environment: ${warning}`, () => {
      const commandLine = parseAgentLine(line.split(' ').filter(Boolean), '1');
      assert.ok(commandLine.kind === 'run');
      assert.equal(leftOutOfUnit(resolveConfig({ given: commandLine.given, env, cwd: '/' })), warning);
    });
  }

  it('comes with what to do next', () => {
    assert.equal(
      unitWritten('/etc/systemd/system/watcher.service'),
      'unit written to /etc/systemd/system/watcher.service; next: systemctl daemon-reload && systemctl enable watcher.service && systemctl restart watcher.service',
    );
  });

  it('refuses a program whose path is not absolute', () => {
    assert.throws(
      () => unitFor({ program: 'cs-instance-watcher', version: '1', given: new Map(), cwd: '/' }),
      ConfigError,
    );
  });

  it('refuses to run a service dry, which would never be ready', () => {
    assert.throws(
      () => unitFor({ program: PROGRAM, version: '1', given: new Map([['dryRun', []]]), cwd: '/' }),
      /leave out --dry-run/,
    );
  });

  it('does not restart what must be put right first, and never waits for the network', () => {
    const unit = systemdUnit({ program: PROGRAM, args: [] });
    assert.match(unit, /^RestartPreventExitStatus=2 75$/m);
    assert.match(unit, /^Type=notify$/m);
    assert.doesNotMatch(unit, /network-online/);
  });

  it('has a watchdog from the start on, with the longest time that the agent itself asks for, and no core dump', () => {
    const unit = systemdUnit({ program: PROGRAM, args: [] });
    const longestMs = Number(OPTIONS.pollPeriodMs.kind.read('60').value);
    assert.equal(OPTIONS.pollPeriodMs.kind.read('61').value, longestMs, 'there is no longer period');
    assert.match(unit, new RegExp(`^WatchdogSec=${backWithinMs(longestMs) / 1000}$`, 'm'));
    assert.match(unit, /^WatchdogSignal=SIGKILL$/m);
  });

  it('is the packaged one, less the options', () => {
    const [origin, ...rest] = packagedUnit(PROGRAM).split('\n');
    assert.match(origin ?? '', /^# .*drop-in/);
    assert.equal(rest.join('\n'), systemdUnit({ program: PROGRAM, args: [] }));
    assert.deepEqual(execStart(packagedUnit(PROGRAM)), [PROGRAM]);
  });
});

describe('writing the unit', () => {
  let directory: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'unit-')));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('replaces the file as a whole, readable by all whatever the umask', () => {
    const file = join(directory, 'a.service');
    writeFileSync(file, 'old');
    const before = statSync(file).ino;
    const umask = process.umask(0o077);
    try {
      writeUnit(file, 'new');
    } finally {
      process.umask(umask);
    }
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.equal(statSync(file).mode & 0o777, 0o644);
    assert.notEqual(statSync(file).ino, before);
    assert.deepEqual(readdirSync(directory), ['a.service']);
  });

  it('fails in one line and leaves nothing behind', () => {
    mkdirSync(join(directory, 'dir'));
    symlinkSync('/dev/null', join(directory, 'masked.service'));
    for (const [file, reason] of [
      [join(directory, 'no/a.service'), /\(ENOENT\): the directory .*\/no does not exist$/],
      [join(directory, 'dir'), /not a regular file/],
      [join(directory, 'masked.service'), /not a regular file/],
      ['/dev/null', /not a regular file/],
    ] as const) {
      assert.throws(
        () => writeUnit(file, 'x'),
        (error) =>
          error instanceof ConfigError && reason.test(error.message) && error.message.startsWith(`${file}: `),
      );
    }
    assert.deepEqual(readdirSync(directory).sort(), ['dir', 'masked.service']);
    assert.ok(statSync('/dev/null').isCharacterDevice());
  });
});
