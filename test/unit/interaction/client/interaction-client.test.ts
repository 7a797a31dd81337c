// The client over real sockets and real signatures: what it sends, by which route, how often, and what it gives back.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createSignedHttp, type SignedHttp } from '../../../../src/aws/signed-http.ts';
import { verifyRequest } from '../../../../src/aws/sigv4/verify.ts';
import type { ApiRoute } from '../../../../src/interaction/client/api-address.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import type { AnyCall, ApiOperationId } from '../../../../src/interaction/client/call.ts';
import {
  createInteractionClient,
  type InteractionClient,
  type InteractionClientOptions,
} from '../../../../src/interaction/client/interaction-client.ts';
import { type LoopbackServer, type Script, startLoopbackServer, unusedPort } from './loopback-server.ts';

const region = 'eu-west-3';
const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const limits = { timeoutMs: 5_000 };
const forbidden = { status: 403, body: '{"message":"Forbidden"}' };
const failed = { status: 502, body: '{"message": "Internal server error"}' };
const throttled = { status: 429, body: '{"message":"Too Many Requests"}' };
const flat = {
  InstanceId: 'i-0ab',
  InstanceName: null,
  InstanceType: 't3.small',
  AvailabilityZone: 'eu-west-3a',
  LocatedInAZWithIssues: false,
  State: 'draining',
  Status: 'ok',
  SubfleetName: null,
  SpotInstance: false,
  Tags: [],
};

let http: SignedHttp;
const servers: LoopbackServer[] = [];
before(() => {
  const credentials = { get: async () => key, invalidate: () => undefined };
  http = createSignedHttp({ env: {}, credentials, userAgent: 'test/1' });
});
after(() => http.close());
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(script: Script): Promise<LoopbackServer> {
  const server = await startLoopbackServer(script);
  servers.push(server);
  return server;
}

function routeTo(port: number, label: ApiRoute['label'] = 'public'): ApiRoute {
  return { label, url: `http://127.0.0.1:${port}/v1/`, headers: { 'x-apigw-api-id': 'pq264fab39' } };
}

function clientOf(
  ports: readonly [number, ...number[]],
  changes: Partial<InteractionClientOptions> = {},
): InteractionClient {
  const [first, ...rest] = ports;
  const routes = [routeTo(first, 'vpc-endpoint'), ...rest.map((port) => routeTo(port))] as const;
  return createInteractionClient({ send: http.send, region, routes, random: () => 0, ...changes });
}

async function failureOf(work: Promise<unknown>): Promise<ApiFailure> {
  return work.then(
    () => assert.fail('it succeeded'),
    (error) => {
      assert.ok(error instanceof ApiFailure, String(error));
      return error;
    },
  );
}

describe('what is sent', () => {
  const calls: readonly [ApiOperationId, AnyCall, string, answer: string][] = [
    ['listing', {}, 'GET /v1/', 'metadata'],
    [
      'metadata',
      { query: { instanceid: 'i-0ab' } },
      'GET /v1/metadata?instanceid=i-0ab',
      JSON.stringify(flat),
    ],
    ['metadata', { query: { instanceid: undefined } }, 'GET /v1/metadata', JSON.stringify(flat)],
    ['fleetMetadata', {}, 'GET /v1/fleet/metadata', '[]'],
    ['configuration', { query: { raw: 'true' } }, 'GET /v1/configuration?raw=true', '{}'],
    ['configurationKey', { argument: 'app.disable' }, 'GET /v1/configuration/app.disable', '0'],
    [
      'configurationKey',
      { argument: "a b/ü%'(*)!" },
      'GET /v1/configuration/a%20b/%C3%BC%25%27%28%2A%29%21',
      '0',
    ],
    ['schedulerKey', { argument: 'start' }, 'GET /v1/scheduler/start', 'cron(0 1 * * ? *),a=1'],
    [
      'controlInstances',
      { argument: 'unstoppable', query: { mode: 'add', ttl: 'hours=1,minutes=30', instancenames: 'a b+c' } },
      'GET /v1/control/instances/unstoppable?mode=add&ttl=hours%3D1%2Cminutes%3D30&instancenames=a%20b%2Bc',
      '{}',
    ],
    [
      'controlInstances',
      { argument: 'unstartable', query: { mode: 'delete' }, body: '{"InstanceIds":["i-0ab"]}' },
      'POST /v1/control/instances/unstartable?mode=delete {"InstanceIds":["i-0ab"]}',
      '{}',
    ],
    ['rescheduleNow', { query: { delay: '5' } }, 'GET /v1/control/reschedulenow?delay=5', 'On-demand'],
    ['ackEvent', { body: '{"Events":[]}' }, 'POST /v1/notify/ackevent {"Events":[]}', '{}'],
  ];
  for (const [id, call, expected, answer] of calls) {
    it(`${expected}`, async () => {
      const { port, requests } = await serve(() => ({ status: 200, body: answer }));
      // Tables of calls are not of one type.
      const reading = await clientOf([port]).ask(id, call as never, limits);
      assert.equal(reading.raw, answer);
      const [request] = requests;
      assert.ok(request !== undefined && requests.length === 1);
      assert.equal(`${request.method} ${request.target} ${request.body}`.trimEnd(), expected);
      assert.equal(request.headers['x-apigw-api-id'], 'pq264fab39');
      assertSigned(request);
    });
  }

  const writes: readonly ['configuration' | 'configurationKey', AnyCall, string, contentType: string][] = [
    [
      'configuration',
      { query: { restore: 'true' }, body: '{"a":1}' },
      'POST /v1/configuration?restore=true {"a":1}',
      'application/json',
    ],
    [
      'configurationKey',
      { argument: 'a', query: { ttl: '60' }, body: 'é' },
      'POST /v1/configuration/a?ttl=60 é',
      'text/plain; charset=utf-8',
    ],
    [
      'configurationKey',
      { argument: 'a', body: '' },
      'POST /v1/configuration/a \n',
      'text/plain; charset=utf-8',
    ],
  ];
  for (const [id, call, expected, contentType] of writes) {
    it(JSON.stringify(expected), async () => {
      const { port, requests } = await serve(() => ({ status: 200, body: 'done' }));
      assert.equal(await clientOf([port]).write(id, call as never, limits), 'done');
      const [request] = requests;
      assert.ok(request !== undefined && requests.length === 1);
      assert.equal(`${request.method} ${request.target} ${request.body}`, expected);
      assert.equal(request.headers['content-type'], contentType);
      assertSigned(request);
    });
  }

  it('but never a key that the API would take for another one', async () => {
    const { port, requests } = await serve(() => ({ status: 200, body: '1' }));
    const client = clientOf([port]);
    const asked = await failureOf(client.ask('configurationKey', { argument: 'MyKey' }, limits));
    assert.deepEqual([asked.kind, asked.exit], ['usage', 'usage']);
    assert.match(asked.message, /^configuration: "MyKey" cannot be named alone, .*whole table only$/);
    const written = await failureOf(client.write('schedulerKey', { argument: 'a/', body: '1' }, limits));
    assert.equal(written.kind, 'usage');
    assert.equal(requests.length, 0);
  });

  function assertSigned({ method, target, rawHeaders, body }: LoopbackServer['requests'][number]): void {
    const [rawPath = '', rawQuery = ''] = target.split('?');
    const headers = rawHeaders.flatMap((name, index): [string, string][] =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1]!]] : [],
    );
    const received = { method, rawPath, rawQuery, headers, body: Buffer.from(body) };
    const options = { region, service: 'execute-api', nowMs: Date.now(), lookup: () => key };
    assert.deepEqual(verifyRequest(received, options), { ok: true, accessKeyId: key.accessKeyId, key });
  }
});

describe('routes', () => {
  const answer = { status: 200, body: 'metadata' };

  it('the first that leads there is the only one asked', async () => {
    const [first, second] = [await serve(() => answer), await serve(() => answer)];
    const { route } = await clientOf([first.port, second.port]).ask('listing', {}, limits);
    assert.equal(route.label, 'vpc-endpoint');
    assert.deepEqual([first.requests.length, second.requests.length], [1, 0]);
  });

  it('after a Forbidden the next is asked, and goes on being asked', async () => {
    const [first, second] = [await serve(() => forbidden), await serve(() => answer)];
    const client = clientOf([first.port, second.port]);
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await client.ask('listing', {}, limits)).route.label, 'public');
    }
    assert.deepEqual([first.requests.length, second.requests.length], [1, 3]);
  });

  it('where nothing listens the next is asked, for a write too', async () => {
    const second = await serve(() => answer);
    const client = clientOf([await unusedPort(), second.port]);
    assert.equal(await client.write('configurationKey', { argument: 'a', body: '1' }, limits), 'metadata');
  });

  it('a write that was cut short is not sent by another', async () => {
    const [first, second] = [await serve(() => 'cut'), await serve(() => answer)];
    const client = clientOf([first.port, second.port]);
    const failure = await failureOf(client.write('configurationKey', { argument: 'a', body: '1' }, limits));
    assert.equal(failure.kind, 'interrupted');
    assert.match(failure.advice, /it may have been done all the same/);
    assert.equal(second.requests.length, 0);
  });

  it('a refusal by policy is the answer, whatever other routes there are', async () => {
    const denied = {
      status: 403,
      body: '{"Message":"User: u is not authorized to perform: x on resource: r"}',
    };
    const [first, second] = [await serve(() => denied), await serve(() => answer)];
    const failure = await failureOf(clientOf([first.port, second.port]).ask('listing', {}, limits));
    assert.equal(failure.kind, 'not-allowed');
    assert.equal(second.requests.length, 0);
  });

  it('when none leads there, both are told of', async () => {
    const second = await serve(() => forbidden);
    const failure = await failureOf(clientOf([await unusedPort(), second.port]).ask('listing', {}, limits));
    assert.equal(failure.kind, 'wrong-endpoint');
    assert.match(failure.said, /ECONNREFUSED.*; then status 403: Forbidden$/);
  });
});

describe('asking again', () => {
  const after = (count: number, first: { status: number; body: string }): Script => {
    let asked = 0;
    return () => {
      asked += 1;
      return asked <= count ? first : { status: 200, body: '[]' };
    };
  };

  for (const first of [failed, throttled, { status: 504, body: '' }, { status: 500, body: '' }]) {
    it(`a reading, after a ${first.status}`, async () => {
      const { port, requests } = await serve(after(2, first));
      assert.deepEqual((await clientOf([port]).ask('sentMetrics', {}, limits)).model, []);
      assert.equal(requests.length, 3);
    });
  }

  it('is given up after the third time', async () => {
    const { port, requests } = await serve(() => throttled);
    assert.equal((await failureOf(clientOf([port]).ask('sentMetrics', {}, limits))).kind, 'throttled');
    assert.equal(requests.length, 3);
  });

  const onlyOnce: readonly [what: string, ask: (client: InteractionClient) => Promise<unknown>][] = [
    ['a write', (client) => client.write('configuration', { body: '{}' }, limits)],
    ['a GET that acts', (client) => client.ask('rescheduleNow', {}, limits)],
    ['a backup', (client) => client.ask('backup', {}, limits)],
    [
      'a GET that changes a list',
      (client) => client.ask('controlInstances', { argument: 'unstoppable', query: { mode: 'add' } }, limits),
    ],
  ];
  for (const [what, ask] of onlyOnce) {
    it(`is not for ${what}`, async () => {
      const { port, requests } = await serve(() => failed);
      assert.equal((await failureOf(ask(clientOf([port])))).kind, 'server');
      assert.equal(requests.length, 1);
    });
  }

  for (const [what, ask] of onlyOnce) {
    it(`is not for ${what}, when the connection that was kept for it is gone`, async () => {
      const { port, requests } = await serve(({ target }) =>
        target === '/v1/' ? { status: 200, body: 'backup' } : 'cut',
      );
      const client = clientOf([port]);
      await client.ask('listing', {}, limits);
      assert.equal((await failureOf(ask(client))).kind, 'interrupted');
      assert.equal(requests.length, 2);
    });
  }

  it('is not for what the operation itself refuses', async () => {
    const { port, requests } = await serve(() => ({
      status: 500,
      body: "Can't retrieve requesting InstanceId (AROA1:alice).",
    }));
    assert.equal((await failureOf(clientOf([port]).ask('metadata', {}, limits))).kind, 'refused');
    assert.equal(requests.length, 1);
  });

  it('waits at random, within a bound that grows', async () => {
    const { port } = await serve(() => throttled);
    const startedMs = performance.now();
    await failureOf(clientOf([port], { random: () => 0.1 }).ask('sentMetrics', {}, limits));
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 148 && tookMs < 3_000, `50 ms and 100 ms are waited: ${tookMs}`);
  });

  it('ends at the deadline, with what was said before', async () => {
    const { port } = await serve(() => throttled);
    const client = clientOf([port], { random: () => 1, maxAttempts: 100 });
    const failure = await failureOf(client.ask('sentMetrics', {}, { timeoutMs: 300 }));
    assert.deepEqual([failure.kind, failure.exit], ['timeout', 'timeout']);
    assert.match(failure.said, /Too Many Requests; then no answer within 300 ms$/);
  });

  it('ends when the caller gives up', async () => {
    const { port } = await serve(() => 'hang');
    const signal = AbortSignal.timeout(50);
    const failure = await failureOf(clientOf([port]).ask('sentMetrics', {}, { ...limits, signal }));
    assert.deepEqual([failure.kind, failure.exit], ['aborted', 'error']);
  });
});

describe('a fleet', () => {
  it('is listed under its old name where the new one is unknown, and from then on', async () => {
    const nested = {
      LocatedInAZWithIssues: false,
      Instance: { AvailabilityZone: 'z', State: 'running', Status: 'ok', Tags: [] },
    };
    const { port, requests } = await serve(({ target }) =>
      target === '/v1/allmetadatas'
        ? { status: 200, body: JSON.stringify({ 'i-0ab': nested }) }
        : { status: 404, body: "Unknown command 'fleet/metadata'" },
    );
    const client = clientOf([port]);
    for (let round = 0; round < 2; round += 1) {
      const { model, operation } = await client.listFleet(limits);
      assert.deepEqual([operation, model.map(({ instanceId }) => instanceId)], ['allMetadatas', ['i-0ab']]);
    }
    const targets = requests.map(({ target }) => target);
    assert.deepEqual(targets, ['/v1/fleet/metadata', '/v1/allmetadatas', '/v1/allmetadatas']);
  });

  it('is listed under its new name', async () => {
    const { port } = await serve(() => ({ status: 200, body: JSON.stringify([flat]) }));
    const { model, operation } = await clientOf([port]).listFleet(limits);
    assert.deepEqual([operation, model[0]?.state], ['fleetMetadata', 'draining']);
  });

  it('is not listed by an API that knows neither name', async () => {
    const { port } = await serve(() => ({ status: 404, body: 'Unknown command' }));
    assert.equal((await failureOf(clientOf([port]).listFleet(limits))).kind, 'unknown-operation');
  });
});

describe('a 200 that is no answer of the API', () => {
  const bodies: readonly [ApiOperationId, AnyCall, string | Buffer, RegExp][] = [
    ['metadata', {}, '', /^metadata: answer: empty: check/],
    ['metadata', {}, '<!DOCTYPE html><html>', /^metadata: answer: not JSON \(<!DOCTYPE html><html>\): check/],
    [
      'metadata',
      {},
      JSON.stringify({ ...flat, State: 5 }),
      /^metadata: State: expected a string, got a number/,
    ],
    ['fleetStatus', {}, '[]', /^fleet\/status: .*expected an object/],
    ['configurationKey', { argument: 'a' }, '<html>log in</html>', /^configuration\/a: answer: a web page/],
    ['configurationKey', { argument: 'a' }, Buffer.from([0xff]), /^configuration\/a: answer: not UTF-8/],
    ['scheduler', {}, '{"a":1}', /^scheduler: a: expected a string or an object of strings/],
  ];
  for (const [id, call, body, message] of bodies) {
    it(String(message), async () => {
      const { port, requests } = await serve(() => ({ status: 200, body }));
      const failure = await failureOf(clientOf([port]).ask(id, call as never, limits));
      assert.deepEqual([failure.kind, failure.status], ['not-an-api', 200]);
      assert.match(failure.message, message);
      assert.equal(requests.length, 1);
    });
  }
});
