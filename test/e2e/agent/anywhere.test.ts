// Safe on any instance, CloneSquad's or not, EC2 or not: ready before anything is heard, one warning, no end but a signal.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Fault } from '../../../src/sandbox/sandbox.ts';
import { type AgentProcess, INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import { AwsScene, type AwsSceneOptions } from './aws-scene.ts';
import { type NotifySocket, receiveNotifications } from './notify-socket.ts';
import { complaints, stopsAtOnce } from './scene.ts';

const IDENTITY = 'imds GET dynamic/instance-identity/document';
const TOKEN = 'imds PUT api/token';
const NO_TAGS = { instance: { tags: { Name: 'web' } } };

interface Surroundings extends AwsSceneOptions {
  readonly name: string;
  readonly fault?: readonly ['imds' | 'lambda', Fault];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The one warning. */
  readonly line: RegExp;
  /** What is asked for at every slot; null: a definite answer, asked for no more. */
  readonly askedAgain: string | null;
}

/** Where nothing listens, and nobody counts who asks. */
const NOBODY = 'http://127.0.0.1:9';

const SURROUNDINGS: readonly Surroundings[] = [
  {
    name: 'no metadata service at all: refused',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: NOBODY },
    line: /not known which instance this is: .*ECONNREFUSED/,
    askedAgain: null,
  },
  {
    name: 'a metadata service that is silent',
    fault: ['imds', { kind: 'hang' }],
    line: /not known which instance this is: .*no answer within 2000 ms/,
    askedAgain: TOKEN,
  },
  {
    name: 'a metadata service that stops in the body',
    fault: ['imds', { kind: 'hang-in-body' }],
    line: /not known which instance this is: .*no answer within 2000 ms/,
    askedAgain: TOKEN,
  },
  {
    name: 'a metadata service that answers 500',
    fault: ['imds', { kind: 'status', status: 500 }],
    line: /not known which instance this is: the metadata service answered 500/,
    askedAgain: TOKEN,
  },
  {
    name: 'a metadata service that answers HTML',
    fault: ['imds', { kind: 'body', body: '<html>portal</html>', operation: 'GET' }],
    line: /not known which instance this is: the instance identity document is not/,
    askedAgain: IDENTITY,
  },
  {
    name: 'metadata service disabled by the environment',
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    line: /not known which instance this is: AWS_EC2_METADATA_DISABLED is true/,
    askedAgain: null,
  },
  {
    name: 'no role',
    state: { instance: { roleName: '' } },
    line: /the instance carries no IAM role/,
    askedAgain: null,
  },
  {
    name: 'no permission to describe instances',
    state: { imds: { tagsEnabled: false }, permissions: { describeInstances: false } },
    line: /not authorized to perform: ec2:DescribeInstances/,
    askedAgain: null,
  },
  {
    name: 'an instance that EC2 does not know',
    args: ['--instance-id', 'i-0other00000000000', '--region', REGION],
    line: /EC2 knows no instance i-0other00000000000 in eu-west-1/,
    askedAgain: null,
  },
  {
    name: 'no permission to invoke the discovery function',
    state: { permissions: { invokeFunction: false } },
    line: /not allowed to invoke CloneSquad-Discovery-demo: .*lambda:InvokeFunction/,
    askedAgain: null,
  },
  {
    name: 'no discovery function',
    state: { discovery: { isDeployed: false } },
    line: /there is no function CloneSquad-Discovery-demo in account 111122223333, eu-west-1/,
    askedAgain: null,
  },
  {
    name: 'a discovery function that fails',
    fault: ['lambda', { kind: 'function-error' }],
    line: /asked for by the sandbox/,
    askedAgain: 'lambda Invoke',
  },
  {
    name: 'a discovery function that never answers',
    fault: ['lambda', { kind: 'hang' }],
    line: /where the API is was not found out within 3000 ms/,
    askedAgain: 'lambda Invoke',
  },
  {
    name: 'a discovery function that answers HTML',
    fault: ['lambda', { kind: 'body', body: '<html>' }],
    line: /did not answer a JSON object/,
    askedAgain: 'lambda Invoke',
  },
  {
    name: 'a discovery document without an address',
    state: { discovery: { overrides: { InteractAPIGWUrl: null } } },
    line: /the API's address: InteractAPIGWUrl: missing/,
    askedAgain: null,
  },
  {
    name: 'a discovery document with an address of another kind',
    state: { discovery: { overrides: { InteractAPIGWUrl: 'file:///etc/passwd' } } },
    line: /the API's address: InteractAPIGWUrl: not an https URL/,
    askedAgain: null,
  },
];

describe('on any instance', { concurrency: 6, timeout: 120_000 }, () => {
  for (const surroundings of SURROUNDINGS) {
    const { name, line, askedAgain, fault, env = {}, args = [] } = surroundings;
    it(name, async (t) => {
      const aws = await AwsScene.create(t, surroundings);
      if (fault !== undefined) aws.sandbox.setFault(...fault);
      const { agent, manager } = await startNotifying(t, aws, args, env);
      const began = await agent.log.waitFor('hold-began');
      assert.match(String(began.message), line);
      assert.match(String(began.message), /; the firewall stays as it is$/);
      const before = aws.sandbox.requests();
      if (askedAgain === null) {
        await periods(3);
        const after = aws.sandbox.requests();
        assert.ok(sum(after.total) <= sum(before.total), `asked again: ${JSON.stringify(after.operations)}`);
      } else {
        await asked(aws, askedAgain, (before.operations[askedAgain] ?? 0) + 2);
      }
      assert.deepEqual(complaints(agent), [began]);
      assert.equal(aws.api.connections, 0);
      assert.equal(await aws.scene.ruleset(), '');
      assert.match(
        String(manager.lines.lines.at(-1)?.message),
        /^STATUS=waiting for the API; no verdict, holding$/,
      );
      aws.keepSecrets();
      await stopsAtOnce(agent);
      await manager.lines.waitFor(({ message }) => message === 'STOPPING=1');
    });
  }

  it('an untagged instance: looked at twice a period apart, then left alone', async (t) => {
    const aws = await AwsScene.create(t, { state: NO_TAGS });
    const { agent } = await startNotifying(t, aws);
    const began = await agent.log.waitFor('hold-began');
    assert.match(
      String(began.message),
      new RegExp(`instance ${INSTANCE_ID} has no tag clonesquad:group-name; to be confirmed`),
    );
    const open = await agent.log.waitFor('open');
    assert.match(
      String(open.message),
      new RegExp(`^not managed by CloneSquad: instance ${INSTANCE_ID} has no tag`),
    );
    assert.ok(
      Date.parse(String(open.time)) - Date.parse(String(began.time)) >= 990,
      'a period lies between the looks',
    );
    // The first slot may come too soon after the first poll to confirm anything.
    const looks = aws.asked(IDENTITY);
    assert.ok(looks === 2 || looks === 3, `${looks} looks`);
    await periods(3);
    assert.equal(aws.asked(IDENTITY), looks, 'asked again no sooner than after 300 s');
    assert.equal(agent.log.of('open').length, 1);
    assert.deepEqual(complaints(agent), [began]);
    assert.equal(aws.asked('lambda Invoke'), 0);
    await stopsAtOnce(agent);
  });

  it('a metadata service that comes up late: known within one period', async (t) => {
    const aws = await AwsScene.create(t);
    const mend = aws.cutMetadata();
    const { agent } = await startNotifying(t, aws);
    const began = await agent.log.waitFor('hold-began');
    mend();
    const mendedMs = performance.now();
    await agent.log.waitFor('hold-ended');
    const tookMs = performance.now() - mendedMs;
    assert.ok(tookMs < 2_000, `known only ${Math.round(tookMs)} ms after the metadata service was up`);
    assert.deepEqual(complaints(agent), [began]);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    await agent.log.waitFor('table-installed');
    await stopsAtOnce(agent);
  });

  it('without CAP_NET_ADMIN, as root: degraded, and the scripts run', async (t) => {
    const aws = await AwsScene.create(t);
    aws.scene.script('draining', '10-say', 'echo "$1 $2"');
    const agent = aws.start([], {
      wrapper: ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
    });
    await agent.log.waitFor('state-changed');
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    await agent.log.waitFor(
      ({ event, message }) => event === 'hook-line' && /draining running$/.test(String(message)),
    );
    const degraded = await agent.log.waitFor(
      ({ event, part }) => event === 'degraded' && part === 'firewall',
    );
    await aws.api.further(3);
    assert.deepEqual(complaints(agent), [degraded], 'retried every period, told once');
    assert.equal(await aws.scene.ruleset(), '');
    await stopsAtOnce(agent);
  });
});

/** The agent is ready though nothing of the network has answered. */
async function startNotifying(
  t: TestContext,
  aws: AwsScene,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ agent: AgentProcess; manager: NotifySocket }> {
  const path = aws.scene.path('notify');
  const manager = await receiveNotifications(path);
  t.after(() => manager.close());
  const agent = aws.start(args, { env: { NOTIFY_SOCKET: path, ...env } });
  await manager.lines.waitFor(({ message }) => message === 'READY=1');
  await manager.lines.waitFor(({ message }) => message === 'STATUS=waiting for the API');
  return { agent, manager };
}

/** Waits until an operation was asked for `count` times; fails after 15 s. */
async function asked(aws: AwsScene, operation: string, count: number): Promise<void> {
  const endsAtMs = performance.now() + 15_000;
  while (aws.asked(operation) < count) {
    assert.ok(performance.now() < endsAtMs, `${operation}: ${aws.asked(operation)} times, expected ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Lets periods of the agent go by, in which something must not happen. */
function periods(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
