// From the metadata service to the first poll: what is asked of whom, how often, and what is remembered.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { RequestCounts } from '../../../src/sandbox/sandbox.ts';
import { type AgentProcess, INSTANCE_ID, KEY, REGION } from '../../fixtures/programs.ts';
import { AwsScene } from './aws-scene.ts';
import { complaints, stopsAtOnce } from './scene.ts';
import { answer, type Poll, ScriptedApi } from './scripted-api.ts';

describe('discovery', { concurrency: 5, timeout: 90_000 }, () => {
  for (const dialect of ['d0', 'd1', 'd2'] as const) {
    it(`metadata service, Discovery Lambda, poll, drain: ${dialect}`, async (t) => {
      const aws = await AwsScene.create(t, { dialect });
      const agent = aws.start();
      const learning = await learn(aws, agent, [
        'imds GET dynamic/instance-identity/document',
        'lambda Invoke',
      ]);
      await aws.fleet.setState(INSTANCE_ID, 'draining');
      await agent.log.waitFor('table-installed');
      await aws.fleet.setState(INSTANCE_ID, 'running');
      await agent.log.waitFor('table-removed');
      await aws.api.further(1);
      const { total } = aws.sandbox.requests();
      assert.deepEqual(total, learning.total, 'one discovery for as long as the context lasts');
      assert.deepEqual([total.sts, total.ec2], [0, 0], 'the metadata service has told everything');
      assert.ok(aws.api.polls.every(({ target }) => target === '/v1/metadata'));
      assert.deepEqual(complaints(agent, learning.lines), []);
      aws.keepSecrets();
      await stopsAtOnce(agent);
    });
  }

  it('asks EC2 for the group where instance tags are not in the metadata', async (t) => {
    const aws = await AwsScene.create(t, { state: { imds: { tagsEnabled: false } } });
    const agent = aws.start();
    const learning = await learn(aws, agent, ['ec2 DescribeInstances', 'lambda Invoke']);
    await aws.api.further(2);
    const { total } = aws.sandbox.requests();
    assert.deepEqual(total, learning.total);
    assert.equal(total.sts, 0);
    aws.keepSecrets();
  });

  for (const [named, args, region] of [
    ['by --region', ['--region', REGION], {}],
    ['by AWS_REGION', [], { AWS_REGION: REGION }],
  ] as const) {
    it(`asks STS for the account only where there is no identity document: the region is named ${named}`, async (t) => {
      const aws = await AwsScene.create(t);
      const key = aws.sandbox.issueKey();
      const env = {
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        AWS_SESSION_TOKEN: key.sessionToken,
        ...region,
      };
      const agent = aws.start(['--instance-id', INSTANCE_ID, ...args], { env });
      const once = ['sts GetCallerIdentity', 'ec2 DescribeInstances', 'lambda Invoke'];
      const learning = await learn(aws, agent, once);
      await aws.api.further(2);
      const { total } = aws.sandbox.requests();
      assert.deepEqual(total, learning.total);
      assert.equal(total.imds, 0);
      aws.keepSecrets();
    });
  }

  // D0 names the endpoint in the plural.
  for (const dialect of ['d0', 'd2'] as const) {
    it(`sends the API id to a VPC endpoint that works, and nothing to the public URL: ${dialect}`, async (t) => {
      const aws = await AwsScene.create(t, { dialect, sockets: 1 });
      const endpoint = new ScriptedApi(aws.sockets[0]!);
      t.after(() => endpoint.close());
      endpoint.reply = aws.working;
      aws.sandbox.change({ discovery: { vpcEndpoint: new URL(endpoint.url).host } });
      const agent = aws.start();
      await agent.log.waitFor('state-changed');
      await endpoint.further(2);
      assert.ok(endpoint.polls.every(({ headers }) => headers['x-apigw-api-id'] === 'sandbox0id'));
      assert.equal(aws.api.connections, 0);
    });
  }

  for (const [name, reply] of [
    ['resets the connection', (request) => void request.socket.resetAndDestroy()],
    ['never answers', () => {}],
    ['leads to another API', answer(403, '{"message":"Forbidden"}')],
  ] satisfies [string, ScriptedApi['reply']][]) {
    it(`uses the public URL, and remembers it, where the VPC endpoint ${name}`, async (t) => {
      const aws = await AwsScene.create(t, { sockets: 1 });
      const endpoint = new ScriptedApi(aws.sockets[0]!);
      t.after(() => endpoint.close());
      endpoint.reply = reply;
      aws.sandbox.change({ discovery: { vpcEndpoint: new URL(endpoint.url).host } });
      const agent = aws.start();
      await agent.log.waitFor('state-changed');
      await aws.api.further(3);
      assert.equal(endpoint.polls.length, 1);
      assert.deepEqual(complaints(agent), []);
    });
  }

  it('refreshes the credentials of the role when they expire, without a gap in the polls', async (t) => {
    const aws = await AwsScene.create(t);
    const agent = aws.start();
    const { lines } = await learn(aws, agent, ['lambda Invoke']);
    aws.keepSecrets();
    aws.sandbox.expireKeys();
    await aws.api.further(3);
    const { polls } = aws.api;
    const keyOf = (poll: Poll) => /Credential=(\w+)\//.exec(poll.headers.authorization ?? '')?.[1];
    const repeated = polls.findIndex((poll) => keyOf(poll) !== keyOf(polls[0]!));
    const waitedMs = polls[repeated]!.atMs - polls[repeated - 1]!.atMs;
    assert.ok(waitedMs < 600, `the refused request was repeated after ${waitedMs} ms, not at once`);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    await agent.log.waitFor('table-installed');
    assert.deepEqual(complaints(agent, lines), []);
    aws.keepSecrets();
  });

  it('goes through the lifetimes of short-lived credentials without a refused poll', async (t) => {
    const aws = await AwsScene.create(t, { state: { credentials: { lifetimeSeconds: 4 } } });
    const agent = aws.start();
    const { lines } = await learn(aws, agent, ['lambda Invoke']);
    await aws.api.further(8);
    assert.ok(aws.sandbox.issuedKeys().length > 1, 'credentials were replaced');
    assert.deepEqual(complaints(agent, lines), []);
    aws.keepSecrets();
  });

  it('corrects its clock from the answers of servers whose clock is another', async (t) => {
    const aws = await AwsScene.create(t, { state: { clock: { offsetMs: 3_600_000 } } });
    const agent = aws.start();
    const { lines } = await learn(aws, agent, []);
    const before = aws.api.polls.length;
    await aws.api.further(2);
    assert.ok(
      aws.api.polls[before + 1]!.atMs - aws.api.polls[before]!.atMs > 500,
      'no request is repeated any more',
    );
    assert.deepEqual(complaints(agent, lines), []);
    aws.keepSecrets();
  });

  it('reads the context again when it is stale, beside the polls', async (t) => {
    const aws = await AwsScene.create(t);
    const agent = aws.start(['--stale-context-timeout', '2']);
    await agent.log.waitFor('state-changed');
    await aws.api.further(5);
    const discoveries = aws.asked('lambda Invoke');
    assert.ok(discoveries >= 2 && discoveries <= 4, `${discoveries} discoveries in five periods`);
  });

  it('goes on with a context that cannot be refreshed, and says so once, and once that it can again', async (t) => {
    const aws = await AwsScene.create(t);
    const agent = aws.start(['--stale-context-timeout', '1']);
    await agent.log.waitFor('state-changed');
    aws.sandbox.setFault('lambda', { kind: 'status', status: 500 });
    await agent.log.waitFor('context-stale');
    const failures = aws.asked('lambda Invoke');
    await aws.api.further(4);
    assert.ok(aws.asked('lambda Invoke') > failures + 1, 'the refresh was tried again');
    assert.equal(agent.log.of('hold-began').length, 0);
    assert.equal(agent.log.of('context-stale').length, 1);
    aws.sandbox.setFault('lambda', undefined);
    await agent.log.waitFor('context-refreshed');
    await aws.api.further(2);
    assert.equal(agent.log.of('context-refreshed').length, 1);
  });

  it('after a restart in the same boot polls before any discovery', async (t) => {
    const aws = await AwsScene.create(t);
    await learnAndStop(aws);
    aws.sandbox.resetRequests();
    aws.sandbox.setFault('lambda', { kind: 'hang' });
    const agent = aws.start();
    await aws.api.further(1);
    assert.equal(aws.asked('imds GET dynamic/instance-identity/document') <= 1, true);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    await agent.log.waitFor('table-installed');
    assert.equal(agent.log.of('hold-began').length, 0);
  });

  it('after a reboot of the same instance uses the context that was kept', async (t) => {
    const aws = await AwsScene.create(t);
    await learnAndStop(aws);
    rewriteContext(aws, (text) => text.replace(/"bootId": "[^"]+"/, '"bootId": "of-an-earlier-boot"'));
    aws.sandbox.setFault('lambda', { kind: 'hang' });
    const agent = aws.start();
    await agent.log.waitFor('started');
    await aws.api.further(2);
    assert.equal(agent.log.of('hold-began').length, 0);
  });

  it('never uses the context of the instance from which its image was made', async (t) => {
    const aws = await AwsScene.create(t, { sockets: 1 });
    const builders = new ScriptedApi(aws.sockets[0]!);
    t.after(() => builders.close());
    await learnAndStop(aws);
    rewriteContext(aws, (text) =>
      text
        .replace(/"bootId": "[^"]+"/, '"bootId": "of-the-builder"')
        .replaceAll(INSTANCE_ID, 'i-0builder000000000')
        .replaceAll(aws.api.url, builders.url),
    );
    aws.sandbox.resetRequests();
    const agent = aws.start();
    await aws.api.further(2);
    assert.equal(aws.asked('lambda Invoke'), 1);
    assert.equal(builders.connections, 0);
    assert.deepEqual(complaints(agent), []);
  });

  it('asks only the API that --api-url names, and no service of AWS', async (t) => {
    const aws = await AwsScene.create(t, { sockets: 1 });
    const given = new ScriptedApi(aws.sockets[0]!);
    t.after(() => given.close());
    const agent = aws.start(['--api-url', given.url, '--instance-id', INSTANCE_ID, '--region', REGION], {
      env: KEY,
    });
    await agent.log.waitFor('state-changed');
    assert.deepEqual(aws.sandbox.requests().total, { imds: 0, sts: 0, ec2: 0, lambda: 0 });
    assert.equal(aws.api.connections, 0);
  });
});

/**
 * Waits for the first answer: what was asked for until then, and the lines logged. Each of `once` was asked for once, unless
 * the machine is so busy that a poll ran out of time before and had to begin again.
 */
async function learn(
  aws: AwsScene,
  agent: AgentProcess,
  once: readonly string[],
): Promise<{ readonly total: RequestCounts['total']; readonly lines: number }> {
  await agent.log.waitFor('state-changed');
  const { total } = aws.sandbox.requests();
  const isFirstAttempt = agent.log.of('hold-began').length === 0;
  for (const operation of once) {
    const count = aws.asked(operation);
    assert.ok(isFirstAttempt ? count === 1 : count >= 1, `${operation}: asked for ${count} times`);
  }
  return { total, lines: agent.log.lines.length };
}

/** A run long enough to keep the context on disk. */
async function learnAndStop(aws: AwsScene): Promise<void> {
  const agent = aws.start();
  await agent.log.waitFor('state-changed');
  await stopsAtOnce(agent);
  aws.keepSecrets();
}

function rewriteContext(aws: AwsScene, edit: (text: string) => string): void {
  const path = aws.scene.path('state/context.json');
  const before = readFileSync(path, 'utf8');
  const after = edit(before);
  assert.notEqual(after, before);
  writeFileSync(path, after);
}
