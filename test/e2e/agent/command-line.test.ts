// The program before it becomes an agent: usage, configuration, the unit file, and the status it exits with.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { AGENT, askEverySecond } from '../../fixtures/programs.ts';
import { parseExecStart } from '../../unit/watcher/config/exec-start.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { CREDENTIALS, type Outcome, portArguments, Scene, stopsAtOnce } from './scene.ts';

describe('the program', { concurrency: 4, timeout: 60_000 }, () => {
  it('--help names every option and the exit statuses', async (t) => {
    const scene = await Scene.create(t);
    const { status, stdout, stderr } = await scene.program(['--help']);
    assert.deepEqual([status, stderr], [0, '']);
    for (const option of [
      'api-polling-period',
      'on-draining-block-new-connections-to-ports',
      'force',
      'generate-systemd',
    ]) {
      assert.match(stdout, new RegExp(`^  --${option} `, 'm'));
    }
    assert.match(stdout, /^Exit status: 0 .*, 1 .*, 2 .*\n.*, 75 /m);
  });

  it('--version', async (t) => {
    const scene = await Scene.create(t);
    assert.deepEqual(await scene.program(['--version']), {
      status: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  it('--print-config: command line, environment, file, default, each with its origin', async (t) => {
    const scene = await Scene.create(t);
    const file = scene.path('config.json');
    writeFileSync(
      file,
      JSON.stringify({ api_polling_period: 7, 'stale-context-timeout': 70, hook_timeout: 17 }),
    );
    const env = { CS_API_POLLING_PERIOD: '5', CS_STALE_CONTEXT_TIMEOUT: '50' };
    const args = [
      '--config',
      file,
      '--api-polling-period',
      '3',
      ...portArguments(),
      '--log-format',
      'json',
      '--print-config',
    ];
    const { status, stdout, stderr } = await scene.program(args, env);
    assert.deepEqual([status, stderr], [0, '']);
    const shown = JSON.parse(stdout) as Record<string, { value: unknown; origin: { from: string } }>;
    const of = (key: string) => [shown[key]?.value, shown[key]?.origin.from];
    assert.deepEqual(of('api_polling_period'), [3, 'command-line']);
    assert.deepEqual(of('stale_context_timeout'), [50, 'environment']);
    assert.deepEqual(of('hook_timeout'), [17, 'file']);
    assert.deepEqual(of('log_file_rotate'), ['d,1,7', 'default']);
    const table = await scene.program(['--config', file, '--print-config']);
    assert.match(table.stdout, /^api-polling-period +7 +file, /m);
  });

  const mistakes: readonly (readonly [name: string, args: readonly string[], line: RegExp])[] = [
    [
      'an unknown option',
      ['--api-polling-periods', '5'],
      /unknown option '--api-polling-periods'.*--api-polling-period\b/,
    ],
    ['a word too many', ['start'], /too many arguments|start/],
    [
      'a port that is none',
      ['--on-draining-block-new-connections-to-ports', '80', '99999'],
      /--on-draining-block-new-connections-to-ports: .*99999/,
    ],
    ['--force maybe', ['--force', 'maybe'], /--force: .*maybe/],
    ['a period that is no number', ['--api-polling-period', 'often'], /--api-polling-period: .*often/],
    ['a rotation of no unit', ['--log-file-rotate', 'x,1,7'], /--log-file-rotate: /],
    ['a state that is none', ['--instance-state', '../x'], /--instance-state: /],
    ['a URL that is none', ['--api-url', 'api'], /--api-url: /],
    [
      'a named file that is absent',
      ['--config', '/nonexistent/config.json'],
      /\/nonexistent\/config\.json: no such file \(named by --config\)/,
    ],
    ['a file that is a directory', ['--config', '/'], /\/: cannot be read \(EISDIR\)/],
    [
      'a unit that cannot be written',
      ['--generate-systemd', '/nonexistent/a.service'],
      /\/nonexistent\/a\.service: the unit cannot be written \(ENOENT\)/,
    ],
  ];
  for (const [name, args, line] of mistakes) {
    it(`status 2 and one line: ${name}`, async (t) => {
      const scene = await Scene.create(t);
      isMistake(await scene.program(args), line);
      assert.deepEqual(readdirSync(scene.directory), ['scripts'], 'nothing was made');
    });
  }

  const files: readonly (readonly [name: string, content: string, line: RegExp])[] = [
    ['no JSON', '{"force": true', /config\.json: is not valid JSON/],
    ['no object', '["force"]', /config\.json: expected a JSON object/],
    ['a key that is no option', '{"foo": 1}', /config\.json: "foo" is not an option/],
    [
      'a key twice',
      '{"script_dir": "/a", "script-dir": "/b"}',
      /config\.json: script_dir and script-dir are the same option, keep one/,
    ],
    ['a value of the wrong type', '{"api_polling_period": {"s": 1}}', /config\.json: api_polling_period: /],
    [
      'a port that is none',
      '{"on_draining_block_new_connections_to_ports": ["http"]}',
      /config\.json: on_draining_block_new_connections_to_ports: .*http/,
    ],
    [
      'an option that belongs on the command line',
      '{"generate_systemd": "/a"}',
      /config\.json: generate_systemd cannot be set in a file/,
    ],
  ];
  for (const [name, content, line] of files) {
    it(`status 2 and one line: a configuration file with ${name}`, async (t) => {
      const scene = await Scene.create(t);
      writeFileSync(scene.path('config.json'), content);
      isMistake(await scene.program(['--config', 'config.json']), line);
    });
  }

  for (const args of [['plan'], ['status'], ['--print-config']]) {
    it(`status 1 and one line: ${args.join(' ')} to a full disk`, async (t) => {
      const scene = await Scene.create(t);
      const { status, stderr } = await scene.try('sh', ['-c', 'exec "$0" "$@" >/dev/full', AGENT, ...args]);
      assert.equal(status, 1);
      assert.match(stderr, /^cs-instance-watcher: the output could not be written: ENOSPC[^\n]*\n$/);
    });
  }

  it('status 1 and one line without the addon, from the agent and from cleanup', async (t) => {
    const scene = await Scene.create(t);
    const directories = ['--state-dir', scene.path('state'), '--runtime-dir', scene.path('run')];
    for (const args of [[], ['cleanup']]) {
      const { status, stderr } = await scene.program([...args, ...directories], {
        CS_NATIVE_DIR: '/nonexistent',
      });
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^cs-instance-watcher: cannot load the native addon [^\n]*\n$/);
    }
  });

  it('status 2 and one line: an environment that cannot be used', async (t) => {
    const scene = await Scene.create(t);
    const directories = ['--state-dir', scene.path('state'), '--runtime-dir', scene.path('run')];
    const { status, stderr } = await scene.program(
      [...askEverySecond(scene.api), ...directories, '--log-level', 'error'],
      {
        ...CREDENTIALS,
        AWS_CA_BUNDLE: '/nonexistent/ca.pem',
      },
    );
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^cs-instance-watcher: AWS_CA_BUNDLE: \/nonexistent\/ca\.pem [^\n]+\n$/);
  });
});

/** Variables that are set are told of as left out of the unit. */
const NOTHING_SET = { CS_CONFIG: '' };

describe('--generate-systemd', { concurrency: 4, timeout: 60_000 }, () => {
  it('writes a unit that starts the very program with the very options, beside an agent and without a trace', async (t) => {
    const scene = await Scene.create(t);
    const holder = scene.start();
    await holder.log.waitFor('state-changed');
    const polls = scene.api.polls.length;
    const runtime = readdirSync(scene.path('run'));
    const unit = scene.path('watcher.service');
    const log = scene.path('a log $HOME 100% "quoted".json');
    const options = [
      ...askEverySecond(scene.api),
      ...portArguments(),
      ...['--state-dir', 'state', '--runtime-dir', scene.path('run'), '--script-dir', scene.scripts],
      ...['--log-file', log, '--log-format', 'json', '--force'],
    ];
    // By a relative path, as from the directory in which the program lies.
    const program = relative(scene.directory, AGENT);
    const written = await scene.try(program, [...options, '--generate-systemd', unit], NOTHING_SET);
    const next = `unit written to ${unit}; next: systemctl daemon-reload && systemctl enable watcher.service && systemctl restart watcher.service\n`;
    assert.deepEqual(written, { status: 0, stdout: next, stderr: '' });
    assert.equal(statSync(unit).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(scene.directory).sort(), ['run', 'scripts', 'state', 'watcher.service']);
    assert.deepEqual(readdirSync(scene.path('run')), runtime);
    assert.equal(await scene.ruleset(), '');
    assert.ok(scene.api.polls.every(({ headers }) => headers.authorization !== undefined));
    assert.ok(scene.api.polls.length - polls <= 4, 'only the agent polled');

    const text = readFileSync(unit, 'utf8');
    assert.match(text, /^Type=notify$/m);
    assert.match(text, /^RestartPreventExitStatus=2 75$/m);
    const command = parseExecStart(/^ExecStart=(.*)$/m.exec(text)![1]!);
    assert.equal(command[0], AGENT);
    assert.ok(!command.some((word) => word.includes('systemd')));
    assert.equal(command[command.indexOf('--state-dir') + 1], scene.path('state'));
    assert.equal(command[command.indexOf('--log-file') + 1], log);

    await stopsAtOnce(holder);
    const [started, ...args] = command;
    const child = scene.namespace.spawn(started!, args, {
      stdio: 'ignore',
      cwd: '/',
      env: { PATH: process.env.PATH, ...CREDENTIALS },
    });
    t.after(() => child.kill('SIGKILL'));
    await scene.api.further(2);
    assert.match(readFileSync(log, 'utf8'), /"event":"started"/);
  });

  it('written by an installed program goes through current, so that it starts the next version', async (t) => {
    const scene = await Scene.create(t);
    const installation = scene.path('opt');
    const install = (version: string): void => {
      mkdirSync(join(installation, version, 'bin'), { recursive: true });
      copyFileSync(AGENT, join(installation, version, 'bin/cs-instance-watcher'));
      for (const room of ['lib', 'native', 'runtime'])
        symlinkSync(join(dirname(AGENT), '..', room), join(installation, version, room));
      rmSync(join(installation, 'current'), { force: true });
      symlinkSync(version, join(installation, 'current'));
    };
    install('1');
    const through = join(installation, 'current/bin/cs-instance-watcher');
    symlinkSync(through, scene.path('linked'));
    const unit = scene.path('watcher.service');
    const calls = [
      [through, through],
      [join(installation, '1/bin/cs-instance-watcher'), through],
      [scene.path('linked'), scene.path('linked')],
    ] as const;
    for (const [called, started] of calls) {
      const { status, stderr } = await scene.try(called, ['--generate-systemd', unit], NOTHING_SET);
      assert.deepEqual([status, stderr], [0, '']);
      const command = parseExecStart(/^ExecStart=(.*)$/m.exec(readFileSync(unit, 'utf8'))![1]!);
      assert.deepEqual(command, [started]);
    }
    install('2');
    rmSync(join(installation, '1'), { recursive: true });
    for (const [, started] of calls) {
      const { status, stdout } = await scene.try(started, ['--version'], NOTHING_SET);
      assert.deepEqual([status, stdout], [0, `${manifest.version}\n`]);
    }
  });

  it('replaces the unit of before, and refuses to replace what is no file', async (t) => {
    const scene = await Scene.create(t);
    const unit = scene.path('watcher.service');
    writeFileSync(unit, 'old', { mode: 0o600 });
    const again = await scene.program(['--generate-systemd', unit], { ...NOTHING_SET, CS_FORCE: 'true' });
    assert.deepEqual(
      [again.status, again.stderr],
      [0, 'cs-instance-watcher: CS_FORCE is set here but not in the unit: give it as an option\n'],
    );
    assert.match(readFileSync(unit, 'utf8'), /^ExecStart=/m);
    assert.deepEqual(
      readdirSync(scene.directory).sort(),
      ['scripts', 'watcher.service'],
      'no half-written file is left',
    );
    isMistake(
      await scene.program(['--generate-systemd', '/dev/null']),
      /\/dev\/null: the unit cannot be written/,
    );
  });

  it('--do-not-generate-systemd suppresses it', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start(['--generate-systemd', scene.path('a.service'), '--do-not-generate-systemd']);
    await agent.log.waitFor('state-changed');
    assert.deepEqual(
      readdirSync(scene.directory).filter((name) => name.endsWith('.service')),
      [],
    );
    await stopsAtOnce(agent);
  });
});

describe('options of the field', { concurrency: 4, timeout: 60_000 }, () => {
  const clamped: readonly (readonly [given: string, warning: RegExp])[] = [
    ['0', /--api-polling-period: /],
    ['0.5', /--api-polling-period: /],
  ];
  for (const [given, warning] of clamped) {
    it(`a period of ${given} s is 1 s, with a warning`, async (t) => {
      const scene = await Scene.create(t);
      const agent = scene.start(['--api-polling-period', given]);
      const told = await agent.log.waitFor('configuration');
      assert.match(String(told.message), warning);
      await scene.api.further(3);
      const [first, second] = scene.api.polls.slice(-2).map(({ atMs }) => atMs);
      assert.ok(second! - first! > 700, 'no faster than once a second');
    });
  }

  it('options given bare take their defaults', async (t) => {
    const scene = await Scene.create(t);
    const bare = [
      '--api-polling-period',
      '--stale-context-timeout',
      '--log-file',
      '--log-file-rotate',
      '--force',
    ];
    const { status, stdout } = await scene.program([...bare, '--log-format', 'json', '--print-config']);
    assert.equal(status, 0);
    const shown = JSON.parse(stdout) as Record<string, { value: unknown }>;
    assert.deepEqual(
      ['api_polling_period', 'stale_context_timeout', 'log_file_rotate', 'force'].map(
        (key) => shown[key]?.value,
      ),
      [10, 300, 'd,1,7', true],
    );
  });

  it('a configuration file in snake_case drives the agent', async (t) => {
    const scene = await Scene.create(t);
    const file = scene.path('config.json');
    writeFileSync(
      file,
      JSON.stringify({
        api_polling_period: 1,
        on_draining_block_new_connections_to_ports: [80, '8000-8010'],
        instance_state: 'draining',
      }),
    );
    const [, apiUrl, , id, , region] = askEverySecond(scene.api);
    const agent = scene.startWith(
      ['--config', file, '--api-url', apiUrl!, '--instance-id', id!, '--region', region!],
      { env: CREDENTIALS },
    );
    const installed = await agent.log.waitFor('table-installed');
    assert.equal(installed.ports, '80 8000-8010');
  });
});

function isMistake({ status, stdout, stderr }: Outcome, line: RegExp): void {
  assert.equal(status, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, line);
  assert.match(stderr, /^cs-instance-watcher: [^\n]+\n$/);
}
