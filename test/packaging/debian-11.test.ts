// The packaged programs on the oldest C library they are made for: a Debian 11 root with neither libnftnl nor libmnl, entered by
// chroot, drains a host of a private network. The kernel is this machine's; Debian 12's own is scripts/test-debian-kernel's.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { expectAccepted, expectRefused } from '../e2e/packets/attempts.ts';
import { FAMILIES, HOST, Network, SERVED } from '../e2e/packets/network.ts';
import { Conversation } from '../fixtures/endpoint.ts';
import type { Namespace } from '../fixtures/netns.ts';
import {
  AGENT,
  type AgentProcess,
  type ApiProcess,
  askEverySecond,
  INTERACT,
  KEY,
  NO_OPTIONS,
  startAgent,
  startApi,
  temporaryDirectory,
} from '../fixtures/programs.ts';
import { thisRelease } from './packages.ts';
import { debianRoot } from './root.ts';

/** Where the fixtures start the programs from: in the root the packaged tree is there. */
const INSTALLED = resolve(AGENT, '../..');
const GLIBC = '2.31';
const BUNDLED = ['addon.node', 'libmnl.so.0', 'libnftnl.so.11'];

const TARGETS = FAMILIES.map((family) => ({ host: HOST[family], port: SERVED.web }));

const run = promisify(execFile);

describe('the packaged programs in a Debian 11 root', () => {
  const release = thisRelease();
  const directory = temporaryDirectory('/run');
  let network: Network;
  let root: string;
  let debian11: Namespace;
  let api: ApiProcess;
  let agent: AgentProcess;

  before(async () => {
    root = await debianRoot('bullseye');
    network = await Network.create();
    const fixtures = dirname(NO_OPTIONS);
    debian11 = rooted(network.host.namespace, root, {
      ...{ '/proc': '/proc', '/dev': '/dev' },
      ...{
        [INSTALLED]: join(release.directory, 'tree-x64'),
        [directory.path]: directory.path,
        [fixtures]: fixtures,
      },
    });
  });
  after(async () => {
    await agent?.kill();
    await api?.kill();
    await network?.close();
    directory.close();
  });

  test(`it is Debian 11 without our libraries: the packaged runtime finds glibc ${GLIBC}`, async () => {
    const names = readdirSync(root, { recursive: true }).map(String);
    assert.ok(
      names.some((name) => basename(name) === 'libstdc++.so.6'),
      'what node itself needs is there',
    );
    assert.deepEqual(
      names.filter((name) => /^(libnftnl|libmnl|addon\.node)/.test(basename(name))),
      [],
    );
    const glibc = 'process.report.getReport().header.glibcVersionRuntime';
    assert.equal(await output(debian11, join(INSTALLED, 'runtime/node'), '--print', glibc), `${GLIBC}\n`);
  });

  test('both programs start', async () => {
    for (const program of [AGENT, INTERACT]) {
      assert.equal(await output(debian11, program, '--version'), `${release.version}\n`, program);
    }
  });

  test('a drain: refused at once, established connections go on, opened again', async () => {
    api = await startApi({ namespace: debian11, directory: directory.path });
    agent = startAgent({
      namespace: debian11,
      directory: directory.path,
      args: [...askEverySecond(api), '--on-draining-block-new-connections-to-ports', `${SERVED.web}`],
      env: KEY,
    });
    await agent.log.waitFor('state-changed');
    await expectAccepted(network.client, TARGETS);
    const talks = await Promise.all(
      TARGETS.map((target) => Conversation.open(network.client, target, network.host)),
    );

    await api.setState('draining');
    await agent.log.waitFor('table-installed');
    assert.match(await network.host.namespace.run('nft', ['list', 'tables']), /inet cs-instance-watcher/);
    await expectRefused(network.client, TARGETS);
    for (const talk of talks) {
      await talk.clientSends();
      await talk.serverSends();
    }
    const { left } = await agent.log.waitFor('connections');
    assert.equal(left, talks.length);

    await api.setState('running');
    await agent.log.waitFor('table-removed');
    assert.equal(await network.host.namespace.run('nft', ['list', 'tables']), '');
    await expectAccepted(network.client, TARGETS);
    for (const talk of talks) await talk.clientSends();
  });

  test('the agent that drained has the addon and its libraries from the tree', async () => {
    const inside = ['--target', String(agent.pid), '--mount', '--root'];
    const { stdout: maps } = await run('nsenter', [...inside, 'cat', `/proc/${agent.pid}/maps`]);
    const loaded = new Set([...maps.matchAll(/ (\/\S+)$/gm)].map(([, path]) => path as string));
    assert.deepEqual(
      [...loaded].filter((path) => /^(libnftnl|libmnl|addon\.node)/.test(basename(path))).sort(),
      BUNDLED.map((name) => join(INSTALLED, 'native', name)),
    );
  });
});

/**
 * Becomes the command in the root $1, which it cannot write to: what it writes goes with it. Of the $2 pairs of directories
 * that follow, the host's second is to be found at the first. All in a mount namespace of its own.
 */
const ENTER = `root=/mnt/root lower=$1 count=$2
shift 2
mount -t tmpfs tmpfs /mnt
mkdir /mnt/root /mnt/upper /mnt/work
mount -t overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" overlay "$root"
while [ "$count" -gt 0 ]; do
  mkdir -p "$root$1"
  mount --rbind "$2" "$root$1"
  shift 2
  count=$((count - 1))
done
exec chroot "$root" "$@"`;

/** The same network; but what is started in it sees, as its root, this one with directories of the host's bound into it. */
function rooted(namespace: Namespace, root: string, bound: Readonly<Record<string, string>>): Namespace {
  const pairs = Object.entries(bound);
  const enter = ['--mount', 'sh', '-ec', ENTER, 'sh', root, String(pairs.length), ...pairs.flat()];
  return {
    ...namespace,
    spawn: (command, args, options) => namespace.spawn('unshare', [...enter, command, ...args], options),
  };
}

/** The standard output of a command that must end with status 0. */
async function output(namespace: Namespace, command: string, ...args: string[]): Promise<string> {
  const child = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [standard, complaint] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [status] = await closed;
  assert.equal(status, 0, `${command}: ${complaint}`);
  return standard;
}
