// The drain as an operator lives it, on this kernel: every check is a promise of the README or a line of the release's list.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { type Attempt, longestOpeningMs } from './attempts.ts';
import { attempt, HeldConnection, SteadyAttempts } from './client.ts';
import { Agent, Api, onClient, onHost, startEchoServer } from './programs.ts';
import { giveUp, Report, remark } from './report.ts';

const PORT = 8080;
const HOST = ['10.77.0.2', 'fd77::2'] as const;
const API = '10.77.0.1:9000';
const TABLE = 'cs-instance-watcher';
const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** In the guest's time, which is that of a processor of 1 GHz whatever this machine does (see boot.ts). */
const AT_ONCE_MS = 100;
const CLOSED_AGAIN_MS = 100;

const report = new Report();
const connections: HeldConnection[] = [];

try {
  await drain();
} catch (error) {
  giveUp(error);
}
report.end();
process.exit();

async function drain(): Promise<void> {
  await report.check(`the kernel is Debian's 6.1`, () => {
    assert.match(release(), /^6\.1\..*-cloud-amd64$/);
    return release();
  });
  await startEchoServer(PORT);
  let api = await startApi();
  await onClient('cs-interact', 'state', 'add', 'i-0ab', '--state', 'running');
  for (const address of HOST) connections.push(await HeldConnection.open(address, PORT));
  await report.check(
    'before the drain: connections are accepted, nothing filters, nothing tracks',
    async () => {
      await everyAttempt('accepted');
      assert.equal(await onHost('nft', 'list', 'ruleset'), '');
      assert.doesNotMatch(readFileSync('/proc/modules', 'utf8'), /^nf_conntrack /m);
      return undefined;
    },
  );

  let agent = startAgent();
  await agent.logged('state-changed');
  await report.check('while running: no table', async () => {
    assert.equal(await tableHandle(), null);
    return undefined;
  });

  await api.set('draining');
  await agent.logged('table-installed');
  await report.check('draining: new connections are refused by a RST at once, IPv4 and IPv6', refusedAtOnce);
  await report.check('the table is plain: this kernel cannot keep an owned one', async () => {
    const table = await onHost('nft', 'list', 'table', 'inet', TABLE);
    remark(table.trim().replaceAll('\n', '\n# '));
    assert.doesNotMatch(table, /flags [^;]*(owner|persist)|# progname/);
    return undefined;
  });
  await report.check('the connections from before are counted', async () => {
    const { left } = await agent.logged('connections');
    assert.equal(left, HOST.length);
    return `${left} left`;
  });
  await report.check('the connections from before go on', exchangeOnAll);
  await report.check('they go on when something begins to track connections', async () => {
    await onHost(
      'nft',
      `add table inet other; add chain inet other c { type filter hook prerouting priority 0; };
      add rule inet other c ct state new counter`,
    );
    assert.match(readFileSync('/proc/modules', 'utf8'), /^nf_conntrack /m);
    return exchangeOnAll();
  });

  await restored(agent, ['flush', 'ruleset']);
  await restored(agent, ['delete', 'table', 'inet', TABLE]);
  // Once more: the first time, the runtime compiled what the second time it runs.
  await restored(agent, ['flush', 'ruleset']);
  await report.check('the connections from before go on', exchangeOnAll);

  let handle = await tableHandle();
  let attempts = await SteadyAttempts.begin(HOST, PORT);
  await report.check('kill -9: the table stays', async () => {
    assert.equal(await agent.end('SIGKILL'), 'SIGKILL');
    assert.equal(await tableHandle(), handle);
    return undefined;
  });
  await api.set('running');
  await api.end('SIGTERM');
  agent = startAgent();
  await report.check('a start with the API down adopts the table', async () => {
    const { table, recorded } = await agent.logged('started');
    assert.deepEqual({ table, recorded }, { table: 'ours', recorded: 'draining' });
    await agent.logged('hold-began');
    assert.equal(await tableHandle(), handle);
    return undefined;
  });
  await report.check('the ports stayed closed throughout', async () => allRefused(await attempts.stop()));

  await agent.end('SIGKILL');
  await onHost('nft', 'flush', 'ruleset');
  agent = startAgent();
  await report.check('a start with the API down restores a table that went away meanwhile', async () => {
    await agent.logged('hold-began');
    return refusedAtOnce();
  });
  await report.check('the API comes back with running: removed, connections are accepted', async () => {
    api = await startApi();
    await agent.logged('table-removed');
    assert.equal(await tableHandle(), null);
    await everyAttempt('accepted');
    return undefined;
  });

  await onHost('nft', 'add', 'table', 'inet', 'other');
  await api.set('draining');
  await agent.logged('table-installed');
  handle = await tableHandle();
  attempts = await SteadyAttempts.begin(HOST, PORT);
  await report.check('SIGTERM while draining: exit status 0, the ports stay closed', async () => {
    assert.equal(await agent.end('SIGTERM'), 0);
    assert.equal(await tableHandle(), handle);
    return allRefused(await attempts.stop());
  });
  await report.check('cleanup opens the ports and leaves the table of another alone', async () => {
    await onHost('cs-instance-watcher', 'cleanup');
    await everyAttempt('accepted');
    assert.equal(await onHost('nft', 'list', 'ruleset'), 'table inet other {\n}\n');
    return undefined;
  });
  await report.check('the connections from before lived through all of it', exchangeOnAll);
}

async function startApi(): Promise<Api> {
  const keyFile = '/run/keys.json';
  const userArn = 'arn:aws:sts::111111111111:assumed-role/Role/i-0ab';
  writeFileSync(keyFile, JSON.stringify({ keys: [{ ...KEY, caller: 'AROAEXAMPLE:i-0ab', userArn }] }));
  return Api.start(API, keyFile, '/run/fleet.json');
}

function startAgent(): Agent {
  return new Agent(`http://${API}/v1/`, PORT, {
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  });
}

/** Someone else takes the table away; the agent puts it back before long. */
async function restored(agent: Agent, command: readonly string[]): Promise<void> {
  await report.check(`nft ${command.join(' ')}: refused again within ${CLOSED_AGAIN_MS} ms`, async () => {
    const before = await tableHandle();
    const steady = await SteadyAttempts.begin(HOST, PORT);
    let attempts: readonly Attempt[];
    try {
      await onHost('nft', ...command);
      const { command: offender } = await agent.logged('table-restored');
      assert.equal(offender, 'nft');
    } finally {
      attempts = await steady.stop();
    }
    const after = await tableHandle();
    assert.ok(after !== null && after !== before, `the table is ${after}, it was ${before}`);
    await refusedAtOnce();
    const openMs = longestOpeningMs(attempts);
    assert.ok(openMs <= CLOSED_AGAIN_MS, `open for up to ${openMs.toFixed()} ms`);
    return `open for at most ${openMs.toFixed()} ms`;
  });
}

/** Tells one table from another of the same name; null when there is none of ours. */
async function tableHandle(): Promise<number | null> {
  const { nftables } = JSON.parse(await onHost('nft', '--json', 'list', 'tables')) as {
    nftables: readonly { table?: { name: string; handle: number } }[];
  };
  return nftables.find(({ table }) => table?.name === TABLE)?.table?.handle ?? null;
}

async function everyAttempt(outcome: Attempt['outcome']): Promise<readonly Attempt[]> {
  const attempts = await Promise.all(HOST.map((address) => attempt(address, PORT)));
  for (const one of attempts) assert.equal(one.outcome, outcome, one.address);
  return attempts;
}

async function refusedAtOnce(): Promise<string> {
  const tookMs = (await everyAttempt('refused')).map((one) => one.endedMs - one.startedMs);
  for (const one of tookMs) assert.ok(one <= AT_ONCE_MS, `a RST after ${one.toFixed(1)} ms`);
  return tookMs.map((one) => `${one.toFixed(1)} ms`).join(' and ');
}

function allRefused(attempts: readonly Attempt[]): string {
  assert.ok(attempts.length > 0);
  for (const one of attempts) assert.equal(one.outcome, 'refused', one.address);
  return `${attempts.length} of ${attempts.length} attempts refused`;
}

async function exchangeOnAll(): Promise<undefined> {
  for (const connection of connections) await connection.exchange();
}
