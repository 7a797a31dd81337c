// install.sh on a host with systemd: what becomes of the service. systemctl is a stand-in that records; a real systemd is met in
// systemd-*.test.ts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { listing, type Outcome, scratchHost, type ScratchHost } from './install-host.ts';
import { standIns, writeTree } from './install-tree.ts';

const HOME = 'opt/cs-instance-watcher';
const TOOL = 'usr/local/sbin/cs-instance-watcher';
const OPERATORS_UNIT = 'etc/systemd/system/cs-instance-watcher.service';
const SERVICE = 'cs-instance-watcher.service';

let scratch: ReturnType<typeof temporaryDirectory>;
let count = 0;

before(() => {
  assert.equal(process.getuid?.(), 0, 'install.sh is tested as root: run this as root');
  scratch = temporaryDirectory();
  for (const version of ['1.0.0', '1.1.0']) writeTree(join(scratch.path, version), standIns(version));
});
after(() => scratch.close());

function bootedHost(): ScratchHost {
  count += 1;
  const path = join(scratch.path, `host ${count}`);
  mkdirSync(path);
  return scratchHost(path, { booted: true });
}

function installerOf(version: string): string {
  return join(scratch.path, version, 'install.sh');
}

/** While `use` runs, the service is a process with these arguments, and with this environment. */
async function withService(
  host: ScratchHost,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv },
  use: () => Promise<void>,
): Promise<void> {
  const service = spawn('/bin/sh', ['-c', 'read -r _', 'sh', ...args], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    host.write('run/service/pid', `${service.pid}\n`);
    await use();
  } finally {
    service.kill('SIGKILL');
  }
}

async function done(promise: Promise<Outcome>): Promise<string> {
  const { status, stdout, stderr } = await promise;
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return stdout;
}

/** A host on which the service runs in version 1.0.0. */
async function runningHost(): Promise<ScratchHost> {
  const host = bootedHost();
  await done(host.run(installerOf('1.0.0'), ['--enable']));
  host.write('run/calls', '');
  host.write('run/asked', '');
  return host;
}

/** What was asked of systemctl, without what only looks. */
function actions(host: ScratchHost): string[] {
  return host.calls().filter((call) => call !== '' && !/^systemctl (is-active|is-failed|show)/.test(call));
}

function installed(host: ScratchHost): string[] {
  return ['opt', 'usr', 'etc'].flatMap((name) => listing(join(host.path, name)));
}

describe('a service that does not run', () => {
  it('is not started, and the next steps are told', async () => {
    const host = bootedHost();
    const said = await done(host.run(installerOf('1.0.0'), []));
    assert.match(
      said,
      /next: set the ports in \/etc\/cs-instance-watcher\.json.*systemctl enable --now cs-instance-watcher/s,
    );
    assert.deepEqual(actions(host), ['systemctl daemon-reload']);
    await done(host.run(installerOf('1.1.0'), []));
    assert.deepEqual(actions(host), ['systemctl daemon-reload', 'systemctl daemon-reload']);
    assert.deepEqual(host.asked(), []);
  });

  it('is started and enabled by --enable', async () => {
    const host = bootedHost();
    const said = await done(host.run(installerOf('1.0.0'), ['--enable']));
    assert.match(said, /no ports are given yet: .*\/etc\/cs-instance-watcher\.json, then systemctl reload /);
    assert.doesNotMatch(said, /next:/);
    assert.deepEqual(actions(host), [
      'systemctl daemon-reload',
      `systemctl enable ${SERVICE}`,
      `systemctl start ${SERVICE}`,
    ]);
    assert.equal(host.read('run/service/active'), '1.0.0\n');
    assert.doesNotMatch(await done(host.run(installerOf('1.0.0'), ['--enable'])), /no ports/);
  });

  it('that does not start by --enable is an error, and stays installed', async () => {
    const host = bootedHost();
    host.write('run/service/never-ready-1.0.0', '');
    const { status, stderr } = await host.run(installerOf('1.0.0'), ['--enable']);
    assert.deepEqual([status, host.link(`${HOME}/current`)], [1, '1.0.0']);
    assert.match(stderr, /does not start: journalctl -u cs-instance-watcher\n$/);
  });
});

describe('an upgrade of a running service', () => {
  it('restarts it once, and never runs cleanup', async () => {
    const host = await runningHost();
    assert.match(
      await done(host.run(installerOf('1.1.0'), [])),
      /1\.1\.0 is installed, and the service runs it;/,
    );
    assert.deepEqual(actions(host), ['systemctl daemon-reload', `systemctl try-restart ${SERVICE}`]);
    assert.equal(host.read('run/service/active'), '1.1.0\n');
    assert.deepEqual(host.asked(), ['1.1.0 --print-config']);
  });

  it('to the version that runs does not restart it', async () => {
    const host = await runningHost();
    await done(host.run(installerOf('1.0.0'), []));
    assert.deepEqual(actions(host), []);
  });

  it('that does not become ready is taken back', async () => {
    const host = await runningHost();
    const whole = installed(host);
    host.write('run/service/never-ready-1.1.0', '');
    const { status, stderr } = await host.run(installerOf('1.1.0'), []);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /1\.1\.0 does not become ready: journalctl -u cs-instance-watcher\ninstall\.sh: 1\.0\.0 is in force again\n$/,
    );
    assert.equal(host.read('run/service/active'), '1.0.0\n');
    assert.deepEqual(installed(host), whole);
    assert.deepEqual(actions(host), [
      'systemctl daemon-reload',
      `systemctl try-restart ${SERVICE}`,
      'systemctl daemon-reload',
      `systemctl restart ${SERVICE}`,
    ]);
    assert.ok(host.asked().every((line) => !line.includes('cleanup')));
  });

  it('that ends a moment after its start, in a unit that tells no readiness, is taken back', async () => {
    const host = await runningHost();
    host.write('run/service/type', 'simple\n');
    host.write('run/service/dies-1.1.0', '');
    const { status } = await host.run(installerOf('1.1.0'), []);
    assert.deepEqual(
      [status, host.link(`${HOME}/current`), host.read('run/service/active')],
      [1, '1.0.0', '1.0.0\n'],
    );
  });

  it('keeps the version before the one it goes back to', async () => {
    const host = await runningHost();
    await done(host.run(installerOf('1.1.0'), []));
    const whole = installed(host);
    writeTree(join(scratch.path, '1.2.0'), standIns('1.2.0'));
    host.write('run/service/never-ready-1.2.0', '');
    assert.equal((await host.run(installerOf('1.2.0'), [])).status, 1);
    assert.deepEqual(installed(host), whole);
  });

  it('is refused when the new version does not take the configuration file', async () => {
    const host = await runningHost();
    host.write('etc/cs-instance-watcher.json', '{"gone-in-1.1": true}');
    host.write('etc/refused-by-1.1.0', 'gone-in-1.1');
    const whole = installed(host);
    const { status, stderr } = await host.run(installerOf('1.1.0'), []);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^install\.sh: .*1\.1\.0 does not take the options of the running service, which goes on: cs-instance-watcher: gone-in-1\.1 is not an option\n$/,
    );
    assert.deepEqual([installed(host), actions(host)], [whole, []]);
  });

  it('asks the new version with the options of the process, whatever is in them', async () => {
    const host = await runningHost();
    const args = [
      ...[
        '--log-file',
        '/var/log/a b $HOME `id` "q" \'r\' é\n\\.log',
        '--script-dir',
        '/srv/cs-instance-watcher',
      ],
      ...['--on-draining-block-new-connections-to-ports', '80', '443', '--force'],
    ];
    const program = '/opt/cs-instance-watcher/1.0.0/lib/cs-instance-watcher.cjs';
    await withService(host, { args: [program, ...args] }, async () => {
      await done(host.run(installerOf('1.1.0'), []));
      assert.deepEqual(host.asked().join('\n'), `1.1.0 --print-config ${args.join(' ')}`);
      host.write('etc/refused-by-1.0.0', '--force');
      assert.equal((await host.run(installerOf('1.0.0'), ['rollback'])).status, 1);
      assert.equal(host.link(`${HOME}/current`), '1.1.0');
    });
  });

  it('asks it with the settings in the environment of the service', async () => {
    const host = await runningHost();
    await withService(host, { env: { CS_LOG_LEVEL: 'chatty', ODD: 'a b\nCS_FORCE=1' } }, async () => {
      host.write('etc/refused-by-1.1.0', 'chatty');
      const { status, stderr } = await host.run(installerOf('1.1.0'), []);
      assert.equal(status, 1);
      assert.match(stderr, /chatty is not an option/);
      assert.doesNotMatch(host.read('run/environment'), /^CS_FORCE/m);
    });
  });

  it('takes neither keys nor commands from that environment', async () => {
    const host = await runningHost();
    const command = join(scratch.path, 'command');
    writeFileSync(command, '#!/bin/sh\ntouch /run/was-run\n', { mode: 0o755 });
    // `env` takes a variable of this name for an option, and runs its value.
    const env = {
      '--split-string': command,
      AWS_SECRET_ACCESS_KEY: 'a-key',
      CS_NATIVE_DIR: '/tmp',
      CS_FORCE: '1',
    };
    await withService(host, { env }, async () => {
      await done(host.run(installerOf('1.1.0'), []));
      assert.ok(!host.has('run/was-run'));
      assert.match(host.read('run/environment'), /^CS_FORCE=1$/m);
      assert.doesNotMatch(host.read('run/environment'), /a-key|^CS_NATIVE_DIR/m);
    });
  });
});

describe('rollback of a running service', () => {
  it('restarts it in the version before, and forward again', async () => {
    const host = await runningHost();
    await done(host.run(installerOf('1.1.0'), []));
    for (const version of ['1.0.0', '1.1.0']) {
      await done(host.run('/opt/cs-instance-watcher/current/install.sh', ['rollback']));
      assert.deepEqual(
        [host.link(`${HOME}/current`), host.read('run/service/active')],
        [version, `${version}\n`],
      );
    }
    assert.ok(host.asked().every((line) => !line.includes('cleanup')));
  });
});

describe('uninstall on a host', () => {
  it('stops the service, opens the ports, then disables and removes', async () => {
    const host = await runningHost();
    const said = await done(host.run('/opt/cs-instance-watcher/current/install.sh', ['uninstall']));
    assert.match(said, /^drain table removed\n/);
    assert.deepEqual(actions(host), [
      `systemctl stop ${SERVICE}`,
      `systemctl disable ${SERVICE}`,
      'systemctl daemon-reload',
    ]);
    assert.deepEqual(host.asked(), ['1.0.0 cleanup']);
    assert.ok(!host.has(HOME) && !host.has(TOOL));
  });

  it('opens them with the lock and the record that the unit has elsewhere', async () => {
    const host = await runningHost();
    for (const name of ['run/watch', 'var/lib/watch']) mkdirSync(join(host.path, name));
    host.write(
      'run/service/exec-start',
      '{ path=/usr/local/sbin/cs-instance-watcher ; argv[]=/usr/local/sbin/cs-instance-watcher --runtime-dir /run/watch --state-dir=/var/lib/watch --config /etc/gone.json --force ; ignore_errors=no ; pid=0 }\n',
    );
    await done(host.run(installerOf('1.0.0'), ['uninstall']));
    assert.deepEqual(host.asked(), ['1.0.0 cleanup --runtime-dir /run/watch --state-dir /var/lib/watch']);
  });

  it("in a chroot leaves the firewall, which is the host's", async () => {
    const host = await runningHost();
    const jail = join(host.path, 'jail');
    for (const name of ['bin', 'usr', 'lib', 'lib64', 'opt', 'etc', 'run', 'var', 'proc', 'dev'])
      mkdirSync(join(jail, name), { recursive: true });
    await done(host.run(installerOf('1.0.0'), ['--root', jail]));
    const binds = ['bin', 'usr/bin', 'lib', 'lib64', 'usr/lib', 'dev'];
    for (const name of binds) mkdirSync(join(jail, name), { recursive: true });
    const prelude = binds.map((name) => `mount --bind /${name} '${jail}/${name}'`).join(' && ');
    // Processes of their own: the first of them is outside of the jail.
    const enter = `mount -t proc proc '${jail}/proc' && /usr/sbin/chroot '${jail}' dash "$@"; exit $?`;
    const shell = ['unshare', '--pid', '--fork', 'sh', '-c', enter, 'sh'];
    await done(host.run('/opt/cs-instance-watcher/current/install.sh', ['uninstall'], { shell, prelude }));
    assert.ok(!host.has('jail/opt/cs-instance-watcher'));
    assert.ok(!host.has('jail/run/asked'));
  });

  it('changes nothing while an agent runs that systemd did not start', async () => {
    const host = await runningHost();
    host.write('run/cleanup-status', '75');
    const whole = installed(host);
    assert.equal((await host.run(installerOf('1.0.0'), ['uninstall'])).status, 1);
    assert.deepEqual(installed(host), whole);
  });

  it('goes on when the ports cannot be opened, and says how to', async () => {
    const host = await runningHost();
    host.write('run/cleanup-status', '1');
    const { status, stderr } = await host.run(installerOf('1.0.0'), ['uninstall']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /may still be closed \(drain table removed\): nft delete table inet cs-instance-watcher\n$/,
    );
    assert.ok(!host.has(HOME));
  });

  it('leaves a unit in /etc and what enables it, and names it', async () => {
    const host = await runningHost();
    mkdirSync(join(host.path, 'etc/systemd/system'), { recursive: true });
    host.write(OPERATORS_UNIT, '');
    host.write('run/calls', '');
    const said = await done(host.run(installerOf('1.0.0'), ['uninstall', '--purge']));
    assert.ok(said.includes(`/${OPERATORS_UNIT}`), said);
    assert.match(said, /that unit would fail at every start, .*: systemctl disable cs-instance-watcher\n$/);
    assert.deepEqual(actions(host), [`systemctl stop ${SERVICE}`, 'systemctl daemon-reload']);
    assert.ok(host.has(OPERATORS_UNIT));
  });
});

describe('a host that has the Python tool', () => {
  function pythonHost(): ScratchHost {
    const host = bootedHost();
    for (const directory of ['usr/local/sbin', 'etc/systemd/system'])
      mkdirSync(join(host.path, directory), { recursive: true });
    host.write(TOOL, '#!/usr/bin/python3\n');
    host.write(OPERATORS_UNIT, '[Service]\nExecStart=/usr/local/sbin/cs-instance-watcher\n');
    host.write('run/service/type', 'simple\n');
    host.write('run/service/active', 'python\n');
    return host;
  }

  it('has it replaced under its own unit, and back after uninstall', async () => {
    const host = pythonHost();
    const said = await done(host.run(installerOf('1.0.0'), []));
    assert.ok(said.includes(`/${OPERATORS_UNIT} stays in force`), said);
    assert.ok(said.includes(`/${TOOL} was there: kept as`), said);
    assert.equal(host.read('run/service/active'), '1.0.0\n');
    assert.doesNotMatch(await done(host.run(installerOf('1.0.0'), ['uninstall', '--purge'])), /would fail/);
    assert.equal(host.read(TOOL), '#!/usr/bin/python3\n');
    assert.ok(host.has(OPERATORS_UNIT));
  });

  it('has it back, running, when the new program does not stay', async () => {
    const host = pythonHost();
    host.write('run/service/dies-1.0.0', '');
    const { status, stderr } = await host.run(installerOf('1.0.0'), []);
    assert.equal(status, 1);
    assert.match(stderr, /what was there before is in force again\n$/);
    assert.equal(host.read('run/service/active'), 'python\n');
    assert.equal(host.read(TOOL), '#!/usr/bin/python3\n');
    // It does not start beside a configuration file.
    assert.ok(!host.has('etc/cs-instance-watcher.json') && !host.has(HOME));
  });
});

describe('a host that has the .deb or the .rpm too', () => {
  async function uninstalled(host: ScratchHost): Promise<string> {
    const lib = join(host.path, 'lib');
    mkdirSync(join(lib, 'cs-instance-watcher'), { recursive: true });
    const prelude = `mount -t overlay overlay -o lowerdir='${lib}':/usr/lib /usr/lib`;
    return done(host.run(installerOf('1.0.0'), ['uninstall', '--purge'], { prelude }));
  }

  it('is told how to go on with the package, and keeps its configuration and state', async () => {
    const host = await runningHost();
    mkdirSync(join(host.path, 'var/lib/cs-instance-watcher'));
    const said = await uninstalled(host);
    assert.match(said, /the package is in force now; to have it started: systemctl enable --now/);
    assert.ok(host.has('etc/cs-instance-watcher.json') && host.has('var/lib/cs-instance-watcher'));
    assert.deepEqual(host.asked(), ['1.0.0 cleanup']);
  });

  it("whose program the operator's unit runs: service and ports are left to it", async () => {
    const host = await runningHost();
    mkdirSync(join(host.path, 'etc/systemd/system'), { recursive: true });
    host.write(OPERATORS_UNIT, '');
    host.write(
      'run/service/exec-start',
      '{ path=/usr/sbin/cs-instance-watcher ; argv[]=/usr/sbin/cs-instance-watcher ; }\n',
    );
    await uninstalled(host);
    assert.deepEqual(actions(host), ['systemctl daemon-reload']);
    assert.deepEqual(host.asked(), []);
    assert.equal(host.read('run/service/active'), '1.0.0\n');
  });
});

describe('SELinux', () => {
  it('has everything labelled before the service is restarted', async () => {
    const host = await runningHost();
    for (const name of ['selinuxenabled', 'restorecon']) {
      const path = join(host.commands, name);
      writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>/run/calls\n`);
      chmodSync(path, 0o755);
    }
    await done(host.run(installerOf('1.1.0'), []));
    const calls = host.calls();
    const labelled = calls.findIndex((call) =>
      call.startsWith('restorecon -RF /opt/cs-instance-watcher /usr/local/lib/systemd'),
    );
    assert.ok(
      labelled >= 0 && labelled < calls.indexOf(`systemctl try-restart ${SERVICE}`),
      calls.join('\n'),
    );
  });
});

describe('what a run that was interrupted leaves', () => {
  for (const [next, args, expected] of [
    ['the same version', [], ['1.1.0', '1.0.0']],
    ['rollback', ['rollback'], ['1.0.0', null]],
  ] as const) {
    it(`between switch and restart: ${next} restarts the service`, async () => {
      const host = await runningHost();
      writeTree(join(host.path, HOME, '1.1.0'), standIns('1.1.0'));
      symlinkSync('1.0.0', join(host.path, HOME, 'switching-from'));
      await host.run(
        '-c',
        [
          'ln -s 1.1.0 /opt/cs-instance-watcher/x && mv -T /opt/cs-instance-watcher/x /opt/cs-instance-watcher/current',
        ],
        { shell: ['sh'] },
      );
      await done(host.run(installerOf('1.1.0'), args));
      assert.equal(host.link(`${HOME}/current`), expected[0]);
      assert.equal(host.read('run/service/active'), `${expected[0]}\n`);
      assert.ok(actions(host).includes(`systemctl try-restart ${SERVICE}`));
      assert.equal(
        existsSync(join(host.path, HOME, 'previous')) ? host.link(`${HOME}/previous`) : null,
        expected[1],
      );
      assert.ok(!host.has(`${HOME}/switching-from`));
    });
  }
});
