// An image made by Packer: the templates are what Packer takes, and the provisioning of scripts/packer, run for real on a machine
// with a past, leaves an agent that is ready at the first boot of another one, and nothing of the builder.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, it, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { becomes, installCloudInit, leaveCloud } from './cloud-instance.ts';
import { Guest } from './guest.ts';
import { thisRelease } from './packages.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const TEMPLATES = join(PROJECT, 'scripts/packer');
/** Debian's Packer has the builders in it, and does not know the block that newer ones need. */
const NOT_FOR_DEBIAN = 'plugins.pkr.hcl';
const BUILD_DEADLINE_MS = 180_000;

const BUILDER = { id: 'i-0b111de1b111de1b1', hostname: 'ip-10-11-12-13-builder' };
const INSTANCE = { id: 'i-0cafe0000000000ab', hostname: 'ip-10-11-12-14-instance' };

/** What a builder on EC2 has beside what cloud-init wrote here, and no other instance must have. */
const LEFT_BEHIND: Readonly<Record<string, string>> = {
  '/etc/netplan/50-cloud-init.yaml': 'macaddress: 02:00:00:00:00:01',
  '/etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${BUILDER.hostname}\n`,
  '/root/.bash_history': `hostname ${BUILDER.hostname}\n`,
  '/var/lib/dhcp/dhclient.eth0.leases': `option host-name "${BUILDER.hostname}";`,
  '/var/lib/amazon/ssm/i-0b111de1b111de1b1/registration': BUILDER.id,
  '/var/log/auth.log': `${BUILDER.hostname} sshd: accepted`,
};

/** What provisioning adds beside the versioned directory. */
const ADDED = [
  '/etc/cs-instance-watcher.d',
  '/etc/cs-instance-watcher.d/draining',
  '/etc/cs-instance-watcher.json',
  '/etc/systemd/system/multi-user.target.wants/cs-instance-watcher.service',
  '/opt/cs-instance-watcher',
  '/opt/cs-instance-watcher/current',
  '/usr/local/bin/cs-interact',
  '/usr/local/lib/modules-load.d',
  '/usr/local/lib/modules-load.d/cs-instance-watcher.conf',
  '/usr/local/lib/systemd',
  '/usr/local/lib/systemd/system',
  '/usr/local/lib/systemd/system/cs-instance-watcher.service',
  '/usr/local/sbin/cs-instance-watcher',
  '/usr/local/share/bash-completion',
  '/usr/local/share/bash-completion/completions',
  '/usr/local/share/bash-completion/completions/cs-instance-watcher',
  '/usr/local/share/bash-completion/completions/cs-interact',
  '/usr/local/share/man/man1',
  '/usr/local/share/man/man1/cs-interact.1',
  '/usr/local/share/man/man8',
  '/usr/local/share/man/man8/cs-instance-watcher.8',
];

const run = promisify(execFile);

interface Said {
  readonly status: number;
  readonly text: string;
}

/** Packer in a home of its own: no credentials, no configuration, nobody asked for a newer version. */
async function packer(t: Pick<TestContext, 'after'>, ...args: readonly string[]): Promise<Said> {
  const home = temporaryDirectory();
  t.after(home.close);
  const env = {
    PATH: process.env.PATH,
    HOME: home.path,
    CHECKPOINT_DISABLE: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return run('packer', args, { cwd: home.path, env, timeout: BUILD_DEADLINE_MS, maxBuffer: 2 ** 24 }).then(
    ({ stdout, stderr }) => ({ status: 0, text: stdout + stderr }),
    (error: { code?: unknown; stdout: string; stderr: string }) => {
      if (typeof error.code !== 'number') throw error;
      return { status: error.code, text: error.stdout + error.stderr };
    },
  );
}

/** A copy of the templates that Debian's Packer takes. */
function templates(t: Pick<TestContext, 'after'>): string {
  const copy = temporaryDirectory();
  t.after(copy.close);
  for (const name of readdirSync(TEMPLATES))
    if (name !== NOT_FOR_DEBIAN) copyFileSync(join(TEMPLATES, name), join(copy.path, name));
  return copy.path;
}

function variables(given: Readonly<Record<string, string>>): string[] {
  return Object.entries(given).map(([name, value]) => `-var=${name}=${value}`);
}

describe('the templates', () => {
  const validate = (t: TestContext, given: Readonly<Record<string, string>>): Promise<Said> => {
    const directory = templates(t);
    // Only that it is there is looked at.
    const tarball = join(directory, 'release.tar.xz');
    writeFileSync(tarball, '');
    const all = variables({ tarball, tarball_sha256: '0'.repeat(64), ...given });
    return packer(t, 'validate', ...all, directory);
  };

  for (const given of [
    { arch: 'x86_64' },
    { arch: 'arm64' },
    { ports: '["80","8000-8100"]', options: '{"health-listen"="8081","max-hold"="600"}' },
    { region: 'eu-west-1', instance_type: 'm7i.large', subnet_id: 'subnet-1' },
  ] as const) {
    it(`are valid without credentials: ${JSON.stringify(given)}`, async (t) => {
      assert.deepEqual(await validate(t, given), { status: 0, text: '' });
    });
  }

  for (const [given, complaint] of [
    [{ arch: 'i386' }, /The arch must be x86_64 or arm64/],
    [{ tarball: '/x/release.zip' }, /must be a \.tar\.xz file of a release/],
    [{ tarball_sha256: 'abc' }, /64 hexadecimal digits/],
    [{ ports: '["http"]' }, /must be a number, or a range/],
    [{ options: '{"--max-hold"="600"}' }, /without the leading dashes/],
  ] as const) {
    it(`refuse ${JSON.stringify(given)}`, async (t) => {
      const { status, text } = await validate(t, given);
      assert.equal(status, 1, text);
      assert.match(text, complaint);
    });
  }

  it('are formatted, the file for newer versions of Packer included', async (t) => {
    assert.deepEqual(await packer(t, 'fmt', '-check', '-diff', TEMPLATES), { status: 0, text: '' });
    assert.match(readFileSync(join(TEMPLATES, NOT_FOR_DEBIAN), 'utf8'), /required_plugins/);
  });

  it('the Terraform file of docs/iam is HCL, and formatted', async (t) => {
    const directory = temporaryDirectory();
    t.after(directory.close);
    const copy = join(directory.path, 'main.pkr.hcl');
    copyFileSync(join(PROJECT, 'docs/iam/main.tf'), copy);
    assert.deepEqual(await packer(t, 'fmt', '-check', '-diff', copy), { status: 0, text: '' });
    writeFileSync(copy, 'variable "x" {\n');
    assert.equal((await packer(t, 'fmt', '-check', copy)).status, 1);
  });
});

test('an image', async (t) => {
  const { version, directory } = thisRelease();
  const tarball = join(directory, `cs-instance-watcher-${version}-linux-x64.tar.xz`);
  const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  const guest = await Guest.create(t);
  const build = (given: Readonly<Record<string, string>>): Promise<Said> =>
    packer(
      t,
      ...['build', '-color=false', '-only=local.null.root'],
      ...variables({ tarball, tarball_sha256: sha256, root: guest.root, ...given }),
      templates(t),
    );

  let machineId = '';
  let keys: Readonly<Record<string, string>> = {};
  await t.test('a builder boots, and is somebody', async () => {
    await installCloudInit(guest);
    becomes(guest, BUILDER);
    await guest.boot({ isPlugged: false });
    assert.match(await guest.run('cloud-init', ['status', '--wait']), /status: done/);
    machineId = (await guest.run('cat', ['/etc/machine-id'])).trim();
    assert.match(machineId, /^[0-9a-f]{32}$/);
    await guest.powerOff();
    keys = hostKeys(guest);
    assert.notDeepEqual(keys, {});
    for (const [path, content] of Object.entries(LEFT_BEHIND)) {
      mkdirSync(dirname(guest.path(path)), { recursive: true });
      writeFileSync(guest.path(path), content);
    }
    leaveCloud(guest);
    const found = await filesNaming(guest.root, [BUILDER.id, BUILDER.hostname, machineId]);
    const several = [
      '/etc/hostname',
      '/etc/machine-id',
      '/var/lib/dhcp/dhclient.eth0.leases',
      '/var/log/cloud-init.log',
    ];
    assert.deepEqual(
      several.filter((path) => !found.includes(path)),
      [],
      found.join('\n'),
    );
  });

  const earlier = await filesOf(guest.root);

  await t.test('another file than the one that was released is not installed', async () => {
    const { status, text } = await build({ tarball_sha256: '0'.repeat(64) });
    assert.equal(status, 1, text);
    assert.match(text, /does not have the checksum 0{64}: it is not the file that was released/);
    assert.ok(!existsSync(guest.path('/opt/cs-instance-watcher')));
  });

  await t.test('packer build: installed, configured, enabled; doctor --bake has no complaint', async (t) => {
    const { status, text } = await build({ ports: '["80","443"]', options: '{"max-hold"="600"}' });
    assert.equal(status, 0, text);
    assert.match(text, /: ok +configuration +ports 80 443, from \/etc\/cs-instance-watcher\.json\n/);
    assert.match(text, /: ok +traces of the builder /);
    assert.match(
      text,
      /: ok +start at boot +\/usr\/local\/lib\/systemd\/system\/\S+ is wanted by multi-user/,
    );
    const [summary = ''] = /\d+ ok, 0 warnings, 0 problems, \d+ not run/.exec(text) ?? [];
    assert.notEqual(summary, '', text);
    t.diagnostic(`doctor --bake: ${summary}`);
  });

  await t.test('what is new is what install.sh and the configuration are, and nothing else', async () => {
    const later = await filesOf(guest.root);
    const versioned = `/opt/cs-instance-watcher/${version}`;
    const added = [...later].filter((path) => !earlier.has(path));
    assert.deepEqual(
      added.filter((path) => !path.startsWith(`${versioned}/`) && path !== versioned).sort(),
      ADDED,
    );
    const sums = readFileSync(guest.path(`${versioned}/SHA256SUMS`), 'utf8');
    const released = sums
      .trimEnd()
      .split('\n')
      .map((line) => `${versioned}/${line.slice(66)}`);
    const directories = new Set(released.flatMap((path) => parentsBelow(versioned, path)));
    const expected = [...released, ...directories, versioned, `${versioned}/SHA256SUMS`].sort();
    assert.deepEqual(added.filter((path) => path.startsWith(versioned)).sort(), expected);
    assert.deepEqual(JSON.parse(readFileSync(guest.path('/etc/cs-instance-watcher.json'), 'utf8')), {
      'on-draining-block-new-connections-to-ports': '80 443',
      'max-hold': '600',
    });
  });

  await t.test('nothing of the builder is left', async () => {
    const names = [BUILDER.id, BUILDER.hostname, machineId, basename(tarball)];
    assert.deepEqual(await filesNaming(guest.root, names), []);
    for (const path of Object.keys(LEFT_BEHIND).filter((one) => !/^\/(etc\/hosts|var\/log\/)/.test(one)))
      assert.ok(!existsSync(guest.path(path)), path);
    for (const path of ['/var/lib/cs-instance-watcher', '/etc/hostname', '/var/lib/cloud/instances'])
      assert.ok(!existsSync(guest.path(path)), path);
    assert.equal(readFileSync(guest.path('/etc/machine-id'), 'utf8'), '');
    assert.equal(readFileSync(guest.path('/etc/hosts'), 'utf8'), '127.0.0.1 localhost\n');
    const uploads = readdirSync(guest.path('/var/tmp')).filter(
      (name) => !name.startsWith('systemd-private-'),
    );
    assert.deepEqual(uploads, []);
    assert.deepEqual(hostKeys(guest), {});
  });

  await t.test('the first boot of another instance: ready with no network', async () => {
    becomes(guest, INSTANCE);
    await guest.boot({ isPlugged: false });
    const property = '--property=ActiveState,NRestarts,StatusText,UnitFileState';
    const shown = await guest.run('systemctl', ['show', 'cs-instance-watcher', property]);
    const [active, restarts, status = '', enabled] = shown.trim().split('\n').sort();
    assert.equal(active, 'ActiveState=active');
    assert.equal(restarts, 'NRestarts=0');
    assert.equal(enabled, 'UnitFileState=enabled');
    assert.match(status, /^StatusText=waiting for the API/);
    assert.equal((await guest.run('hostname')).trim(), INSTANCE.hostname);
    assert.match(await guest.run('cloud-init', ['query', 'instance_id']), new RegExp(INSTANCE.id));
    const anotherId = (await guest.run('cat', ['/etc/machine-id'])).trim();
    assert.match(anotherId, /^[0-9a-f]{32}$/);
    assert.notEqual(anotherId, machineId);
    const otherKeys = hostKeys(guest);
    assert.deepEqual(Object.keys(otherKeys), Object.keys(keys));
    for (const [name, key] of Object.entries(otherKeys)) assert.notEqual(key, keys[name], name);
  });
});

/** What the host keys of SSH are, by their names. */
function hostKeys(guest: Guest): Record<string, string> {
  const names = readdirSync(guest.path('/etc/ssh')).filter((name) => /^ssh_host_.*_key(\.pub)?$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(guest.path(`/etc/ssh/${name}`), 'utf8')]),
  );
}

/** Files, directories and links of a root, as they are called inside. */
async function filesOf(root: string): Promise<ReadonlySet<string>> {
  const { stdout } = await run('find', [root, '-mindepth', '1', '-printf', '/%P\\n'], { maxBuffer: 2 ** 26 });
  return new Set(stdout.trimEnd().split('\n'));
}

/** The files of a root that have one of the words in their content or in their name. */
async function filesNaming(root: string, words: readonly string[]): Promise<string[]> {
  assert.ok(!words.includes(''));
  const patterns = words.flatMap((word) => ['-e', word]);
  const found = await run('grep', ['-rlFa', ...patterns, root], { maxBuffer: 2 ** 24 }).catch(
    (error: { code?: unknown; stdout: string }) => {
      if (error.code === 1) return error;
      throw error;
    },
  );
  const inside = found.stdout
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => path.slice(root.length));
  const named = [...(await filesOf(root))].filter((path) => words.some((word) => path.includes(word)));
  return [...new Set([...inside, ...named])].sort();
}

/** The directories between two paths, both left out. */
function parentsBelow(top: string, path: string): string[] {
  const parent = dirname(path);
  return parent === top ? [] : [parent, ...parentsBelow(top, parent)];
}
