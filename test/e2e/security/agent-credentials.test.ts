// Credentials are in no log at any level, and in nothing else that the agent writes, tells or gives to scripts: looked for is
// what really went over the wire.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type AgentProcess, INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import { AwsScene } from '../agent/aws-scene.ts';
import { CREDENTIALS, Scene } from '../agent/scene.ts';
import { answer, type Reply } from '../agent/scripted-api.ts';
import { assertKept, contentsBelow } from './kept-secrets.ts';
import { Wiretap } from './wiretap.ts';

const directoriesOf = (scene: Scene) => [
  '--runtime-dir',
  scene.path('run'),
  '--state-dir',
  scene.path('state'),
];

/** Words of API Gateway and of servers that show what they were sent. */
const indiscreet: readonly [what: string, status: number, (headers: Record<string, string>) => unknown][] = [
  [
    'the canonical request',
    403,
    (headers) => ({
      message: `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'GET\nx-amz-security-token:${headers['x-amz-security-token']}'`,
    }),
  ],
  [
    'a malformed header',
    403,
    (headers) => ({
      message: `Authorization header requires 'Signature' parameter. Authorization=${headers.authorization}`,
    }),
  ],
  [
    'a header in quotes',
    403,
    (headers) => ({
      message: `'x' not a valid key=value pair (missing equal-sign) in Authorization header: '${headers.authorization}'.`,
    }),
  ],
  ['every header', 403, (headers) => ({ message: 'Forbidden', headers })],
  ['the token', 403, (headers) => ({ message: `token ${headers['x-amz-security-token']} is not good here` })],
  ['the token, failing', 500, (headers) => `<html>${headers['x-amz-security-token']}</html>`],
  ['the token as an answer', 200, (headers) => headers['x-amz-security-token']],
  [
    'the token as a state',
    200,
    (headers) => ({ State: headers['x-amz-security-token'], InstanceId: INSTANCE_ID }),
  ],
];

describe('what the agent leaves behind', { concurrency: 2, timeout: 180_000 }, () => {
  it('has no part of what it is given to sign with, through discovery, refusals, renewal and a drain', async (t) => {
    const aws = await AwsScene.create(t, { sockets: 2 });
    const { scene, api } = aws;
    const tap = new Wiretap(aws.sockets[0]!, aws.sandbox.imdsUrl);
    const services = new Wiretap(aws.sockets[1]!, aws.sandbox.awsUrl);
    t.after(() => {
      for (const each of [tap, services]) each.close();
    });
    const listening: Reply = (request, response) => {
      tap.hear(request.headers);
      aws.working(request, response);
    };
    api.reply = listening;
    const seen = scene.path('environment');
    scene.script('draining', '10-look', `env >${seen}; tr '\\0' '\\n' </proc/$PPID/cmdline >>${seen}`);
    const agent = aws.start(['--drain-on', 'spot-interruption', '--stale-context-timeout', '1'], {
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: tap.url, AWS_ENDPOINT_URL: services.url },
    });
    await agent.log.waitFor('state-changed');
    aws.sandbox.setFault('lambda', { kind: 'function-error' });
    aws.sandbox.expireKeys();
    await aws.fleet.setState(INSTANCE_ID, 'draining');
    await agent.log.waitFor('hook-completed');
    const args = directoriesOf(scene);
    const socket = ['--unix-socket', scene.path('run/control.sock')];
    const [text, json, metrics] = await Promise.all([
      aws.program(['status', ...args]),
      aws.program(['status', '--json', ...args]),
      scene.try('curl', ['-sS', ...socket, 'http://localhost/metrics']),
    ]);
    for (const { stderr } of [text, json, metrics]) assert.equal(stderr, '');
    assert.equal(await agent.stop(), 0);

    const heard = [tap, services].flatMap(({ secrets }) => [...secrets]);
    assert.deepEqual([...new Set(heard.map(([kind]) => kind))].sort(), [
      'credentials document',
      'signature',
      'x-amz-security-token',
      'x-aws-ec2-metadata-token',
    ]);
    const tokens = new Set(heard.flatMap(([kind, of]) => (kind === 'x-amz-security-token' ? [...of] : [])));
    assert.ok(tokens.size >= 2, 'the credentials were renewed');
    const texts = new Map([
      ['the log', agent.log.text()],
      ['status', text.stdout],
      ['status --json', json.stdout],
      ['the metrics', metrics.stdout],
      ...contentsBelow(scene.directory),
    ]);
    for (const name of ['state/record.json', 'state/context.json', 'environment']) {
      assert.ok(texts.has(scene.path(name)), name);
    }
    assertKept(
      heard.flatMap(([, of]) => [...of]),
      texts,
    );
  });

  it('has nothing of them where an API shows what it was sent', async (t) => {
    const scene = await Scene.create(t);
    const token = 'FwoGZXIvYXdzEBYaDMarkerOfASessionToken/+0123456789abcdefghijklmnop==';
    const secrets = new Set([token]);
    let next = 0;
    scene.api.reply = (request, response) => {
      const headers = request.headers as Record<string, string>;
      secrets.add(/Signature=(\w+)/.exec(headers.authorization!)![1]!);
      const [, status, body] = indiscreet[next % indiscreet.length]!;
      answer(status, body(headers))(request, response);
    };
    const agent = scene.start([], { env: { AWS_SESSION_TOKEN: token, NODE_DEBUG: '*' } });
    let polled = await agent.log.waitFor('polled');
    for (next = 1; next < indiscreet.length; next += 1) {
      const from = agent.log.lines.indexOf(polled) + 1;
      agent.signal('SIGHUP'); // which polls at once
      polled = await agent.log.waitFor('polled', from);
    }
    assert.ok(scene.api.polls.length >= indiscreet.length);
    const { stdout } = await scene.program(['status', '--json', ...directoriesOf(scene)]);
    assert.equal(await agent.stop(), 0);
    secrets.add(CREDENTIALS.AWS_SECRET_ACCESS_KEY);
    assertKept(
      secrets,
      new Map([
        ['the log', agent.log.text()],
        ['status', stdout],
      ]),
    );
  });
});

interface Broken {
  readonly what: string;
  readonly secret: string;
  readonly env: (scene: Scene) => Readonly<Record<string, string>>;
}

const secret = 'MarkerOfASecretAccessKey/0123456789';
const atApi = ['--api-url', 'https://127.0.0.1:9/v1/', '--instance-id', INSTANCE_ID, '--region', REGION];

function file(scene: Scene, name: string, text: string): string {
  const path = scene.path(name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const broken: readonly Broken[] = [
  {
    what: 'a credentials file that is none',
    secret,
    env: (scene) => ({
      AWS_PROFILE: 'web',
      AWS_SHARED_CREDENTIALS_FILE: file(scene, 'credentials', `[web]\naws_secret_access_key ${secret}\n`),
    }),
  },
  {
    what: 'half a key',
    secret,
    env: () => ({ AWS_SECRET_ACCESS_KEY: secret }),
  },
  {
    what: 'a credential_process that prints no JSON',
    secret,
    env: (scene) => ({
      AWS_PROFILE: 'web',
      AWS_CONFIG_FILE: file(
        scene,
        'config',
        `[profile web]\ncredential_process = cat ${file(scene, 'printed', `{"SecretAccessKey": ${secret}}`)}\n`,
      ),
    }),
  },
  {
    what: 'a container endpoint that refuses',
    secret,
    env: ({ api }) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: api.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: secret,
    }),
  },
  {
    what: 'a proxy that is not there',
    secret: 'MarkerOfAProxyPassword',
    env: () => ({
      AWS_ACCESS_KEY_ID: 'AKIDWATCHER',
      AWS_SECRET_ACCESS_KEY: secret,
      HTTPS_PROXY: 'http://user:MarkerOfAProxyPassword@127.0.0.1:9',
    }),
  },
];

describe('credentials that cannot be had', { concurrency: 3, timeout: 180_000 }, () => {
  for (const { what, secret: hidden, env } of broken) {
    it(`are not told: ${what}`, async (t) => {
      const scene = await Scene.create(t);
      scene.api.reply = answer(403, { message: 'no' });
      const agent = scene.startWith(atApi, { env: env(scene) });
      await agent.log.waitFor('hold-began');
      await end(agent);
      assertKept([hidden], new Map([['the log', agent.log.text()]]));
    });
  }

  for (const [what, mangle] of [
    ['cut off', (text: string) => text.slice(0, text.indexOf('"Token"') + 60)],
    [
      'without quotes',
      (text: string) => text.replace(/"SecretAccessKey" : "|"SecretAccessKey": "/, '"SecretAccessKey": '),
    ],
  ] as const) {
    it(`are not told: a document of the instance role that is ${what}`, async (t) => {
      const aws = await AwsScene.create(t, { sockets: 1 });
      const tap = new Wiretap(aws.sockets[0]!, aws.sandbox.imdsUrl);
      t.after(() => tap.close());
      let mangled = 0;
      tap.interference = (_, answered) => {
        const text = answered.toString('utf8');
        if (!text.includes('"SecretAccessKey"')) return undefined;
        mangled += 1;
        assert.notEqual(mangle(text), text);
        return Buffer.from(mangle(text));
      };
      const agent = aws.start([], { env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: tap.url } });
      await agent.log.waitFor('hold-began');
      await end(agent);
      assert.ok(mangled > 0);
      assertKept(tap.secrets.get('credentials document') ?? [], new Map([['the log', agent.log.text()]]));
    });
  }
});

async function end(agent: AgentProcess): Promise<void> {
  assert.equal(await agent.stop(), 0, agent.log.text());
}
