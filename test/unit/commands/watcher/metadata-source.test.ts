import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CredentialsError } from '../../../../src/aws/credentials.ts';
import type { Limits } from '../../../../src/aws/deadline.ts';
import type { HttpAnswer, SignedRequest } from '../../../../src/aws/signed-http.ts';
import { TransportError } from '../../../../src/aws/transport-error.ts';
import { ApiMetadataSource } from '../../../../src/commands/watcher/metadata-source.ts';
import type { Resolution } from '../../../../src/watcher/context/instance-context.ts';

const ENDPOINT = 'vpce-0123456789abcdef0-abcdefgh.execute-api.eu-west-1.vpce.amazonaws.com';
const PUBLIC = 'abc123.execute-api.eu-west-1.amazonaws.com';
const READY: Resolution = {
  kind: 'ready',
  context: {
    instanceId: 'i-1',
    region: 'eu-west-1',
    group: 'g',
    discovery: {
      InteractAPIGWUrl: `https://${PUBLIC}/v1/`,
      InteractApi: 'abc123',
      ApiGwVpcEndpointDNSEntry: ENDPOINT,
    },
  },
};
const RUNNING = {
  InstanceId: 'i-1',
  InstanceName: null,
  InstanceType: 't3.micro',
  AvailabilityZone: 'eu-west-1a',
  LocatedInAZWithIssues: false,
  State: 'running',
  Status: 'ok',
  SubfleetName: null,
  SpotInstance: false,
  Tags: [],
};

type Reply = Partial<HttpAnswer> | TransportError | CredentialsError | 'hang';

/** A source whose routes answer as told, by host; the requests sent are kept. */
function source(
  replies: Record<string, Reply>,
  resolution: Resolution = READY,
  given: { readonly askedInstanceId?: string; readonly apiUrl?: string } = {},
) {
  const sent: { host: string; apiId: string | undefined; search: string; timeoutMs: number }[] = [];
  const world = { nowMs: 0, expired: 0, forgotten: 0, sent, replies };
  const subject = new ApiMetadataSource({
    context: {
      current: async () => resolution,
      expire: () => {
        world.expired++;
      },
      ageMs: () => 0,
    },
    send: async (request: SignedRequest, limits: Limits): Promise<HttpAnswer> => {
      const { host, search } = request.url;
      sent.push({ host, apiId: request.headers['x-apigw-api-id'], search, timeoutMs: limits.timeoutMs });
      const reply = world.replies[host];
      if (reply === undefined) assert.fail(`unexpected host ${host}`);
      if (reply === 'hang') {
        world.nowMs += limits.timeoutMs;
        throw new TransportError('timeout', 'no answer');
      }
      if (reply instanceof Error) throw reply;
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(RUNNING)), ...reply };
    },
    forgetCredentials: () => {
      world.forgotten++;
    },
    apiUrl: given.apiUrl ?? null,
    askedInstanceId: given.askedInstanceId ?? null,
    plainHttpDiscovery: () => false,
    monotonicMs: () => world.nowMs,
  });
  const poll = () => subject.poll({ timeoutMs: 10_000, signal: new AbortController().signal });
  return { poll, world, subject };
}

const NO_CONNECTION = new TransportError('refused', 'connection refused');
const FORBIDDEN: Reply = { status: 403, body: Buffer.from('{"message":"Forbidden"}') };

describe('the routes to the API', () => {
  test('the VPC endpoint first, with the API id beside it', async () => {
    const { poll, world } = source({ [ENDPOINT]: {} });
    assert.equal((await poll()).kind, 'known');
    assert.deepEqual(
      world.sent.map(({ host, apiId }) => [host, apiId]),
      [[ENDPOINT, 'abc123']],
    );
  });

  const dead: [string, Reply][] = [
    ['no connection', NO_CONNECTION],
    ['403 Forbidden', FORBIDDEN],
    ['a hang', 'hang'],
  ];
  for (const [name, reply] of dead) {
    test(`${name} on the VPC endpoint: the public URL, in the same poll, and remembered`, async () => {
      const { poll, world } = source({ [ENDPOINT]: reply, [PUBLIC]: {} });
      assert.equal((await poll()).kind, 'known');
      assert.equal((await poll()).kind, 'known');
      assert.deepEqual(
        world.sent.map(({ host }) => host),
        [ENDPOINT, PUBLIC, PUBLIC],
      );
    });
  }

  test('a hang on the first route leaves the second its share of the deadline', async () => {
    const { poll, world } = source({ [ENDPOINT]: 'hang', [PUBLIC]: 'hang' });
    assert.equal((await poll()).kind, 'unknown');
    assert.deepEqual(
      world.sent.map(({ timeoutMs }) => timeoutMs),
      [5_000, 5_000],
    );
  });

  test('an answer that is the API speaking is not taken elsewhere', async () => {
    for (const status of [400, 429, 500, 502]) {
      const { poll, world } = source({ [ENDPOINT]: { status, body: Buffer.from('{}') } });
      assert.equal((await poll()).kind, 'unknown');
      assert.equal(world.sent.length, 1, String(status));
    }
  });

  test('when no route leads there the address is learned anew, at most once a minute', async () => {
    const { poll, world } = source({ [ENDPOINT]: NO_CONNECTION, [PUBLIC]: FORBIDDEN });
    for (world.nowMs = 0; world.nowMs < 120_000; world.nowMs += 10_000) await poll();
    assert.equal(world.expired, 1);
    world.nowMs = 130_000;
    await poll();
    assert.equal(world.expired, 2);
  });
});

describe('the route that worked last', () => {
  const noProof: [string, Reply][] = [
    ['nothing was sent for want of credentials', new CredentialsError('unavailable', 'silent')],
    ['a 502 came', { status: 502 }],
    ['a 429 came', { status: 429 }],
    ['something else than JSON came', { body: Buffer.from('<html>') }],
  ];
  for (const [name, reply] of noProof) {
    test(`is not the one where ${name}`, async () => {
      const { poll, world } = source({ [ENDPOINT]: NO_CONNECTION, [PUBLIC]: reply });
      assert.equal((await poll()).kind, 'unknown');
      world.replies[ENDPOINT] = {};
      assert.equal((await poll()).kind, 'known');
      assert.deepEqual(
        world.sent.map(({ host }) => host),
        [ENDPOINT, PUBLIC, ENDPOINT],
      );
    });
  }

  test('is told; before any has, the one that is tried first', async () => {
    const { poll, subject, world } = source({ [ENDPOINT]: NO_CONNECTION, [PUBLIC]: { status: 502 } });
    assert.equal(subject.describe().apiUrl, null);
    await poll();
    assert.equal(subject.describe().apiUrl, `https://${ENDPOINT}/v1/`);
    world.replies[PUBLIC] = {};
    await poll();
    assert.equal(subject.describe().apiUrl, `https://${PUBLIC}/v1/`);
  });

  test('stays the first one when it fails for a while', async () => {
    const { poll, world } = source({ [ENDPOINT]: NO_CONNECTION, [PUBLIC]: {} });
    await poll();
    world.replies[PUBLIC] = { status: 502 };
    await poll();
    await poll();
    assert.deepEqual(
      world.sent.map(({ host }) => host),
      [ENDPOINT, PUBLIC, PUBLIC, PUBLIC],
    );
  });

  test('is the one that has no information about the instance, too', async () => {
    const body = Buffer.from("No information for instance id 'i-1'!");
    const { poll, world } = source({ [ENDPOINT]: NO_CONNECTION, [PUBLIC]: { status: 400, body } });
    assert.equal((await poll()).kind, 'no-information');
    assert.equal((await poll()).kind, 'no-information');
    assert.deepEqual(
      world.sent.map(({ host }) => host),
      [ENDPOINT, PUBLIC, PUBLIC],
    );
  });
});

describe('what to do about it', () => {
  const rows: [string, Reply, { apiUrl?: string }, string][] = [
    [
      'an --api-url without its stage',
      FORBIDDEN,
      { apiUrl: `https://${PUBLIC}` },
      'status 403: Forbidden: check --api-url (it needs the stage, such as http://host:8080/v1/), --region and what these credentials may call',
    ],
    [
      'an address that was discovered',
      { status: 403, body: Buffer.from('{"Message":"User: u is not authorized"}') },
      {},
      'status 403: User: u is not authorized: check what these credentials may call, and the policy of the API',
    ],
    [
      'no credentials',
      new CredentialsError('unavailable', 'PUT 169.254.169.254/latest/api/token: connect ENETUNREACH'),
      {},
      'PUT 169.254.169.254/latest/api/token: connect ENETUNREACH: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role',
    ],
    [
      'something else that answers there',
      { status: 404, headers: { 'content-type': 'text/html' }, body: Buffer.from('<p>Not Found') },
      {},
      `status 404 (text/html): Not Found, from https://${ENDPOINT}/v1/`,
    ],
    ['trouble that passes', { status: 503, body: Buffer.alloc(0) }, {}, 'status 503 without a body'],
  ];
  for (const [name, reply, given, message] of rows) {
    test(name, async () => {
      const answer = await source({ [ENDPOINT]: reply, [PUBLIC]: reply }, READY, given).poll();
      assert.equal(answer.kind === 'unknown' && answer.message, message);
    });
  }
});

test('after a sleep the session and the context are of no use any more', () => {
  const { subject, world } = source({});
  subject.forgetSession();
  assert.deepEqual([world.forgotten, world.expired], [1, 1]);
});

describe('what is asked for', () => {
  test('nothing by name unless the operator named it', async () => {
    const { poll, world } = source({ [ENDPOINT]: {} });
    await poll();
    assert.equal(world.sent[0]?.search, '');
  });

  test('--instance-id by name', async () => {
    const { poll, world } = source({ [ENDPOINT]: {} }, READY, { askedInstanceId: 'i-1' });
    await poll();
    assert.equal(world.sent[0]?.search, '?instanceid=i-1');
  });

  test('an answer about another instance is not believed', async () => {
    const body = Buffer.from(JSON.stringify({ ...RUNNING, InstanceId: 'i-2' }));
    const answer = await source({ [ENDPOINT]: { body } }).poll();
    assert.equal(answer.kind === 'unknown' && answer.class, 'wrong-shape');
  });
});

describe('without a context', () => {
  const rows: [Resolution, string][] = [
    [{ kind: 'unknown', message: 'IMDS is silent' }, 'unknown'],
    [{ kind: 'refused', message: 'no role' }, 'unknown'],
    [{ kind: 'not-managed', message: 'no tag' }, 'not-managed'],
    [
      {
        ...READY,
        context: { ...READY.context, discovery: { InteractAPIGWUrl: 'gopher://x/' } },
      } as Resolution,
      'unknown',
    ],
  ];
  for (const [resolution, kind] of rows) {
    test(`${resolution.kind}: nothing is sent, the answer is ${kind}`, async () => {
      const { poll, world } = source({}, resolution);
      assert.equal((await poll()).kind, kind);
      assert.equal(world.sent.length, 0);
    });
  }
});
