import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeSubcommand } from '../../../../src/commands/watcher/subcommand.ts';
import { ConfigError } from '../../../../src/watcher/config/agent-config.ts';
import { CLEANUP } from '../../../../src/commands/watcher/clean-up.ts';
import { parseAgentLine, SUBCOMMANDS } from '../../../../src/commands/watcher/program.ts';
import { parseArguments } from '../../../../src/watcher/config/command-line.ts';
import { environmentName, fileKey, OPTIONS, SETTINGS } from '../../../../src/watcher/config/options.ts';

const PORTS = '--on-draining-block-new-connections-to-ports';

function given(line: string | readonly string[]): Record<string, readonly string[]> {
  const args = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const commandLine = parseAgentLine(args, '1.2.3');
  assert.equal(commandLine.kind, 'run');
  return commandLine.kind === 'run' ? Object.fromEntries(commandLine.given) : {};
}

describe('command line', () => {
  const cases: readonly (readonly [line: string, expected: Record<string, readonly string[]>])[] = [
    ['', {}],
    [`${PORTS} 80 443`, { ports: ['80', '443'] }],
    [`${PORTS} 80 443 --force`, { ports: ['80', '443'], force: [] }],
    [`${PORTS}=80 --force`, { ports: ['80'], force: [] }],
    [`${PORTS}=80,443`, { ports: ['80,443'] }],
    [`${PORTS}`, { ports: [] }],
    [`${PORTS} --force true`, { ports: [], force: ['true'] }],
    [`${PORTS} 80 --force ${PORTS} 443 8000-8100`, { force: [], ports: ['443', '8000-8100'] }],
    [`${PORTS} 80 ${PORTS}`, { ports: [] }],
    [`${PORTS}=80 ${PORTS}=81`, { ports: ['81'] }],
    ['--api-polling-period 5 --api-polling-period 7', { pollPeriodMs: ['7'] }],
    ['--api-polling-period', { pollPeriodMs: [] }],
    ['--api-polling-period -5', { pollPeriodMs: ['-5'] }],
    ['--config --script-dir', { configFile: [], scriptDir: [] }],
    ['--generate-systemd', { generateSystemd: [] }],
    [
      '--generate-systemd /x --do-not-generate-systemd',
      { generateSystemd: ['/x'], doNotGenerateSystemd: [] },
    ],
    [
      '--allow-from 10.0.0.0/8 fd00::/8 --log-level=debug',
      { allowFrom: ['10.0.0.0/8', 'fd00::/8'], logLevel: ['debug'] },
    ],
    // What argparse took for an abbreviation in the Python tool still is one.
    [
      '--api 5 --on 80 --fo --stale 9',
      { pollPeriodMs: ['5'], ports: ['80'], force: [], staleContextAfterMs: ['9'] },
    ],
    [
      '--inst draining --gen=/x --conf=/y',
      { instanceState: ['draining'], generateSystemd: ['/x'], configFile: ['/y'] },
    ],
    ['--log-file a --log-file-r d,1,1', { logFile: ['a'], logFileRotation: ['d,1,1'] }],
  ];
  for (const [line, expected] of cases) {
    it(`'${line}'`, () => assert.deepEqual(given(line), expected));
  }

  it('keeps words as they are', () => {
    const word = ' a\tb "c" $d %e \\f é\n';
    assert.deepEqual(given(['--log-file', word]), { logFile: [word] });
    assert.deepEqual(given([`--log-file=${word}`]), { logFile: [word] });
    assert.deepEqual(given(['--log-file=']), { logFile: [''] });
  });

  const usageErrors: readonly (readonly [line: string, message: RegExp])[] = [
    ['--forse', /unknown option '--forse' \(Did you mean --force\?\)$/],
    ['--polling-period 5', /unknown option '--polling-period'/],
    ['--allow 10.0.0.0/8', /unknown option '--allow'/],
    ['-x', /unknown option '-x'/],
    ['80', /too many arguments.*80/],
    [`${PORTS}=80 443`, /too many arguments.*443/],
    ['-- --force', /too many arguments/],
    ['--log x', /--log could be --log-file, --log-file-rotate/],
    ['--s 1', /--s could be --script-dir, --stale-context-timeout/],
  ];
  for (const [line, message] of usageErrors) {
    it(`'${line}' is a usage error on one line`, () => {
      assert.throws(
        () => given(line),
        (error) =>
          error instanceof ConfigError &&
          error.code === 'usage' &&
          message.test(error.message) &&
          !error.message.includes('\n'),
      );
    });
  }

  it('shows its version, and help that names every option', () => {
    assert.deepEqual(parseAgentLine(['--version'], '1.2.3'), {
      kind: 'show',
      text: '1.2.3\n',
    });
    const help = parseAgentLine(['--force', '--help'], '1.2.3');
    assert.ok(help.kind === 'show');
    for (const setting of SETTINGS) assert.ok(help.text.includes(`--${OPTIONS[setting].name} [`), setting);
    assert.match(help.text, /--api-polling-period \[SECONDS\] .*\(default: 10\)/);
    assert.match(
      help.text.replace(/\s+/g, ' '),
      /and exit \(FILE when not given: \/etc\/systemd\/system\/cs-instance-watcher\.service\)/,
    );
    for (const { name, summary } of SUBCOMMANDS) assert.ok(help.text.includes(summary), name);
  });
});

const parseCleanupLine = (args: readonly string[]) =>
  parseArguments(describeSubcommand(CLEANUP), CLEANUP.settings, args);

describe('command line of cleanup', () => {
  it('has a help of its own', () => {
    const help = parseCleanupLine(['--help']);
    assert.ok(help.kind === 'show');
    assert.match(help.text, /^Usage: cs-instance-watcher cleanup \[--runtime-dir DIR\] \[--state-dir DIR\]/);
    assert.ok(!help.text.includes('--force'));
  });

  it('takes the options it needs and no other', () => {
    const line = parseCleanupLine(['--runtime-dir', '/r', '--state-dir=/s', '--config', '/c']);
    assert.ok(line.kind === 'run');
    assert.deepEqual(Object.fromEntries(line.given), {
      runtimeDir: ['/r'],
      stateDir: ['/s'],
      configFile: ['/c'],
    });
    for (const args of [['--force'], ['now'], ['--runtime-dirs', '/r']]) {
      assert.throws(
        () => parseCleanupLine(args),
        (error) => error instanceof ConfigError && error.code === 'usage',
      );
    }
  });
});

describe('table of options', () => {
  it('gives each option a name of its own in every source', () => {
    const names = SETTINGS.map((setting) => OPTIONS[setting].name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(environmentName('api-polling-period'), 'CS_API_POLLING_PERIOD');
    assert.equal(fileKey('api-polling-period'), 'api_polling_period');
  });

  for (const setting of SETTINGS) {
    it(`reads back the default of ${setting} as it is written`, () => {
      const spec = OPTIONS[setting];
      const written = spec.kind.write(spec.default as never);
      if (written === null) assert.equal(spec.default, null);
      else assert.deepEqual(spec.kind.read(written), { value: spec.default });
    });
  }
});
