// `doctor` against real parts: a kernel of its own, the sandbox's AWS, scripts on disk. What is wrong it names, with what to do.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { INSTANCE_ID, IS_REAL_ROOT, REGION } from '../../fixtures/programs.ts';
import { AwsScene, type AwsSceneOptions } from './aws-scene.ts';
import { CREDENTIALS, type Outcome, portArguments, Scene } from './scene.ts';
import { answer, says } from './scripted-api.ts';

interface Result {
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warning' | 'problem' | 'not-run';
  readonly detail: string;
  readonly remedy: string | null;
}

interface Report {
  readonly status: number | null;
  readonly checks: ReadonlyMap<string, Result>;
  readonly problems: readonly string[];
}

const SCHEMA = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/schemas/doctor.schema.json'), 'utf8'),
) as object;
const isValid = new Ajv2020().compile(SCHEMA);

const ROLE = 'role watched-instance';
const RIGHTS = '-net_admin,-sys_admin';
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set', RIGHTS, '--inh-caps', RIGHTS, '--'];
const ORDINARY_USER = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

describe('doctor', { concurrency: 3, timeout: 120_000 }, () => {
  it('finds nothing wrong where nothing is, in one line a check, and changes nothing', async (t) => {
    const aws = await AwsScene.create(t);
    aws.scene.script('draining', '10-tell', 'true');
    const before = await aws.scene.ruleset();
    const told = await aws.program(['doctor', ...own(aws.scene)]);
    assert.equal(told.status, 0, told.stdout + told.stderr);
    assert.equal(told.stderr, '');
    const lines = told.stdout.split('\n');
    const about = lines.filter((line) => !/^ +->/.test(line)).slice(0, -3);
    assert.ok(
      about.length > 25 && about.every((line) => /^(ok|WARNING|not run) +\S/.test(line)),
      told.stdout,
    );
    assert.match(told.stdout, /\n\n\d+ ok, \d+ warnings?, 0 problems, \d+ not run\n$/);
    assert.equal(await aws.scene.ruleset(), before);

    // A file of root's, wherever the tests are.
    const config = aws.scene.path('config.json');
    writeFileSync(config, '{"force": false}');
    const { checks, problems } = await report(aws, ['--config', config]);
    assert.deepEqual(problems, []);
    for (const [id, detail] of [
      ['configuration', /^ports 80 8000-8010, from /],
      ['kernel', /^Linux \S+: a drain table was put in, refused/],
      ['nf-tables', /^reachable/],
      ['capabilities', /CAP_NET_ADMIN/],
      ['table', /^none/],
      ['connections', /^0 now/],
      ['scripts', /^1 in \S+ may run$/],
      ['imds', new RegExp(`${INSTANCE_ID} in ${REGION}, account 111122223333`)],
      ['instance-tags', /group demo$/],
      ['credentials', /^role watched-instance of the instance, good for \d+ min/],
      ['permission-get-caller-identity', /:assumed-role\/watched-instance\//],
      ['permission-describe-instances', /^not needed/],
      ['permission-invoke-function', /^allowed on CloneSquad-Discovery-demo$/],
      ['permission-invoke-api', /^allowed/],
      ['discovery', /^group demo: http:\S+ \(public\)$/],
      ['api', /^state running by 127\.0\.0\.1:\d+, \d+ ms, the first \d+ ms$/],
      ['clock', /^within 2 s/],
      ['target-groups', /^none$/],
      ['old-chain', /^none/],
      ['cs-agent', /^none/],
      ['earlier-firewalls', /^none/],
    ] as const) {
      assert.equal(checks.get(id)?.status, 'ok', `${id}: ${checks.get(id)?.detail}`);
      assert.match(checks.get(id)!.detail, detail, id);
      assert.equal(checks.get(id)!.remedy, null, id);
    }
    assert.equal(checks.get('agent')?.status, 'warning', 'no agent runs');
    assert.equal(await aws.scene.ruleset(), before);
  });

  it('runs beside an agent, and says with which options that was started', async (t) => {
    const aws = await AwsScene.create(t);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    const agent = aws.start();
    await agent.log.waitFor('table-installed');
    const before = await aws.scene.ruleset();
    const { checks, status } = await report(aws);
    assert.equal(status, 0);
    assert.match(checks.get('agent')!.detail, new RegExp(`^pid ${agent.pid}\\b`));
    assert.match(checks.get('capabilities')!.detail, new RegExp(`^the agent \\(pid ${agent.pid}`));
    assert.match(
      checks.get('table')!.detail,
      /^ours: new connections to 80 8000-8010 are refused, (owned|plain)$/,
    );
    assert.equal(await aws.scene.ruleset(), before);
    assert.equal(agent.log.of('table-restored').length, 0);

    const bare = await aws.program(['doctor', '--json'], { CS_RUNTIME_DIR: aws.scene.path('run') });
    const configuration = parse(bare).checks.get('configuration');
    assert.equal(configuration?.status, 'warning');
    assert.match(
      configuration.remedy!,
      /^cs-instance-watcher doctor .*--on-draining-block-new-connections-to-ports 80 8000-8010/,
    );
    aws.keepSecrets();
  });

  it('names the second agent, and the table without any', async (t) => {
    const aws = await AwsScene.create(t);
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    const first = aws.start();
    await first.log.waitFor('table-installed');
    const elsewhere = await aws.program([
      'doctor',
      '--json',
      '--runtime-dir',
      aws.scene.path('other'),
      ...portArguments(),
    ]);
    const other = parse(elsewhere).checks.get('agent');
    assert.match(other!.detail, new RegExp(`^with another runtime directory than \\S+: pid ${first.pid}$`));
    await first.kill();
    const { checks } = await report(aws);
    assert.equal(checks.get('table')?.status, 'warning');
    assert.match(checks.get('table')!.remedy!, /cs-instance-watcher cleanup$/);
  });

  it('tells a missing role', async (t) => {
    const { problems, checks, status } = await reportOf(t, { state: { instance: { roleName: '' } } });
    assert.deepEqual([status, problems], [1, ['credentials']]);
    assert.match(checks.get('credentials')!.detail, /no IAM role/);
    assert.match(
      checks.get('credentials')!.remedy!,
      new RegExp(`^aws ec2 associate-iam-instance-profile --instance-id ${INSTANCE_ID} `),
    );
    assert.equal(checks.get('discovery')?.detail, 'not tried: see credentials');
  });

  it('names the statement that is missing for the Discovery function, as the partition calls it', async (t) => {
    const { problems, checks, status } = await reportOf(t, {
      state: {
        permissions: { invokeFunction: false },
        instance: { partition: 'aws-us-gov', accountId: '444455556666' },
      },
    });
    assert.deepEqual([status, problems], [1, ['permission-invoke-function']]);
    assert.equal(
      checks.get('permission-invoke-function')!.remedy,
      `add to a policy of ${ROLE}: {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws-us-gov:lambda:${REGION}:444455556666:function:CloneSquad-Discovery-demo"}`,
    );
  });

  it('names the statement that is missing for the tags where the metadata has none', async (t) => {
    const { problems, checks } = await reportOf(t, {
      state: { permissions: { describeInstances: false }, imds: { tagsEnabled: false } },
    });
    assert.deepEqual(problems, ['permission-describe-instances']);
    assert.equal(
      checks.get('permission-describe-instances')!.remedy,
      `add to a policy of ${ROLE}: {"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"*"}`,
    );
    assert.match(checks.get('instance-tags')!.detail, /--instance-metadata-tags enabled$/);
  });

  it('asks EC2 where it is allowed and the metadata has no tags', async (t) => {
    const { problems, checks } = await reportOf(t, { state: { imds: { tagsEnabled: false } } });
    assert.deepEqual(problems, []);
    assert.equal(checks.get('permission-describe-instances')!.detail, 'allowed');
  });

  it("names the statement that is missing for the API, in API Gateway's own words", async (t) => {
    const aws = await AwsScene.create(t);
    const user = `arn:aws:sts::111122223333:assumed-role/watched-instance/${INSTANCE_ID}`;
    const resource = `arn:aws:execute-api:${REGION}:********3333:sandbox0id/v1/GET/metadata`;
    aws.api.reply = answer(403, {
      Message: `User: ${user} is not authorized to perform: execute-api:Invoke on resource: ${resource}`,
    });
    const { problems, checks } = await report(aws);
    assert.deepEqual(problems, ['permission-invoke-api']);
    assert.equal(
      checks.get('permission-invoke-api')!.remedy,
      `add to a policy of ${ROLE}: {"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:${REGION}:111122223333:sandbox0id/v1/GET/metadata"}`,
    );
    assert.match(checks.get('api')!.detail, /^reached in \d+ ms and refused/);
  });

  it('tells a silent metadata service from one whose hop limit is too low', async (t) => {
    const aws = await AwsScene.create(t);
    aws.sandbox.setFault('imds', { kind: 'hang' });
    const silent = await report(aws);
    assert.deepEqual([silent.status, silent.problems.includes('imds')], [1, true]);
    assert.match(silent.checks.get('imds')!.remedy!, /--http-endpoint enabled/);
    aws.sandbox.setFault('imds', { kind: 'hang', operation: 'PUT api/token' });
    const far = await report(aws);
    assert.match(far.checks.get('imds')!.remedy!, /--http-put-response-hop-limit 2$/);
  });

  for (const [offsetMs, status, detail] of [
    [600_000, 'problem', /^(599|60[0-2]) s behind /],
    [-90_000, 'warning', /^(89|9[0-2]) s ahead of /],
  ] as const) {
    it(`tells a clock that is ${-offsetMs / 1000} s off, and reaches the API all the same`, async (t) => {
      const { checks, problems } = await reportOf(t, { state: { clock: { offsetMs } } });
      assert.deepEqual(problems, status === 'problem' ? ['clock'] : []);
      assert.equal(checks.get('clock')?.status, status);
      assert.match(checks.get('clock')!.detail, detail);
      assert.equal(checks.get('api')?.status, 'ok', checks.get('api')?.detail);
    });
  }

  it('tells an instance without a group, and a function that is not there', async (t) => {
    const aws = await AwsScene.create(t, { state: { instance: { tags: { Name: 'alone' } } } });
    const alone = await report(aws);
    assert.deepEqual([alone.status, alone.checks.get('discovery')?.status], [0, 'warning']);
    assert.match(
      alone.checks.get('discovery')!.remedy!,
      new RegExp(`^aws ec2 create-tags --resources ${INSTANCE_ID} --tags Key=clonesquad:group-name,`),
    );
    aws.sandbox.change({ instance: { tags: { 'clonesquad:group-name': 'another' } } });
    const undeployed = await report(aws);
    assert.deepEqual(undeployed.problems, ['discovery']);
    assert.match(undeployed.checks.get('discovery')!.detail, /no function CloneSquad-Discovery-another in/);
  });

  it('tells an API that does not answer as one, and the hint for target groups where there are some', async (t) => {
    const aws = await AwsScene.create(t);
    aws.api.reply = answer(200, '<html>maintenance</html>');
    const broken = await report(aws);
    assert.deepEqual(broken.problems, ['api']);
    aws.api.reply = says('running', { TargetGroups: { NbOfTargetGroups: 2, Arns: [] } });
    const behind = await report(aws);
    assert.equal(behind.status, 0);
    assert.match(
      behind.checks.get('target-groups')!.remedy!,
      /Key=target_health_state\.unhealthy\.connection_termination\.enabled,Value=false/,
    );
  });

  it('with --api-url asks nothing but that API, with the key in the environment', async (t) => {
    const scene = await Scene.create(t);
    const args = ['--api-url', scene.api.url, '--instance-id', INSTANCE_ID, '--region', REGION];
    const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: scene.api.url, ...CREDENTIALS };
    const told = await scene.program(['doctor', '--json', ...args, ...own(scene)], env);
    const { status, checks } = parse(told);
    assert.equal(status, 1, 'what is behind that endpoint is no STS');
    assert.match(checks.get('credentials')!.detail, /^AWS_ACCESS_KEY_ID, without an end: set up for whoever/);
    assert.match(checks.get('discovery')!.detail, /^not asked: --api-url/);
    assert.equal(checks.get('imds')?.status, 'not-run');
    assert.equal(checks.get('permission-invoke-function')?.detail, 'not needed: --api-url names the API');
    assert.match(checks.get('api')!.detail, /^state running by /);
    const nowhere = parse(
      await scene.program(['doctor', '--json', '--api-url', scene.api.url, ...own(scene)], env),
    );
    assert.equal(nowhere.checks.get('discovery')?.remedy, 'give --region, or set AWS_REGION');
  });

  it("tells other firewalls: the old tool's chain, SSM's, one that drops first, a table under our name", async (t) => {
    const aws = await AwsScene.create(t);
    await aws.scene.namespace.shell(`
      iptables-nft -N CS-INSTANCE-WATCHER
      iptables-legacy -N CS-AGENT
      nft add table inet guard
      nft 'add chain inet guard early { type filter hook prerouting priority -300; policy accept; }'
      nft add rule inet guard early tcp dport 80 drop
      nft add table inet cs-instance-watcher`);
    const before = await aws.scene.ruleset();
    const { problems, checks } = await report(aws);
    assert.deepEqual([...problems].sort(), ['old-chain', 'table']);
    assert.match(checks.get('old-chain')!.remedy!, /iptables-nft -w -X CS-INSTANCE-WATCHER$/);
    assert.match(checks.get('table')!.remedy!, /nft delete table inet cs-instance-watcher$/);
    assert.equal(checks.get('cs-agent')?.status, 'warning');
    assert.match(checks.get('cs-agent')!.remedy!, /iptables-legacy -w -S CS-AGENT/);
    assert.equal(checks.get('earlier-firewalls')?.status, 'warning');
    assert.match(checks.get('earlier-firewalls')!.detail, /^inet guard early \(prerouting, -300\)/);
    assert.equal(await aws.scene.ruleset(), before);
  });

  it('tells the Python agent that still runs, UDP on a drained port, and a host without a default route', async (t) => {
    const aws = await AwsScene.create(t);
    const { namespace } = aws.scene;
    await namespace.shell(`
      ip link add near type veth peer name far
      ip address add 192.0.2.1/24 dev near
      ip link set near up
      ip link set far up`);
    const script = aws.scene.path('cs-instance-watcher');
    writeFileSync(
      script,
      "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 80))\nprint('ready', flush=True)\nsys.stdin.read()\n",
    );
    const python = namespace.spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(python, 'close');
    try {
      await Promise.race([once(python.stdout!, 'data'), ended.then(() => assert.fail('python3 is needed'))]);
      const { problems, checks } = await report(aws);
      assert.deepEqual(problems, ['old-agent']);
      assert.equal(checks.get('old-agent')!.remedy, `kill ${python.pid}`);
      assert.match(checks.get('udp')!.detail, /^UDP sockets wait on 80:/);
      assert.match(checks.get('routes')!.detail, /no default route for IPv4:/);
      await namespace.run('ip', ['route', 'add', 'default', 'via', '192.0.2.2']);
      assert.equal((await report(aws)).checks.get('routes')?.status, 'ok');
    } finally {
      python.stdin!.end();
      await ended;
    }
  });

  it('tells scripts that will not run, and directories that no state has', async (t) => {
    const aws = await AwsScene.create(t);
    const script = aws.scene.script('draining', '10-tell', 'true');
    aws.scene.script('drained', '10-done', 'true');
    aws.scene.script('drainning', '10-never', 'true');
    const stray = await report(aws);
    assert.deepEqual([stray.status, stray.checks.get('scripts')?.status], [0, 'warning']);
    assert.match(stray.checks.get('scripts')!.detail, /no state is called "drainning"/);
    // Where no other user is mapped nothing can be given away: there the script is everybody's to write.
    if (IS_REAL_ROOT) chownSync(script, 65_534, 65_534);
    else chmodSync(script, 0o777);
    const { problems, checks } = await report(aws);
    const [complaint, remedy] = IS_REAL_ROOT
      ? ['is owned by uid 65534, not by 0', `chown 0 ${script}`]
      : ['is writable by others than its owner', `chmod go-w ${script}`];
    assert.deepEqual(problems, ['scripts']);
    assert.equal(checks.get('scripts')!.remedy, remedy);
    assert.ok(checks.get('scripts')!.detail.includes(`${script} ${complaint}`));
  });

  it('--bake passes on a clean image without asking AWS anything', async (t) => {
    const aws = await AwsScene.create(t);
    const { status, checks, problems } = await report(aws, ['--bake']);
    assert.deepEqual([status, problems], [0, []]);
    assert.equal(checks.get('builder-traces')?.status, 'ok');
    assert.equal(checks.get('agent')?.status, 'ok');
    for (const id of ['imds', 'credentials', 'permission-invoke-api', 'discovery', 'api', 'clock']) {
      assert.equal(checks.get(id)?.status, 'not-run', id);
    }
    assert.deepEqual(aws.sandbox.requests().total, { imds: 0, sts: 0, ec2: 0, lambda: 0 });
    assert.equal(aws.api.connections, 0);
  });

  it('--bake fails on what an agent left, on a log and on keys, and repeats no key', async (t) => {
    const aws = await AwsScene.create(t);
    const agent = aws.start();
    await agent.log.waitFor('state-changed');
    await agent.stop();
    writeFileSync(aws.scene.path('agent.log'), 'a line');
    const key = 'AKIAIOSFODNN7EXAMPLE';
    const config = aws.scene.path('config.json');
    writeFileSync(
      config,
      JSON.stringify({ instance_id: INSTANCE_ID, api_url: `https://${key}.example/v1/` }),
    );
    const told = await aws.program(
      [
        'doctor',
        '--bake',
        '--json',
        ...own(aws.scene),
        '--config',
        config,
        '--log-file',
        aws.scene.path('agent.log'),
      ],
      { AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-tests' },
    );
    const { status, problems, checks } = parse(told);
    assert.deepEqual([status, problems], [1, ['builder-traces']]);
    const { detail, remedy } = checks.get('builder-traces')!;
    for (const trace of [
      aws.scene.path('state/record.json'),
      aws.scene.path('state/context.json'),
      `log ${aws.scene.path('agent.log')}`,
      `an AWS key is in ${config}`,
      'AWS_SECRET_ACCESS_KEY is in the environment',
      `instance-id ${INSTANCE_ID}`,
    ]) {
      assert.ok(detail.includes(trace), `${trace}: ${detail}`);
    }
    assert.ok(remedy!.includes(`rm -rf ${aws.scene.path('state/record.json')}`), remedy!);
    assert.ok(!told.stdout.includes(key) && !told.stdout.includes('a-secret-of-the-tests'));
    aws.keepSecrets();
  });

  it('without rights says what it could not see, and sees the rest', async (t) => {
    const aws = await AwsScene.create(t);
    const { checks, problems } = await report(aws, [], WITHOUT_RIGHTS);
    assert.deepEqual(problems, ['nf-tables', 'capabilities'], 'root is meant to have them');
    for (const id of ['kernel', 'table', 'old-chain', 'earlier-firewalls']) {
      assert.equal(checks.get(id)?.status, 'not-run', `${id}: ${checks.get(id)?.detail}`);
    }
    assert.match(checks.get('capabilities')!.remedy!, /CAP_NET_ADMIN/);
    assert.equal(checks.get('api')?.status, 'ok', checks.get('api')?.detail);
  });

  it('for an ordinary user has no problem where only rights are missing', async (t) => {
    if (!IS_REAL_ROOT) return t.skip('needs real root: there is no other user to be');
    const aws = await AwsScene.create(t);
    const { checks, problems } = await report(aws, [], ORDINARY_USER);
    assert.deepEqual(problems, []);
    for (const id of ['kernel', 'nf-tables', 'table', 'connections', 'old-chain']) {
      assert.equal(checks.get(id)?.status, 'not-run', `${id}: ${checks.get(id)?.detail}`);
      assert.notEqual(checks.get(id)?.detail, '', id);
    }
    assert.match(checks.get('nf-tables')!.remedy!, /as root/);
  });

  it('ends with 2 on a command line or a configuration that cannot be followed', async (t) => {
    const scene = await Scene.create(t);
    const misspelt = await scene.program(['doctor', '--jsn']);
    assert.deepEqual([misspelt.status, misspelt.stdout], [2, '']);
    writeFileSync(scene.path('config.json'), '{"force": "perhaps"}');
    const wrong = await scene.program(['doctor', '--config', 'config.json']);
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, /config\.json: force: /);
    const help = await scene.program(['doctor', '--help']);
    assert.match(help.stdout, /^Usage: cs-instance-watcher doctor \[--bake\] \[--json\]/);
  });
});

async function reportOf(t: TestContext, options: AwsSceneOptions): Promise<Report> {
  return report(await AwsScene.create(t, options));
}

async function report(
  aws: AwsScene,
  args: readonly string[] = [],
  wrapper: readonly string[] = [],
): Promise<Report> {
  const told = await aws.program(['doctor', '--json', ...args, ...own(aws.scene)], {}, wrapper);
  for (const { secretAccessKey, sessionToken } of aws.sandbox.issuedKeys()) {
    assert.ok(!told.stdout.includes(secretAccessKey) && !told.stdout.includes(sessionToken), told.stdout);
  }
  return parse(told);
}

/** The report, valid against its schema, and exit status and counts that go with it. */
function parse({ status, stdout, stderr }: Outcome): Report {
  assert.equal(stderr, '', stdout);
  const document = JSON.parse(stdout) as { checks: Result[]; problems: number; warnings: number };
  assert.ok(isValid(document), JSON.stringify(isValid.errors));
  const checks = new Map(document.checks.map((check) => [check.id, check]));
  assert.equal(checks.size, document.checks.length, 'an id stands once');
  const count = (wanted: Result['status']) => document.checks.filter((one) => one.status === wanted).length;
  assert.deepEqual([document.problems, document.warnings], [count('problem'), count('warning')]);
  assert.equal(status, document.problems === 0 ? 0 : 1);
  const problems = document.checks.filter((check) => check.status === 'problem').map(({ id }) => id);
  return { status, checks, problems };
}

/** The options of the scene's agent. */
function own(scene: Scene): string[] {
  return [
    ...['--state-dir', scene.path('state'), '--runtime-dir', scene.path('run')],
    ...['--script-dir', scene.scripts, ...portArguments()],
  ];
}
