// The drain as an operator lives it, from the first poll to `cleanup`: every check is a promise that holds on this kernel.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { V8_OPTIONS } from '../../../scripts/build/v8-options.ts';
import { ARCH_NAMES, type Arch } from '../../../scripts/packaging/arch.ts';
import { HeldConnection } from './client.ts';
import {
  allRefused,
  beginAttempts,
  eachIs,
  HOST,
  PORT,
  refusedAtOnce,
  restoredAfter,
  TABLE,
  tableHandle,
} from './observe.ts';
import { Agent, Api, onClient, onHost, startEchoServer } from './programs.ts';
import { giveUp, Report, remark } from './report.ts';

const API = '10.77.0.1:9000';
const KEYS = '/run/keys.json';
const FLEET = '/run/fleet.db';
const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** Where guest/init finds the programs. */
const INSTALLED = '/opt/cs-instance-watcher';
const NATIVE = ['addon.node', 'libmnl.so.0', 'libnftnl.so.11'];

const report = new Report();
try {
  const held = await beforeTheDrain();
  const api = await Api.start(API, KEYS, FLEET);
  await onClient('cs-interact', 'state', 'add', 'i-0ab', '--state', 'running');
  const agent = startAgent();
  await drain(agent, api, held);
  await takeTheTableAway(agent, held);
  const adopted = await killTheAgent(agent, api);
  await stopWhileDraining(adopted, held);
} catch (error) {
  giveUp(error);
}
report.end();
process.exit();

/** Opens the connections that have to live through everything. */
async function beforeTheDrain(): Promise<readonly HeldConnection[]> {
  const userArn = 'arn:aws:sts::111111111111:assumed-role/Role/i-0ab';
  writeFileSync(KEYS, JSON.stringify({ keys: [{ ...KEY, caller: 'AROAEXAMPLE:i-0ab', userArn }] }));
  await report.check(`the kernel is Debian's 6.1`, () => {
    const { debian } = ARCH_NAMES[process.arch as Arch];
    assert.match(release(), new RegExp(`^6\\.1\\..*-cloud-${debian}$`));
    return release();
  });
  // By the runtime of the tree, which runs this too.
  await report.check('the code cache of each program is one that V8 takes here', () => {
    for (const [program, options] of Object.entries(V8_OPTIONS)) {
      const words = [...options, '/test/cache-accepted.mjs', `${INSTALLED}/lib/${program}.cjs`];
      assert.equal(execFileSync(process.execPath, words, { encoding: 'utf8' }), 'true', program);
    }
  });
  await startEchoServer(PORT);
  const held = await Promise.all(HOST.map((address) => HeldConnection.open(address, PORT)));
  await report.check(
    'before the drain: connections are accepted, nothing filters, nothing tracks',
    async () => {
      await eachIs('accepted');
      assert.equal(await onHost('nft', 'list', 'ruleset'), '');
      assert.ok(!tracksConnections());
    },
  );
  return held;
}

async function drain(agent: Agent, api: Api, held: readonly HeldConnection[]): Promise<void> {
  await agent.logged('state-changed');
  await report.check('the addon has its libraries from beside it, though the guest has them too', () => {
    assert.deepEqual(
      agent.loadedNative(),
      NATIVE.map((name) => `${INSTALLED}/native/${name}`),
    );
  });
  await report.check('while running: no table', async () => {
    assert.equal(await tableHandle(), null);
  });
  await api.set('draining');
  await agent.logged('table-installed');
  await report.check('draining: new connections are refused by a RST at once, IPv4 and IPv6', refusedAtOnce);
  await report.check('the table is plain: this kernel cannot keep an owned one', async () => {
    const table = await onHost('nft', 'list', 'table', 'inet', TABLE);
    for (const line of table.trimEnd().split('\n')) remark(line);
    assert.doesNotMatch(table, /flags [^;]*(owner|persist)|# progname/);
  });
  await report.check('the connections from before are counted', async () => {
    const { left } = await agent.logged('connections');
    assert.equal(left, held.length);
    return `${left} left`;
  });
  await report.check('the connections from before go on', () => exchangeOn(held));
  await report.check('they go on when something begins to track connections', async () => {
    const chain = 'type filter hook prerouting priority 0';
    await onHost('nft', `table inet other { chain prerouting { ${chain}; ct state new counter; }; }`);
    assert.ok(tracksConnections());
    await exchangeOn(held);
  });
}

async function takeTheTableAway(agent: Agent, held: readonly HeldConnection[]): Promise<void> {
  const commands = [
    ['flush', 'ruleset'],
    ['delete', 'table', 'inet', TABLE],
  ];
  for (const command of commands) {
    await report.check(`nft ${command.join(' ')}: refused again within 100 ms`, () =>
      restoredAfter(command, agent),
    );
  }
  await report.check('the connections from before go on', () => exchangeOn(held));
}

/** Leaves an agent and an API that run, the instance running too. */
async function killTheAgent(killed: Agent, stopped: Api): Promise<{ agent: Agent; api: Api }> {
  const handle = await tableHandle();
  const attempts = await beginAttempts();
  await report.check('kill -9: the table stays', async () => {
    assert.equal(await killed.end('SIGKILL'), 'SIGKILL');
    assert.equal(await tableHandle(), handle);
  });
  await stopped.set('running');
  await stopped.end('SIGTERM');
  const first = startAgent();
  await report.check('a start with the API down adopts the table', async () => {
    const { table, recorded } = await first.logged('started');
    assert.deepEqual({ table, recorded }, { table: 'ours', recorded: 'draining' });
    await first.logged('hold-began');
    assert.equal(await tableHandle(), handle);
  });
  await report.check('the ports stayed closed throughout', async () => allRefused(await attempts.stop()));

  await first.end('SIGKILL');
  await onHost('nft', 'flush', 'ruleset');
  const agent = startAgent();
  await report.check('a start with the API down restores a table that went away meanwhile', async () => {
    await agent.logged('hold-began');
    return refusedAtOnce();
  });
  const api = await Api.start(API, KEYS, FLEET);
  await report.check('the API comes back with running: removed, connections are accepted', async () => {
    await agent.logged('table-removed');
    assert.equal(await tableHandle(), null);
    await eachIs('accepted');
  });
  return { agent, api };
}

async function stopWhileDraining(
  { agent, api }: { agent: Agent; api: Api },
  held: readonly HeldConnection[],
): Promise<void> {
  await onHost('nft', 'add', 'table', 'inet', 'other');
  await api.set('draining');
  await agent.logged('table-installed');
  const handle = await tableHandle();
  const attempts = await beginAttempts();
  await report.check('SIGTERM while draining: exit status 0, the ports stay closed', async () => {
    assert.equal(await agent.end('SIGTERM'), 0);
    assert.equal(await tableHandle(), handle);
    return allRefused(await attempts.stop());
  });
  await report.check('cleanup opens the ports and leaves the table of another alone', async () => {
    await onHost('cs-instance-watcher', 'cleanup');
    await eachIs('accepted');
    assert.equal(await onHost('nft', 'list', 'ruleset'), 'table inet other {\n}\n');
  });
  await report.check('the connections from before lived through all of it', () => exchangeOn(held));
}

function startAgent(): Agent {
  return new Agent(`http://${API}/v1/`, PORT, {
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  });
}

function tracksConnections(): boolean {
  return /^nf_conntrack /m.test(readFileSync('/proc/modules', 'utf8'));
}

async function exchangeOn(held: readonly HeldConnection[]): Promise<void> {
  for (const connection of held) await connection.exchange();
}
