import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError, type ResolvedConfig } from '../../../../src/watcher/config/agent-config.ts';
import { parseAgentLine } from '../../../../src/commands/watcher/program.ts';
import { SETTINGS } from '../../../../src/watcher/config/options.ts';
import { printConfig } from '../../../../src/watcher/config/print-config.ts';
import { resolveConfig, resolveLeniently } from '../../../../src/watcher/config/resolve.ts';

const PORTS = '--on-draining-block-new-connections-to-ports';

let directory: string;
let file: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'config-')));
  file = join(directory, 'agent.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Sources {
  readonly line?: string;
  readonly env?: Record<string, string>;
  /** Content of the file that CS_CONFIG names; text as it is, anything else as JSON. */
  readonly file?: unknown;
}

function resolve(sources: Sources): ResolvedConfig {
  const args = (sources.line ?? '').split(' ').filter((word) => word !== '');
  const commandLine = parseAgentLine(args, '1');
  assert.ok(commandLine.kind === 'run');
  writeFileSync(file, typeof sources.file === 'string' ? sources.file : JSON.stringify(sources.file ?? {}));
  return resolveConfig({
    given: commandLine.given,
    env: { CS_CONFIG: file, ...sources.env },
    cwd: directory,
  });
}

function refused(code: ConfigError['code'], message: RegExp | string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, code);
    assert.doesNotMatch(error.message, /\n/);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

describe('defaults', () => {
  it('are those of the documents', () => {
    const { config, origins, warnings } = resolveConfig({ given: new Map(), env: {}, cwd: '/' });
    assert.deepEqual(config, {
      pollPeriodMs: 10_000,
      ports: [],
      configFile: '/etc/cs-instance-watcher.json',
      scriptDir: '/etc/cs-instance-watcher.d',
      instanceState: null,
      staleContextAfterMs: 300_000,
      force: false,
      logFile: null,
      logFileRotation: { unit: 'D', interval: 1, backupCount: 7 },
      logFormat: 'auto',
      logLevel: 'info',
      apiUrl: null,
      instanceId: null,
      region: null,
      allowFrom: [],
      includeLoopback: false,
      tableOwnership: 'auto',
      maxHoldMs: null,
      runScriptsAtStart: false,
      drainOn: [],
      refuseDelayMs: 0,
      drainTimeoutMs: null,
      onDrainTimeout: 'keep',
      healthListen: null,
      agentCheckListen: null,
      metricsListen: null,
      hookTimeoutMs: 60_000,
      stateDir: '/var/lib/cs-instance-watcher',
      runtimeDir: '/run/cs-instance-watcher',
      dryRun: false,
      generateSystemd: null,
      doNotGenerateSystemd: false,
      printConfig: false,
    });
    for (const setting of SETTINGS) assert.deepEqual(origins[setting], { from: 'default' });
    assert.deepEqual(warnings, []);
  });
});

describe('precedence', () => {
  const line = '--api-polling-period 11';
  const env = { CS_API_POLLING_PERIOD: '12' };
  const inFile = { api_polling_period: 13 };
  const cases: readonly (readonly [Sources, seconds: number, origin: string])[] = [
    [{}, 10, 'default'],
    [{ file: inFile }, 13, 'file'],
    [{ env }, 12, 'environment'],
    [{ line }, 11, 'command-line'],
    [{ env, file: inFile }, 12, 'environment'],
    [{ line, file: inFile }, 11, 'command-line'],
    [{ line, env }, 11, 'command-line'],
    [{ line, env, file: inFile }, 11, 'command-line'],
    // Given bare, the default is what was asked for.
    [{ line: '--api-polling-period', env, file: inFile }, 10, 'command-line'],
    // Set to nothing is not set.
    [{ env: { CS_API_POLLING_PERIOD: '' }, file: inFile }, 13, 'file'],
    [{ file: { api_polling_period: null } }, 10, 'default'],
  ];
  for (const [sources, seconds, origin] of cases) {
    it(`${JSON.stringify(sources)}: ${seconds} from ${origin}`, () => {
      const { config, origins } = resolve(sources);
      assert.equal(config.pollPeriodMs, seconds * 1000);
      assert.equal(origins.pollPeriodMs.from, origin);
    });
  }

  it('replaces a list, never merges it', () => {
    const { config } = resolve({
      line: `${PORTS} 80`,
      env: { CS_ALLOW_FROM: '10.0.0.1' },
      file: {
        on_draining_block_new_connections_to_ports: [443],
        allow_from: ['10.0.0.2'],
      },
    });
    assert.deepEqual(config.ports, [{ first: 80, last: 80 }]);
    assert.deepEqual(config.allowFrom, ['10.0.0.1/32']);
  });

  it('names the origin', () => {
    const { origins } = resolve({
      line: '--force',
      env: { CS_REGION: 'eu-west-1' },
      file: { 'log-level': 'debug' },
    });
    assert.deepEqual(origins.force, { from: 'command-line', name: '--force' });
    assert.deepEqual(origins.region, { from: 'environment', name: 'CS_REGION' });
    assert.deepEqual(origins.logLevel, { from: 'file', name: file });
    assert.deepEqual(origins.configFile, { from: 'environment', name: 'CS_CONFIG' });
  });
});

describe('values', () => {
  type Expected = Partial<Record<string, unknown>>;
  const range = (first: number, last = first): object => ({ first, last });
  const cases: readonly (readonly [Sources, Expected])[] = [
    [{ line: '--force' }, { force: true }],
    [{ line: '--force TRUE' }, { force: true }],
    [{ line: '--force False' }, { force: false }],
    [{ env: { CS_FORCE: 'true' } }, { force: true }],
    [{ file: { force: true } }, { force: true }],
    [{ file: { force: 'False' } }, { force: false }],
    [{ line: `${PORTS} 443 80 8000-8100` }, { ports: [range(80), range(443), range(8000, 8100)] }],
    [{ line: `${PORTS}=80,443` }, { ports: [range(80), range(443)] }],
    [
      { env: { CS_ON_DRAINING_BLOCK_NEW_CONNECTIONS_TO_PORTS: '80 443, 81' } },
      { ports: [range(80, 81), range(443)] },
    ],
    [
      { file: { on_draining_block_new_connections_to_ports: [80, '443', '8000-8100'] } },
      { ports: [range(80), range(443), range(8000, 8100)] },
    ],
    [
      { file: { 'on-draining-block-new-connections-to-ports': '80 443' } },
      { ports: [range(80), range(443)] },
    ],
    [{ file: { on_draining_block_new_connections_to_ports: 80 } }, { ports: [range(80)] }],
    [{ file: { on_draining_block_new_connections_to_ports: [] } }, { ports: [] }],
    [{ line: '--api-polling-period 2.5' }, { pollPeriodMs: 2500 }],
    [{ file: { api_polling_period: '7' } }, { pollPeriodMs: 7000 }],
    [{ line: '--max-hold 0' }, { maxHoldMs: null }],
    [{ line: '--max-hold 90' }, { maxHoldMs: 90_000 }],
    [{ line: '--log-file stderr' }, { logFile: null }],
    [{ line: '--log-file', file: { log_file: '/x' } }, { logFile: null }],
    [{ line: '--log-file-rotate W0,1,4' }, { logFileRotation: { unit: 'W0', interval: 1, backupCount: 4 } }],
    [{ line: '--instance-state draining' }, { instanceState: 'draining' }],
    [{ line: '--api-url https://x.example.com/v1/' }, { apiUrl: 'https://x.example.com/v1' }],
    [{ line: '--api-url http://127.0.0.1:8080' }, { apiUrl: 'http://127.0.0.1:8080' }],
    [{ line: '--generate-systemd' }, { generateSystemd: '/etc/systemd/system/cs-instance-watcher.service' }],
    [
      { line: '--generate-systemd /x --do-not-generate-systemd' },
      { generateSystemd: null, doNotGenerateSystemd: true },
    ],
    [{ line: '--generate-systemd /x --do-not-generate-systemd false' }, { generateSystemd: '/x' }],
    [{ file: '\uFEFF{"force": true}' }, { force: true }],
  ];
  for (const [sources, expected] of cases) {
    it(JSON.stringify(sources), () => {
      const { config, warnings } = resolve(sources);
      assert.deepEqual({ ...config, ...expected }, config);
      assert.deepEqual(warnings, []);
    });
  }

  it('makes paths absolute against the working directory', () => {
    const { config } = resolve({
      line: '--script-dir scripts --log-file ../a.log',
      file: { state_dir: 'state' },
    });
    assert.equal(config.scriptDir, join(directory, 'scripts'));
    assert.equal(config.logFile, join(directory, '../a.log'));
    assert.equal(config.stateDir, join(directory, 'state'));
  });

  const adjusted: readonly (readonly [Sources, Expected, warning: RegExp])[] = [
    [
      { line: '--api-polling-period 0' },
      { pollPeriodMs: 1000 },
      /^--api-polling-period: 0 is outside 1 to 60 seconds, using 1$/,
    ],
    [{ line: '--api-polling-period -5' }, { pollPeriodMs: 1000 }, /using 1$/],
    [{ line: '--api-polling-period 0.5' }, { pollPeriodMs: 1000 }, /using 1$/],
    [
      { env: { CS_API_POLLING_PERIOD: '3600' } },
      { pollPeriodMs: 60_000 },
      /^CS_API_POLLING_PERIOD in the environment: 3600 .*using 60$/,
    ],
    [
      { file: { api_polling_period: 61 } },
      { pollPeriodMs: 60_000 },
      /agent\.json: api_polling_period: 61 .*using 60$/,
    ],
    [
      { line: '--stale-context-timeout 0' },
      { staleContextAfterMs: 1000 },
      /^--stale-context-timeout: 0 is outside 1 to 2592000 seconds, using 1$/,
    ],
    [{ line: '--allow-from 10.1.2.3/8' }, { allowFrom: ['10.0.0.0/8'] }, /10\.1\.2\.3\/8 has host bits set/],
    [{ line: '--api-url http://api.example.com' }, { apiUrl: 'http://api.example.com' }, /not encrypted/],
  ];
  for (const [sources, expected, warning] of adjusted) {
    it(`${JSON.stringify(sources)} is adjusted, with a warning`, () => {
      const { config, warnings } = resolve(sources);
      assert.deepEqual({ ...config, ...expected }, config);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, warning);
    });
  }

  it('warns of a variable that is none of ours, and goes on without it', () => {
    const env = {
      CS_TYPO: '1',
      CS_GENERATE_SYSTEMD: '/x',
      CS_FORCE: 'true',
      CS_NATIVE_DIR: '/n',
      CS_PROGRAM_PATH: '/p',
      CS_INTERACT_URL: 'u',
      CSV: 'x',
    };
    const { config, warnings } = resolve({ env });
    assert.equal(config.generateSystemd, null);
    assert.deepEqual(warnings, [
      'CS_GENERATE_SYSTEMD in the environment: is not an option that can be set there, ignored',
      'CS_TYPO in the environment: is not an option that can be set there, ignored',
    ]);
  });

  it('says that certificates are verified all the same', () => {
    const { warnings } = resolve({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    assert.deepEqual(warnings, [
      'NODE_TLS_REJECT_UNAUTHORIZED in the environment: ignored, certificates are always verified, AWS_CA_BUNDLE names a file of others to trust',
    ]);
    assert.deepEqual(resolve({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '1' } }).warnings, []);
  });

  it('warns of the value in force only', () => {
    assert.deepEqual(
      resolve({ line: '--api-polling-period 5', file: { api_polling_period: 99 } }).warnings,
      [],
    );
  });
});

describe('refused', () => {
  const usage: readonly (readonly [line: string, message: RegExp | string])[] = [
    ['--force yes', '--force: expected true or false, got "yes"'],
    ['--force 1', /--force: expected true or false/],
    ['--force=', /--force: expected true or false/],
    ['--api-polling-period abc', '--api-polling-period: expected a number of seconds, got "abc"'],
    ['--api-polling-period NaN', /number of seconds/],
    ['--api-polling-period Infinity', /number of seconds/],
    ['--api-polling-period 1e3', /number of seconds/],
    ['--api-polling-period=', /number of seconds/],
    ['--stale-context-timeout x', /number of seconds/],
    ['--hook-timeout 0', '--hook-timeout: expected 1 to 86400 seconds, got 0'],
    ['--hook-timeout -1', /expected 1 to/],
    ['--max-hold -1', /expected 0 to/],
    [`${PORTS} 80 http`, `${PORTS}: 'http' is not a port or a range of ports such as 80 or 8000-8100`],
    [`${PORTS} 0`, /'0' is outside/],
    ['--allow-from 10.0.0.0/33', /'10\.0\.0\.0\/33'/],
    ['--log-file-rotate d', /--log-file-rotate: expected UNIT,INTERVAL,KEEP/],
    ['--log-format xml', /expected auto or text or json, got "xml"/],
    ['--log-level trace', /expected error or warn/],
    ['--table-ownership owned', /expected auto or plain/],
    ['--instance-state ../x', /expected a state such as draining/],
    ['--api-url ftp://x', /http or https URL/],
    ['--api-url https://u:p@x', /http or https URL without user/],
    ['--api-url x', /http or https URL/],
    ['--region a/b', /expected a region/],
    ['--instance-id i/../x', /expected an instance id/],
    ['--script-dir=', /expected a path/],
  ];
  for (const [line, message] of usage) {
    it(`'${line}'`, () => assert.throws(() => resolve({ line }), refused('usage', message)));
  }

  const configuration: readonly (readonly [Sources, message: RegExp])[] = [
    [{ file: '' }, /agent\.json: is not valid JSON/],
    [{ file: '{"force": true,}' }, /agent\.json: is not valid JSON/],
    [{ file: '{\n"force": yes}' }, /agent\.json: is not valid JSON/],
    [{ file: [] }, /agent\.json: expected a JSON object/],
    [{ file: '"x"' }, /expected a JSON object/],
    [{ file: { forse: true } }, /agent\.json: "forse" is not an option/],
    [{ file: '{"__proto__": {"force": true}}' }, /"__proto__" is not an option/],
    [{ file: { 'x\ny': 1 } }, /"x\\ny" is not an option/],
    [{ file: { force: 'yes' } }, /agent\.json: force: expected true or false, got "yes"/],
    [{ file: { force: 1 } }, /force: expected true or false, got 1/],
    [{ file: { api_polling_period: [1] } }, /expected a number of seconds, got \[1\]/],
    [{ file: { api_polling_period: true } }, /expected a number of seconds, got true/],
    [
      { file: { on_draining_block_new_connections_to_ports: { a: 1 } } },
      /expected a port or a list of ports, got \{"a":1\}/,
    ],
    [{ file: { on_draining_block_new_connections_to_ports: [80.5] } }, /'80\.5' is not a port/],
    [{ file: { on_draining_block_new_connections_to_ports: [[80]] } }, /expected a port or a list of ports/],
    [{ file: { log_file_rotate: 7 } }, /expected a text such as d,1,7, got 7/],
    [{ file: { script_dir: 7 } }, /script_dir: expected a path, got 7/],
    [{ file: { force: true, 'force ': true } }, /"force " is not an option/],
    [{ file: { log_level: 'info', 'log-level': 'info' } }, /log_level and log-level are the same option/],
    [{ file: { config: '/x' } }, /config cannot be set in a file/],
    [{ file: { generate_systemd: '/x' } }, /generate_systemd cannot be set in a file/],
    [{ env: { CS_FORCE: 'yes' } }, /^CS_FORCE in the environment: expected true or false/],
    // Wrong is wrong, even where the command line overrides it.
    [{ line: '--force', file: { force: 'yes' } }, /agent\.json: force/],
  ];
  for (const [sources, message] of configuration) {
    it(JSON.stringify(sources), () =>
      assert.throws(() => resolve(sources), refused('configuration', message)),
    );
  }

  it('more than 4,096 separate ranges', () => {
    const ports = Array.from({ length: 4097 }, (_, i) => 1 + 2 * i);
    const named = (some: number[]): Sources => ({
      file: { on_draining_block_new_connections_to_ports: some },
    });
    assert.throws(
      () => resolve(named(ports)),
      refused('configuration', /at most 4096 separate ranges of ports, got 4097/),
    );
    assert.equal(resolve(named(ports.slice(1))).config.ports.length, 4096);
  });
});

describe('the file', () => {
  const read = (env: Record<string, string>, ...args: string[]): ResolvedConfig => {
    const commandLine = parseAgentLine(args, '1');
    assert.ok(commandLine.kind === 'run');
    return resolveConfig({ given: commandLine.given, env, cwd: directory });
  };

  it('that is named must be there', () => {
    assert.throws(
      () => read({}, '--config', 'no.json'),
      refused('configuration', `${directory}/no.json: no such file (named by --config)`),
    );
    assert.throws(
      () => read({ CS_CONFIG: 'no.json' }),
      refused('configuration', `${directory}/no.json: no such file (named by CS_CONFIG)`),
    );
    assert.throws(
      () => read({}, '--config', '/etc/cs-instance-watcher.json'),
      refused('configuration', /no such file/),
    );
  });

  it('by default may be absent, also when --config stands bare', () => {
    assert.equal(read({}).config.configFile, '/etc/cs-instance-watcher.json');
    assert.equal(
      read({ CS_CONFIG: 'no.json' }, '--config').config.configFile,
      '/etc/cs-instance-watcher.json',
    );
  });

  it('on the command line wins over the one in the environment', () => {
    writeFileSync(file, '{"force": true}');
    assert.equal(read({ CS_CONFIG: 'no.json' }, '--config', 'agent.json').config.force, true);
  });

  it('that cannot be read says why', () => {
    mkdirSync(join(directory, 'dir'));
    assert.throws(
      () => read({}, '--config', 'dir'),
      refused('configuration', /dir: cannot be read \(EISDIR\)/),
    );
    assert.throws(
      () => read({}, '--config', '/etc/hostname/x'),
      refused('configuration', /cannot be read \(ENOTDIR\)/),
    );
  });
});

describe('settled leniently', () => {
  const lenient = (
    sources: Sources,
  ): ReturnType<typeof resolveLeniently<'runtimeDir' | 'tableOwnership'>> => {
    const commandLine = parseAgentLine((sources.line ?? '').split(' ').filter(Boolean), '1');
    assert.ok(commandLine.kind === 'run');
    if (typeof sources.file === 'string') writeFileSync(file, sources.file);
    return resolveLeniently(['runtimeDir', 'tableOwnership'], {
      given: commandLine.given,
      env: { CS_CONFIG: file, ...sources.env },
      cwd: directory,
    });
  };
  const cases: readonly (readonly [Sources, runtimeDir: string, warnings: readonly RegExp[]])[] = [
    [{ file: '{"runtime_dir": "/f", "force": "perhaps"}' }, '/f', []],
    [{ file: '{"runtime_dir": "/f"}', env: { CS_FORCE: 'perhaps' } }, '/f', []],
    [{ file: '{"runtime_dir": "/f"}', env: { CS_RUNTIME_DIR: '/e' } }, '/e', []],
    [{ file: '{"runtime_dir": "/f"}', env: { CS_RUNTIME_DIR: '/e' }, line: '--runtime-dir /l' }, '/l', []],
    [
      { file: '{"runtime_dir": 7}' },
      '/run/cs-instance-watcher',
      [/agent\.json: runtime_dir: expected a path, got 7; passed over$/],
    ],
    [{ file: '{' }, '/run/cs-instance-watcher', [/agent\.json: is not valid JSON.*; passed over$/]],
    [{ file: '{"forse": 1}' }, '/run/cs-instance-watcher', [/"forse" is not an option; passed over$/]],
    [{}, '/run/cs-instance-watcher', [/agent\.json: no such file \(named by CS_CONFIG\); passed over$/]],
    [
      { file: '{"table_ownership": "plain"}', env: { CS_TABLE_OWNERSHIP: 'mine' } },
      '/run/cs-instance-watcher',
      [/^CS_TABLE_OWNERSHIP in the environment: .*; passed over$/],
    ],
  ];
  for (const [sources, runtimeDir, expected] of cases) {
    it(JSON.stringify(sources), () => {
      const { config, warnings } = lenient(sources);
      assert.equal(config.runtimeDir, runtimeDir);
      assert.equal(warnings.length, expected.length, warnings.join('\n'));
      for (const [index, warning] of expected.entries()) assert.match(warnings[index]!, warning);
    });
  }

  it('takes the next source for what it passes over', () => {
    const sources = { file: '{"table_ownership": "plain"}', env: { CS_TABLE_OWNERSHIP: 'mine' } };
    assert.equal(lenient(sources).config.tableOwnership, 'plain');
  });

  it('does not pass over a mistake on the command line', () => {
    assert.throws(() => lenient({ line: '--table-ownership mine' }), refused('usage', /--table-ownership/));
  });
});

describe('--print-config', () => {
  it('shows value and origin of every option that can be set for a service', () => {
    const rows = printConfig(
      resolve({ line: `${PORTS} 80 8000-8100`, env: { CS_FORCE: 'true' }, file: { region: 'eu-west-1' } }),
    )
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/ {2,}/));
    const row = (name: string): string[] | undefined => rows.find(([first]) => first === name);
    assert.deepEqual(row(PORTS.slice(2)), [PORTS.slice(2), '80 8000-8100', `command line, ${PORTS}`]);
    assert.deepEqual(row('force'), ['force', 'true', 'environment, CS_FORCE']);
    assert.deepEqual(row('region'), ['region', 'eu-west-1', `file, ${file}`]);
    assert.deepEqual(row('api-url'), ['api-url', '-', 'default']);
    assert.equal(rows.length, SETTINGS.length - 3);
  });

  it('as JSON can be read back as a file', () => {
    const resolved = resolve({
      line: `${PORTS} 80 8000-8100 --log-format json --allow-from ::/0 --max-hold 9 --log-file x`,
    });
    const printed = JSON.parse(printConfig(resolved)) as Record<string, { value: unknown; origin: unknown }>;
    assert.deepEqual(printed.log_format, {
      value: 'json',
      origin: { from: 'command-line', name: '--log-format' },
    });
    const { config: _, ...values } = Object.fromEntries(
      Object.entries(printed).map(([key, { value }]) => [key, value]),
    );
    assert.deepEqual(resolve({ file: values }).config, resolved.config);
  });
});
