import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { type Credentials, CredentialsError, type CredentialSource } from '../../../src/aws/credentials.ts';
import {
  createSignedHttp,
  type HttpAnswer,
  type SignedHttp,
  type SignedHttpOptions,
} from '../../../src/aws/signed-http.ts';
import { type ReceivedRequest, verifyRequest } from '../../../src/aws/sigv4/verify.ts';
import { TransportError } from '../../../src/aws/transport-error.ts';

const scope = { region: 'eu-west-1', service: 'execute-api' };
const maxSkewMs = 5 * 60_000;

/** A source of numbered keys: each refusal brings the next one, the last one stays. */
function numberedKeys(count: number): CredentialSource & { invalidated: string[] } {
  const invalidated: string[] = [];
  const key = (): Credentials => {
    const number = Math.min(invalidated.length + 1, count);
    return { accessKeyId: `KEY${number}`, secretAccessKey: `secret${number}` };
  };
  return {
    invalidated,
    get: async () => key(),
    invalidate: ({ accessKeyId }) => void invalidated.push(accessKeyId),
  };
}

type Served = {
  readonly goodKey?: string;
  readonly clockOffsetMs?: number;
  readonly credentials?: CredentialSource;
  readonly options?: Partial<SignedHttpOptions>;
};

/** An API that verifies, knows one good key, and answers as API Gateway does. */
async function withApi(
  served: Served,
  work: (http: SignedHttp, url: URL, seen: string[]) => Promise<void>,
): Promise<void> {
  const { goodKey = 'KEY1', clockOffsetMs = 0 } = served;
  const seen: string[] = [];
  const listener: RequestListener = (incoming, response) => {
    const nowMs = Date.now() + clockOffsetMs;
    response.setHeader('date', new Date(nowMs).toUTCString());
    const [rawPath = '', rawQuery = ''] = (incoming.url ?? '').split('?');
    const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      rawPath,
      rawQuery,
      headers,
      body: Buffer.alloc(0),
    };
    const lookup = (id: string) => ({
      secretAccessKey: id.replace('KEY', 'secret'),
      ...(id === goodKey ? {} : { expiresAtMs: 0 }),
    });
    const verification = verifyRequest(request, { ...scope, nowMs, maxSkewMs, lookup });
    seen.push(verification.ok ? verification.accessKeyId : verification.code);
    if (verification.ok) response.end('{}');
    else response.writeHead(403).end(JSON.stringify({ message: verification.message }));
  };
  await withListener(listener, served, (http, url) => work(http, url, seen));
}

async function withListener(
  listener: RequestListener,
  served: Served,
  work: (http: SignedHttp, url: URL) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const credentials = served.credentials ?? numberedKeys(1);
  const http = createSignedHttp({ env: {}, credentials, userAgent: 'test/1', ...served.options });
  try {
    await work(
      http,
      new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metadata?b=2&a=1`),
    );
  } finally {
    http.close();
    server.close();
    server.closeAllConnections();
  }
}

const get = (http: SignedHttp, url: URL, timeoutMs = 5_000, signal?: AbortSignal): Promise<HttpAnswer> =>
  http.send({ method: 'GET', url, headers: { 'x-apigw-api-id': 'abc' }, scope }, { timeoutMs, signal });

test('a signed call is answered, and says who calls', async () => {
  let agent: string | undefined;
  await withListener(
    (request, response) => {
      agent = request.headers['user-agent'];
      response.end('{}');
    },
    {},
    async (http, url) => {
      const answer = await get(http, url);
      assert.deepEqual([answer.status, answer.body.toString(), agent], [200, '{}', 'test/1']);
    },
  );
});

test('connections are kept', async () => {
  const ports = new Set<unknown>();
  await withListener(
    (request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    },
    {},
    async (http, url) => {
      for (let round = 0; round < 3; round++) await get(http, url);
      assert.equal(ports.size, 1);
    },
  );
});

test('connections that wait are dropped when asked to, those in use are not', async () => {
  const ports: unknown[] = [];
  const { promise: inUse, resolve: reached } = Promise.withResolvers<void>();
  const { promise: dropped, resolve: goOn } = Promise.withResolvers<void>();
  const listener: RequestListener = (request, response) => {
    ports.push(request.socket.remotePort);
    if (ports.length !== 2) return void response.end();
    reached();
    void dropped.then(() => response.end('whole'));
  };
  await withListener(listener, {}, async (http, url) => {
    await get(http, url);
    http.forgetSession();
    const held = get(http, url);
    await inUse;
    http.forgetSession();
    goOn();
    assert.equal((await held).body.toString(), 'whole');
    assert.notEqual(ports[1], ports[0]);
  });
});

describe('refused credentials', () => {
  test('are renewed once, and the call made again', async () => {
    const credentials = numberedKeys(2);
    await withApi({ credentials, goodKey: 'KEY2' }, async (http, url, seen) => {
      assert.equal((await get(http, url)).status, 200);
      assert.deepEqual([seen, credentials.invalidated], [['expired-token', 'KEY2'], ['KEY1']]);
    });
  });

  test('a second refusal is the answer', async () => {
    await withApi({ credentials: numberedKeys(3), goodKey: 'KEY3' }, async (http, url, seen) => {
      const answer = await get(http, url);
      assert.equal(answer.status, 403);
      assert.match(answer.body.toString(), /security token included in the request is expired/);
      assert.deepEqual(seen, ['expired-token', 'expired-token']);
    });
  });

  test('are not sent again when there are no others', async () => {
    await withApi({ credentials: numberedKeys(1), goodKey: 'NONE' }, async (http, url, seen) => {
      assert.equal((await get(http, url)).status, 403);
      assert.deepEqual(seen, ['expired-token']);
    });
  });
});

describe('a clock that is off', () => {
  for (const clockOffsetMs of [20 * 60_000, -20 * 60_000]) {
    test(`by ${clockOffsetMs / 60_000} minutes is corrected, and stays so`, async () => {
      await withApi({ clockOffsetMs }, async (http, url, seen) => {
        assert.equal((await get(http, url)).status, 200);
        assert.equal((await get(http, url)).status, 200);
        assert.deepEqual(seen, ['signature-expired', 'KEY1', 'KEY1']);
        assert.ok(Math.abs(http.clockOffsetMs() - clockOffsetMs) < 2_000, String(http.clockOffsetMs()));
      });
    });
  }

  test('is measured anew after a sleep: it may have been set right', async () => {
    await withApi({ clockOffsetMs: 20 * 60_000 }, async (http, url) => {
      await get(http, url);
      http.forgetSession();
      assert.equal(http.clockOffsetMs(), 0);
    });
  });

  test('and dead credentials are both mended in one call', async () => {
    await withApi(
      { clockOffsetMs: 20 * 60_000, credentials: numberedKeys(2), goodKey: 'KEY2' },
      async (http, url, seen) => {
        assert.equal((await get(http, url)).status, 200);
        assert.deepEqual(seen.at(-1), 'KEY2');
        assert.equal(seen.length, 3);
      },
    );
  });
});

describe('answers that are not mended', () => {
  const bodies: readonly [status: number, body: string][] = [
    [403, '{"message":"Forbidden"}'],
    [403, '{"Message":"User: x is not authorized to perform: execute-api:Invoke on resource: y"}'],
    [403, '{"message":"Missing Authentication Token"}'],
    [429, '{"message":"Too Many Requests"}'],
    [500, '{"message":"The security token included in the request is expired"}'],
    [302, ''],
  ];
  for (const [status, body] of bodies) {
    test(`${status} ${body}`, async () => {
      let requests = 0;
      const listener: RequestListener = (_, response) => {
        requests++;
        response.writeHead(status, { location: '/elsewhere' }).end(body);
      };
      await withListener(listener, { credentials: numberedKeys(2) }, async (http, url) => {
        const answer = await get(http, url);
        assert.deepEqual([answer.status, answer.body.toString(), requests], [status, body, 1]);
      });
    });
  }
});

describe('one deadline over everything', () => {
  const failureOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'answered',
      (error: unknown) => (error instanceof TransportError ? error.failure : String(error)),
    );

  test('credentials that do not come', async () => {
    const credentials: CredentialSource = {
      get: () => new Promise(() => undefined),
      invalidate: () => undefined,
    };
    await withApi({ credentials }, async (http, url) => {
      assert.equal(await failureOf(get(http, url, 100)), 'timeout');
    });
  });

  test('headers that do not come', async () => {
    await withListener(
      () => undefined,
      {},
      async (http, url) => {
        assert.equal(await failureOf(get(http, url, 100)), 'timeout');
      },
    );
  });

  test('a body that drips', async () => {
    const dripping: RequestListener = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(timer));
    };
    await withListener(dripping, {}, async (http, url) => {
      assert.equal(await failureOf(get(http, url, 150)), 'timeout');
    });
  });

  test('a repair that is answered too late', async () => {
    let requests = 0;
    const listener: RequestListener = (_, response) => {
      if (++requests > 1) return;
      response.writeHead(403).end('{"message":"The security token included in the request is expired"}');
    };
    await withListener(listener, { credentials: numberedKeys(2) }, async (http, url) => {
      assert.equal(await failureOf(get(http, url, 200)), 'timeout');
      assert.equal(requests, 2);
    });
  });

  test('the caller’s abort', async () => {
    const controller = new AbortController();
    await withListener(
      () => controller.abort(new Error('stopping')),
      {},
      async (http, url) => {
        assert.equal(await failureOf(get(http, url, 5_000, controller.signal)), 'aborted');
        assert.equal(await failureOf(get(http, url, 5_000, controller.signal)), 'aborted');
      },
    );
  });
});

test('a body over the bound is too large', async () => {
  const listener: RequestListener = (_, response) => void response.end('x'.repeat(101));
  await withListener(listener, { options: { maxBodyBytes: 100 } }, async (http, url) => {
    await assert.rejects(get(http, url), { failure: 'too-large' });
  });
});

test('missing credentials are their own error', async () => {
  const credentials: CredentialSource = {
    get: async () => {
      throw new CredentialsError('none', 'the instance carries no IAM role');
    },
    invalidate: () => undefined,
  };
  await withApi({ credentials }, async (http, url) => {
    await assert.rejects(get(http, url), { name: 'CredentialsError', code: 'none' });
  });
});
