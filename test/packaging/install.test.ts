// install.sh on images (--root), and what it refuses. In test/packaging as it needs root: nothing of this host is changed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { listing, type Outcome, type RunOptions, scratchHost, type ScratchHost } from './install-host.ts';
import { builtPrograms, type Files, standIns, writeTree } from './install-tree.ts';

const HOME = 'opt/cs-instance-watcher';
const UNIT = 'usr/local/lib/systemd/system/cs-instance-watcher.service';
const WANTS = 'etc/systemd/system/multi-user.target.wants/cs-instance-watcher.service';
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  dash: ['dash'],
  busybox: ['busybox', 'sh'],
  bash: ['bash', '--posix'],
};

let scratch: ReturnType<typeof temporaryDirectory>;
let host: ScratchHost;
let count = 0;

before(() => {
  assert.equal(process.getuid?.(), 0, 'install.sh is tested as root: run this as root');
  scratch = temporaryDirectory();
  host = scratchHost(fresh('host'), { booted: false });
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) writeTree(tree(version), standIns(version));
});
after(() => scratch.close());

/** A directory of its own for each that asks. */
function fresh(name: string): string {
  count += 1;
  const path = join(scratch.path, `${count}`, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function tree(version: string): string {
  return join(scratch.path, 'trees', version);
}

function installerOf(version: string): string {
  return join(tree(version), 'install.sh');
}

function current(root: string): string {
  return readlinkSync(join(root, HOME, 'current'));
}

function previous(root: string): string {
  return readlinkSync(join(root, HOME, 'previous'));
}

async function done(promise: Promise<Outcome>): Promise<string> {
  const { status, stdout, stderr } = await promise;
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return stdout;
}

function install(
  root: string,
  version: string,
  args: readonly string[] = [],
  options?: RunOptions,
): Promise<string> {
  return done(host.run(installerOf(version), ['--root', root, ...args], options));
}

function command(root: string, args: readonly string[]): Promise<string> {
  return done(host.run(installerOf('1.0.0'), [...args, '--root', root]));
}

/** It ends with this status and one line. */
async function refused(outcome: Promise<Outcome>, status: number, line: RegExp): Promise<void> {
  const { status: found, stderr } = await outcome;
  assert.match(stderr, line);
  assert.match(stderr, /^install\.sh: [^\n]+\n$/, 'one line');
  assert.equal(found, status);
}

describe('an installation', () => {
  for (const [name, shell] of Object.entries(SHELLS)) {
    it(`is made by ${name}`, async () => {
      const root = fresh('an image');
      await install(root, '1.0.0', [], { shell });
      assert.equal(current(root), '1.0.0');
      assert.deepEqual(
        listing(join(root, HOME, '1.0.0')),
        listing(tree('1.0.0')),
        'what is installed is the tree, modes and all',
      );
      assert.equal(
        readlinkSync(join(root, 'usr/local/sbin/cs-instance-watcher')),
        '/opt/cs-instance-watcher/current/bin/cs-instance-watcher',
      );
      assert.equal(
        readlinkSync(join(root, 'usr/local/bin/cs-interact')),
        '/opt/cs-instance-watcher/current/bin/cs-interact',
      );
      assert.equal(
        readlinkSync(join(root, 'usr/local/share/man/man8/cs-instance-watcher.8')),
        '/opt/cs-instance-watcher/current/share/man/man8/cs-instance-watcher.8',
      );
      assert.match(readFileSync(join(root, UNIT), 'utf8'), /^# 1\.0\.0/);
      assert.deepEqual(JSON.parse(readFileSync(join(root, 'etc/cs-instance-watcher.json'), 'utf8')), {
        'on-draining-block-new-connections-to-ports': [],
      });
      assert.ok(statSync(join(root, 'etc/cs-instance-watcher.d/draining')).isDirectory());
      assert.ok(!existsSync(join(root, WANTS)), 'not enabled unless asked');
    });
  }

  it('needs no more than busybox', async () => {
    const jail = fresh('jail');
    mkdirSync(join(jail, 'image'));
    installBusybox(jail);
    for (const version of ['1.0.0', '1.1.0']) cpSync(tree(version), join(jail, version), { recursive: true });
    const say = (...args: string[]): string =>
      execFileSync('/usr/sbin/chroot', [jail, '/bin/busybox', 'sh', ...args, '--root', '/image'], {
        env: { PATH: '/bin' },
        encoding: 'utf8',
      });
    say('/1.0.0/install.sh', '--enable');
    say('/1.1.0/install.sh');
    assert.equal(current(join(jail, 'image')), '1.1.0');
    assert.equal(
      readlinkSync(join(jail, 'image', WANTS)),
      '/usr/local/lib/systemd/system/cs-instance-watcher.service',
    );
    say('/image/opt/cs-instance-watcher/1.0.0/install.sh', 'rollback');
    assert.equal(current(join(jail, 'image')), '1.0.0');
    say('/1.0.0/install.sh', 'uninstall', '--purge');
    assert.deepEqual(filesIn(join(jail, 'image')), []);
  });

  it('done again changes nothing, and says so', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    const before = stamps(root);
    assert.match(await install(root, '1.0.0'), /installed already: nothing to do/);
    assert.deepEqual(stamps(root), before);
  });

  it('done again repairs what is missing or changed', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    const whole = listing(root);
    rmSync(join(root, HOME, '1.0.0/bin'), { recursive: true });
    appendFileSync(join(root, HOME, '1.0.0/runtime/node'), 'x');
    chmodSync(join(root, HOME, '1.0.0/VERSION'), 0o600);
    rmSync(join(root, UNIT));
    rmSync(join(root, 'usr/local/bin/cs-interact'));
    assert.match(await install(root, '1.0.0'), /is repaired/);
    assert.deepEqual(listing(root), whole);
  });

  it('keeps the configuration and the script directory as they are', async () => {
    const root = fresh('image');
    mkdirSync(join(root, 'etc/cs-instance-watcher.d'), { recursive: true });
    writeFileSync(join(root, 'etc/cs-instance-watcher.json'), '{"api-polling-period": 5}');
    await install(root, '1.0.0');
    await install(root, '1.1.0');
    assert.equal(
      readFileSync(join(root, 'etc/cs-instance-watcher.json'), 'utf8'),
      '{"api-polling-period": 5}',
    );
    assert.deepEqual(filesIn(join(root, 'etc/cs-instance-watcher.d')), []);
    assert.ok(!existsSync(join(root, 'etc/cs-instance-watcher.d/draining')));
  });

  it('is readable by everyone, whatever the umask and the modes of the tarball', async () => {
    const mine = join(fresh('trees'), 'mine');
    cpSync(tree('1.0.0'), mine, { recursive: true });
    execFileSync('chmod', ['-R', 'g+w,o-rwx', mine]);
    execFileSync('chown', ['-R', '1000:1000', mine]);
    const [root, strict] = [fresh('image'), fresh('image')];
    await done(host.run(join(mine, 'install.sh'), ['--root', root], { prelude: 'umask 077' }));
    await install(strict, '1.0.0');
    assert.deepEqual(listing(join(root, 'opt')), listing(join(strict, 'opt')));
    assert.equal(statSync(join(root, 'opt')).mode & 0o777, 0o755);
  });

  it('is not led astray by IFS, CDPATH and the language', async () => {
    const root = fresh('image');
    const env = {
      IFS: '/',
      CDPATH: '/tmp:/',
      LC_ALL: 'fr_FR.UTF-8',
      LANG: 'fr_FR.UTF-8',
      GREP_OPTIONS: '-v',
    };
    await install(root, '1.0.0', [], { env });
    assert.equal(current(root), '1.0.0');
  });

  it('works from a directory in which nothing can be executed', async () => {
    const noexec = fresh('tarball');
    const prelude = `mount -t tmpfs -o noexec tmpfs '${noexec}' && cp -r '${tree('1.0.0')}' '${noexec}/t'`;
    const other = scratchHost(fresh('host'), { booted: false });
    await done(other.run(join(noexec, 't/install.sh'), [], { prelude }));
    assert.equal(other.link(`${HOME}/current`), '1.0.0');
  });

  it('is refused where nothing can be executed below /opt, told by name', async () => {
    const other = scratchHost(fresh('host'), { booted: false });
    const prelude = 'mount -t tmpfs -o noexec tmpfs /opt';
    await refused(other.run(installerOf('1.0.0'), [], { prelude }), 1, /mounted noexec \(findmnt -T \/opt\)/);
    assert.deepEqual(
      filesIn(other.path).filter((name) => /^(etc|usr)\//.test(name)),
      [],
    );
  });

  it('is whole, though nobody reads what it says', async () => {
    const root = fresh('image');
    mkdirSync(join(root, 'usr/local/sbin'), { recursive: true });
    // Kept aside, and told, in the middle of the work.
    writeFileSync(join(root, 'usr/local/sbin/cs-instance-watcher'), '#!/usr/bin/python3\n');
    const shell = ['bash', '-c', 'set -o pipefail; dash "$@" | exec true', 'bash'];
    await install(root, '1.0.0', [], { shell });
    assert.equal(current(root), '1.0.0');
    assert.ok(!existsSync(join(root, HOME, 'switching-from')));
  });

  it('of the built programs runs', async () => {
    const real = writeTree(join(fresh('trees'), 'real'), { ...standIns('9.0.0'), ...builtPrograms() });
    const other = scratchHost(fresh('host'), { booted: false });
    assert.match(await done(other.run(join(real, 'install.sh'), [])), /next: set the ports/);
    const shown = await done(
      other.run('/usr/local/sbin/cs-instance-watcher', ['--print-config'], { shell: [] }),
    );
    assert.match(
      shown,
      /on-draining-block-new-connections-to-ports +- +file, \/etc\/cs-instance-watcher\.json/,
    );
    assert.match(await done(other.run('/usr/local/bin/cs-interact', ['--help'], { shell: [] })), /Usage/);
    await done(other.run('/opt/cs-instance-watcher/current/install.sh', ['uninstall', '--purge']));
    assert.deepEqual(filesIn(join(other.path, 'opt')).concat(filesIn(join(other.path, 'usr'))), []);
  });

  it('enables the unit offline, with systemctl and without', async () => {
    const [asked, byHand] = [fresh('an image'), fresh('an image')];
    await install(asked, '1.0.0', ['--enable']);
    await install(byHand, '1.0.0', ['--enable'], { prelude: 'mount --bind /dev/null /usr/bin/systemctl' });
    const target = '/usr/local/lib/systemd/system/cs-instance-watcher.service';
    for (const root of [asked, byHand]) assert.equal(readlinkSync(join(root, WANTS)), target);
    await command(asked, ['uninstall']);
    await command(byHand, ['uninstall']);
    for (const root of [asked, byHand]) assert.throws(() => readlinkSync(join(root, WANTS)));
  });

  it('in an image starts nothing, asks nothing, and holds nothing of this host', async () => {
    const root = fresh('image');
    const booted = scratchHost(fresh('host'), { booted: true });
    booted.write('run/service/active', '1.0.0\n');
    await done(booted.run(installerOf('1.0.0'), ['--root', root, '--enable']));
    await done(booted.run(installerOf('1.1.0'), ['--root', root]));
    await done(booted.run(installerOf('1.1.0'), ['uninstall', '--root', root]));
    assert.deepEqual(booted.calls(), [
      `systemctl --root=${root} enable cs-instance-watcher.service`,
      `systemctl --root=${root} disable cs-instance-watcher.service`,
    ]);
    assert.deepEqual(booted.asked(), []);
    assert.deepEqual(listing(join(booted.path, 'opt')), []);
  });

  it('labels an image that has SELinux with the policy of the image', async () => {
    const root = fresh('an image');
    const commands = fresh('commands');
    writeFileSync(join(commands, 'setfiles'), '#!/bin/sh\nprintf "[%s]" "$@" >/run/labelled\n', {
      mode: 0o755,
    });
    mkdirSync(join(root, 'etc/selinux/targeted/contexts/files'), { recursive: true });
    writeFileSync(join(root, 'etc/selinux/config'), 'SELINUX=enforcing\nSELINUXTYPE=targeted\n');
    const policy = `[-F][-r][${root}][${root}/etc/selinux/targeted/contexts/files/file_contexts]`;
    const ours = ['opt/cs-instance-watcher', UNIT, 'usr/local/lib/modules-load.d/cs-instance-watcher.conf'];
    const operators = ['etc/cs-instance-watcher.json', 'etc/cs-instance-watcher.d'];
    const labelled = (names: readonly string[]): string =>
      policy + names.map((name) => `[${root}/${name}]`).join('');
    await install(root, '1.0.0', [], { commands });
    assert.equal(host.read('run/labelled'), labelled([...ours, ...operators]));
    await install(root, '1.1.0', [], { commands });
    assert.equal(host.read('run/labelled'), labelled(ours), "what is the operator's keeps its labels");
  });
});

describe('an upgrade', () => {
  it('keeps the version before, and only that', async () => {
    const root = fresh('image');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await install(root, version);
    assert.deepEqual([current(root), previous(root)], ['1.2.0', '1.1.0']);
    assert.ok(!existsSync(join(root, HOME, '1.0.0')));
    assert.match(readFileSync(join(root, UNIT), 'utf8'), /^# 1\.2\.0/);
  });

  it('to another build of the same version keeps both', async () => {
    const root = fresh('image');
    const files: Files = { ...standIns('1.0.0'), 'lib/cs-interact.cjs': 'another build' };
    const other = writeTree(join(fresh('trees'), 'other'), files);
    await install(root, '1.0.0');
    await done(host.run(join(other, 'install.sh'), ['--root', root]));
    assert.match(current(root), /^1\.0\.0-[0-9a-f]{8}$/);
    assert.equal(previous(root), '1.0.0');
    assert.match(await done(host.run(join(other, 'install.sh'), ['--root', root])), /nothing to do/);
  });

  it('removes the link to a page that is no more, and makes one to a new page', async () => {
    const root = fresh('image');
    const page = 'share/man/man1/cs-interact.1';
    const old = writeTree(join(fresh('trees'), 'old'), { ...standIns('0.9.0'), [page]: '.TH' });
    await done(host.run(join(old, 'install.sh'), ['--root', root]));
    assert.equal(readlinkSync(join(root, 'usr/local', page)), `/opt/cs-instance-watcher/current/${page}`);
    await install(root, '1.0.0');
    assert.throws(() => readlinkSync(join(root, 'usr/local', page)));
    await command(root, ['rollback']);
    assert.equal(readlinkSync(join(root, 'usr/local', page)), `/opt/cs-instance-watcher/current/${page}`);
  });

  it('goes back and forth with rollback, from the installed copy too', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    await install(root, '1.1.0');
    const after = listing(root);
    await done(host.run(join(root, HOME, 'current/install.sh'), ['rollback', '--root', root]));
    assert.deepEqual([current(root), previous(root)], ['1.0.0', '1.1.0']);
    assert.match(readFileSync(join(root, UNIT), 'utf8'), /^# 1\.0\.0/);
    await done(host.run(join(root, HOME, 'current/install.sh'), ['rollback', '--root', root]));
    assert.deepEqual(listing(root), after);
  });

  it('may be run from the installed copy: that repairs, or changes nothing', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    rmSync(join(root, UNIT));
    const installed = join(root, HOME, 'current/install.sh');
    assert.match(await done(host.run(installed, ['--root', root])), /is repaired/);
    assert.match(await done(host.run(installed, ['--root', root])), /nothing to do/);
  });
});

describe('uninstall', () => {
  it('removes what is ours, keeps configuration, scripts and state, and says where they are', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    await install(root, '1.1.0');
    mkdirSync(join(root, 'var/lib/cs-instance-watcher'), { recursive: true });
    writeFileSync(join(root, 'etc/cs-instance-watcher.d/draining/10-leave'), '');
    const said = await command(root, ['uninstall']);
    for (const kept of [
      'etc/cs-instance-watcher.json',
      'etc/cs-instance-watcher.d',
      'var/lib/cs-instance-watcher',
    ]) {
      assert.ok(said.includes(join(root, kept)), said);
      assert.ok(existsSync(join(root, kept)));
    }
    assert.deepEqual(filesIn(root), [
      'etc/cs-instance-watcher.d/draining/10-leave',
      'etc/cs-instance-watcher.json',
    ]);
    assert.match(await command(root, ['uninstall']), /not installed/);
  });

  it("--purge removes the rest, the operator's scripts excepted", async () => {
    const [bare, scripted] = [fresh('image'), fresh('image')];
    for (const root of [bare, scripted]) {
      await install(root, '1.0.0');
      mkdirSync(join(root, 'var/lib/private/cs-instance-watcher'), { recursive: true });
      symlinkSync('private/cs-instance-watcher', join(root, 'var/lib/cs-instance-watcher'));
    }
    writeFileSync(join(scripted, 'etc/cs-instance-watcher.d/draining/10-leave'), '');
    await command(bare, ['uninstall', '--purge']);
    await command(scripted, ['uninstall', '--purge']);
    assert.deepEqual(filesIn(bare), []);
    assert.ok(
      !existsSync(join(bare, 'etc/cs-instance-watcher.d')) &&
        !existsSync(join(bare, 'var/lib/private/cs-instance-watcher')),
    );
    assert.deepEqual(filesIn(scripted), ['etc/cs-instance-watcher.d/draining/10-leave']);
  });

  it('--purge keeps what a package beside it uses', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    mkdirSync(join(root, 'usr/lib/cs-instance-watcher'), { recursive: true });
    mkdirSync(join(root, 'var/lib/cs-instance-watcher'), { recursive: true });
    assert.match(
      await command(root, ['uninstall', '--purge']),
      /configuration and state stay, as the package in .*usr\/lib\/cs-instance-watcher uses them too/,
    );
    assert.deepEqual(filesIn(root), ['etc/cs-instance-watcher.json']);
    assert.ok(existsSync(join(root, 'var/lib/cs-instance-watcher')));
  });

  it('leaves other files and links alone', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    writeFileSync(join(root, HOME, 'notes'), '');
    rmSync(join(root, 'usr/local/bin/cs-interact'));
    symlinkSync('/srv/cs-interact', join(root, 'usr/local/bin/cs-interact'));
    assert.match(await command(root, ['uninstall', '--purge']), /holds other files/);
    assert.deepEqual(filesIn(root), ['opt/cs-instance-watcher/notes', 'usr/local/bin/cs-interact']);
  });
});

describe('what is there and not ours', () => {
  it('the Python tool is kept, and put back', async () => {
    const root = fresh('image');
    const tool = join(root, 'usr/local/sbin/cs-instance-watcher');
    mkdirSync(join(root, 'usr/local/sbin'), { recursive: true });
    writeFileSync(tool, '#!/usr/bin/python3\n', { mode: 0o755 });
    assert.match(await install(root, '1.0.0'), /cs-instance-watcher was there: kept as .*\.before-install/);
    assert.equal(readFileSync(`${tool}.before-install`, 'utf8'), '#!/usr/bin/python3\n');
    assert.doesNotMatch(await install(root, '1.1.0'), /before-install/);
    assert.match(await command(root, ['uninstall']), /put back/);
    assert.equal(readFileSync(tool, 'utf8'), '#!/usr/bin/python3\n');
    assert.ok(!existsSync(`${tool}.before-install`));
  });

  it('is never written over', async () => {
    const root = fresh('image');
    const tool = join(root, 'usr/local/sbin/cs-instance-watcher');
    mkdirSync(join(root, 'usr/local/sbin'), { recursive: true });
    writeFileSync(tool, 'one');
    writeFileSync(`${tool}.before-install`, 'another');
    const before = listing(join(root, 'usr/local/sbin'));
    const outcome = await host.run(installerOf('1.0.0'), ['--root', root]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /keep one of them/);
    assert.deepEqual(listing(join(root, 'usr/local/sbin')), before);
    assert.deepEqual(
      filesIn(root).filter((name) => !name.startsWith('usr/local/sbin')),
      [],
    );
  });

  it('a unit in /etc is left alone, and named', async () => {
    const root = fresh('image');
    const unit = join(root, 'etc/systemd/system/cs-instance-watcher.service');
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
    writeFileSync(unit, '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n');
    assert.ok((await install(root, '1.0.0', ['--enable'])).includes(`${unit} stays in force`));
    const enabled = readlinkSync(join(root, WANTS));
    assert.ok((await command(root, ['uninstall', '--purge'])).includes(unit));
    assert.ok(existsSync(unit));
    assert.equal(readlinkSync(join(root, WANTS)), enabled);
  });
});

describe('a refusal', () => {
  const usage: readonly (readonly [string[], RegExp])[] = [
    [['--rot'], /--rot is not known; see install\.sh --help/],
    [['--root'], /--root needs a directory/],
    [['--root', '/'], /leave it out/],
    [['rollback', '--enable'], /--enable does not go with rollback/],
    [['--purge'], /--purge goes with uninstall only/],
  ];
  for (const [args, line] of usage) {
    it(`install.sh ${args.join(' ')}`, () => refused(host.run(installerOf('1.0.0'), args), 2, line));
  }

  it('--help is no refusal', async () => {
    assert.match(await done(host.run(installerOf('1.0.0'), ['--help'])), /^Usage: install\.sh/);
  });

  it('a root that is not there', () =>
    refused(host.run(installerOf('1.0.0'), ['--root', '/nowhere']), 1, /\/nowhere is not a directory/));

  it('an ordinary user', () =>
    refused(
      host.run(installerOf('1.0.0'), [], {
        shell: ['setpriv', '--reuid=1000', '--clear-groups', 'dash'],
        prelude: `chmod 755 '${scratch.path}'`,
      }),
      1,
      /must be run as root/,
    ));

  it('a file that is not what SHA256SUMS says, or is missing', async () => {
    for (const damage of ['echo x >>', 'rm']) {
      const damaged = join(fresh('trees'), 'damaged');
      cpSync(tree('1.0.0'), damaged, { recursive: true });
      execFileSync('sh', ['-c', `${damage} '${damaged}/share/man/man8/cs-instance-watcher.8'`]);
      const root = fresh('image');
      await refused(
        host.run(join(damaged, 'install.sh'), ['--root', root]),
        1,
        /is damaged \(.*cs-instance-watcher\.8.*\): unpack the tarball again/,
      );
      assert.deepEqual(listing(root), []);
    }
  });

  it('the tarball of another machine', async () => {
    const elf = Buffer.from(readFileSync('/bin/true'));
    const foreign = elf.readUInt16LE(18) === 0xb7 ? 0x3e : 0xb7;
    elf.writeUInt16LE(foreign, 18);
    const other = writeTree(join(fresh('trees'), 'foreign'), { ...standIns('1.0.0'), 'runtime/node': elf });
    const empty = scratchHost(fresh('host'), { booted: false });
    await refused(empty.run(join(other, 'install.sh'), []), 1, /take the tarball -linux-x64 for x86_64/);
    assert.deepEqual(listing(join(empty.path, 'opt')), []);
    const bare = fresh('image');
    await done(host.run(join(other, 'install.sh'), ['--root', bare]));
    const image = fresh('image');
    mkdirSync(join(image, 'usr/bin'), { recursive: true });
    cpSync('/usr/bin/env', join(image, 'usr/bin/env'));
    await refused(host.run(join(other, 'install.sh'), ['--root', image]), 1, /take the tarball/);
  });

  it('a host without libstdc++, told by name', async () => {
    const jail = fresh('jail');
    const files = { ...standIns('1.0.0'), 'runtime/node': builtPrograms()['runtime/node']! };
    writeTree(join(jail, 't'), files);
    installBusybox(jail);
    for (const library of librariesOf('/bin/true').concat(librariesOf(join(jail, 't/runtime/node')))) {
      if (library.includes('libstdc++')) continue;
      mkdirSync(dirname(join(jail, library)), { recursive: true });
      copyFileSync(library, join(jail, library));
    }
    const outcome = host.run('/t/install.sh', [], {
      shell: ['/usr/sbin/chroot', jail, '/bin/busybox', 'sh'],
    });
    await refused(outcome, 1, /install libstdc\+\+6 \(Debian, Ubuntu\).*libstdc\+\+\.so\.6/);
    assert.deepEqual(listing(join(jail, 'opt')), []);
  });

  it('rollback with no other version', async () => {
    const root = fresh('image');
    await refused(host.run(installerOf('1.0.0'), ['rollback', '--root', root]), 1, /is not installed/);
    await install(root, '1.0.0');
    await refused(
      host.run(installerOf('1.0.0'), ['rollback', '--root', root]),
      1,
      /no other version than 1\.0\.0/,
    );
  });

  it('rollback to a version that is damaged', async () => {
    const root = fresh('image');
    await install(root, '1.0.0');
    await install(root, '1.1.0');
    appendFileSync(join(root, HOME, '1.0.0/runtime/node'), 'x');
    await refused(
      host.run(installerOf('1.1.0'), ['rollback', '--root', root]),
      1,
      /1\.0\.0 is damaged .*1\.1\.0 stays in force/,
    );
    assert.equal(current(root), '1.1.0');
  });

  for (const linked of [
    'opt',
    'opt/cs-instance-watcher',
    'usr/local',
    'usr/local/lib',
    'etc',
    'usr/local/share/man/man8',
    'etc/systemd',
    'var/lib',
  ]) {
    it(`a root whose /${linked} leads out of it`, async () => {
      for (const args of [[], ['uninstall', '--purge']]) {
        const [root, outside] = [fresh('image'), fresh('outside')];
        await install(root, '1.0.0', ['--enable']);
        mkdirSync(join(root, 'var/lib'), { recursive: true });
        renameSync(join(root, linked), join(outside, 'moved'));
        symlinkSync(join(outside, 'moved'), join(root, linked));
        const before = listing(outside);
        await refused(host.run(installerOf('1.1.0'), [...args, '--root', root]), 1, /leads out of/);
        assert.deepEqual(listing(outside), before);
      }
    });
  }

  it('is not for a root whose links stay inside', async () => {
    const root = fresh('image');
    mkdirSync(join(root, 'srv/opt'), { recursive: true });
    symlinkSync('srv/opt', join(root, 'opt'));
    await install(root, '1.0.0');
    assert.equal(current(root), '1.0.0');
  });

  for (const [name, change] of [
    ['the directory of the versions', 'chown 1000:1000 "$0"'],
    ['a directory in a version', 'chmod o+w "$0/1.0.0/bin"'],
  ] as const)
    it(`others than root may write to ${name}`, async () => {
      const root = fresh('image');
      await install(root, '1.0.0');
      execFileSync('sh', ['-c', change, join(root, HOME)]);
      const before = listing(root);
      for (const [version, ...args] of [['1.1.0'], ['1.0.0', 'uninstall'], ['1.0.0', 'rollback']] as const)
        await refused(
          host.run(installerOf(version), [...args, '--root', root]),
          1,
          /others than root may write to .*opt\/cs-instance-watcher.*: remove it, or chown -R root/,
        );
      assert.deepEqual(listing(root), before);
    });

  it('a version directory with links in it', async () => {
    const [root, outside] = [fresh('image'), fresh('outside')];
    await install(root, '1.0.0');
    rmSync(join(root, HOME, '1.0.0/bin'), { recursive: true });
    symlinkSync(outside, join(root, HOME, '1.0.0/bin'));
    await refused(host.run(installerOf('1.0.0'), ['--root', root]), 1, /holds links/);
    assert.deepEqual(listing(outside), []);
  });

  it('a read-only /usr/local, with nothing half done', async () => {
    const other = scratchHost(fresh('host'), { booted: false });
    const prelude = 'mount -o remount,ro,bind /usr/local';
    await refused(other.run(installerOf('1.0.0'), [], { prelude }), 1, /Read-only file system/);
    for (const directory of ['opt', 'usr/local', 'etc'])
      assert.deepEqual(filesIn(join(other.path, directory)), []);
    await done(other.run(installerOf('1.0.0'), []));
    const whole = ['opt', 'usr', 'etc'].flatMap((name) => listing(join(other.path, name)));
    const { status, stderr } = await other.run(installerOf('1.1.0'), [], { prelude });
    assert.equal(status, 1);
    assert.match(stderr, /Read-only file system\ninstall\.sh: 1\.0\.0 is in force again\n$/);
    assert.deepEqual(
      ['opt', 'usr', 'etc'].flatMap((name) => listing(join(other.path, name))),
      whole,
    );
  });

  it('a disk that is full, with nothing half done', async () => {
    const other = scratchHost(fresh('host'), { booted: false });
    const script = `
      mount -t tmpfs -o size=32k tmpfs /opt
      dash "$0" 2>/run/first && exit 1
      ls -A /opt >/run/left
      mount -o remount,size=1m /opt
      dash "$0" || exit 1
      head -c 2m /dev/zero >/opt/filler 2>/dev/null
      dash '${installerOf('1.1.0')}' 2>/run/second && exit 1
      readlink /opt/cs-instance-watcher/current >>/run/left
      ls -A /opt/cs-instance-watcher >>/run/left
      cd /opt/cs-instance-watcher/current && sha256sum --quiet -c SHA256SUMS || exit 1
      cat /usr/local/lib/systemd/system/cs-instance-watcher.service >>/run/left`;
    const { status, stderr } = await other.run(installerOf('1.0.0'), [], { shell: ['sh', '-c', script] });
    assert.deepEqual([status, stderr], [0, '']);
    for (const said of ['run/first', 'run/second']) {
      assert.match(other.read(said), /^install\.sh: [^\n]*No space left on device\n$/);
    }
    assert.match(other.read('run/left'), /^1\.0\.0\n1\.0\.0\ncurrent\n# 1\.0\.0\n/);
  });

  it('a second installer at the same time', async () => {
    const root = fresh('image');
    mkdirSync(join(root, 'opt'));
    const shell = ['flock', join(root, 'opt'), 'dash'];
    await refused(
      host.run(installerOf('1.0.0'), ['--root', root], { shell }),
      1,
      /another install\.sh is at work/,
    );
    assert.deepEqual(filesIn(root), []);
  });

  it('two at once: each succeeds or is refused, and what is there is whole', async () => {
    for (let round = 0; round < 5; round += 1) {
      const root = fresh('image');
      const outcomes = await Promise.all(
        ['1.0.0', '1.1.0'].map((version) => host.run(installerOf(version), ['--root', root])),
      );
      assert.ok(outcomes.some(({ status }) => status === 0));
      for (const { status, stderr } of outcomes)
        if (status !== 0) assert.match(stderr, /another install\.sh is at work/);
      assert.deepEqual(listing(join(root, HOME, current(root))), listing(tree(current(root))));
    }
  });
});

/** busybox and its commands, and nothing else. */
function installBusybox(jail: string): void {
  for (const name of ['bin', 'usr', 'dev']) mkdirSync(join(jail, name));
  symlinkSync('../bin', join(jail, 'usr/bin'));
  execFileSync('mknod', [join(jail, 'dev/null'), 'c', '1', '3']);
  execFileSync('busybox', ['--install', '-s', join(jail, 'bin')]);
  rmSync(join(jail, 'bin/busybox'));
  cpSync('/bin/busybox', join(jail, 'bin/busybox'));
}

/** Every file and link below a directory, directories left out. */
function filesIn(directory: string): string[] {
  return existsSync(directory)
    ? listing(directory)
        .filter((line) => / -> | [0-9a-f]{64}$/.test(line))
        .map((line) => line.split(' ')[0]!)
    : [];
}

/** When everything below a directory was last changed, in any way. */
function stamps(directory: string): string {
  return execFileSync('find', [directory, '-printf', '%p %i %C@\\n'], { encoding: 'utf8' })
    .split('\n')
    .sort()
    .join('\n');
}

function librariesOf(program: string): string[] {
  return execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
}
