import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signRequest } from '../../../../src/aws/sigv4/sign.ts';
import {
  type KnownKey,
  type ReceivedRequest,
  type RefusalCode,
  type Verification,
  type VerifyOptions,
  verifyRequest,
} from '../../../../src/aws/sigv4/verify.ts';

const exampleKey: KnownKey = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const signedAtMs = Date.UTC(2015, 7, 30, 12, 36, 0);

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

// From AWS's Signature Version 4 test suite and, the last one, from the IAM documentation.
type Vector = {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly signedHeaders?: string;
  readonly body?: string;
  readonly service?: string;
  readonly host?: string;
  readonly signature: string;
};
const vectors: readonly Vector[] = [
  { name: 'get-vanilla', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  {
    name: 'get-slash',
    path: '//',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'get-slash-dot-slash',
    path: '/./',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'get-relative',
    path: '/example/..',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'get-slashes',
    path: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  {
    name: 'get-space',
    path: '/example space/',
    signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  },
  {
    name: 'get-utf8',
    path: bytesOf('/ሴ'),
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  {
    name: 'get-unreserved',
    path: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    query: 'Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-header-key-duplicate',
    headers: [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    signedHeaders: 'host;my-header1;x-amz-date',
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  {
    name: 'get-header-value-order',
    headers: [
      ['My-Header1', 'value4'],
      ['My-Header1', 'value1'],
      ['My-Header1', 'value3'],
      ['My-Header1', 'value2'],
    ],
    signedHeaders: 'host;my-header1;x-amz-date',
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  },
  {
    name: 'get-header-value-trim',
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signedHeaders: 'host;my-header1;my-header2;x-amz-date',
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    signedHeaders: 'content-type;host;x-amz-date',
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'the ListUsers example of the IAM documentation',
    query: 'Action=ListUsers&Version=2010-05-08',
    headers: [['content-type', 'application/x-www-form-urlencoded; charset=utf-8']],
    signedHeaders: 'content-type;host;x-amz-date',
    service: 'iam',
    host: 'iam.amazonaws.com',
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
];

function received(vector: Vector): ReceivedRequest {
  const service = vector.service ?? 'service';
  const credential = `AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request`;
  const signedHeaders = vector.signedHeaders ?? 'host;x-amz-date';
  return {
    method: vector.method ?? 'GET',
    rawPath: vector.path ?? '/',
    rawQuery: vector.query ?? '',
    headers: [
      ['Host', vector.host ?? 'example.amazonaws.com'],
      ...(vector.headers ?? []),
      ['X-Amz-Date', '20150830T123600Z'],
      [
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${vector.signature}`,
      ],
    ],
    body: Buffer.from(vector.body ?? ''),
  };
}

function optionsFor(service = 'service', changes: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    region: 'us-east-1',
    service,
    nowMs: signedAtMs,
    lookup: (id) => (id === 'AKIDEXAMPLE' ? exampleKey : undefined),
    ...changes,
  };
}

describe('the documented vectors', () => {
  for (const vector of vectors) {
    test(vector.name, () => {
      assert.deepEqual(verifyRequest(received(vector), optionsFor(vector.service)), {
        ok: true,
        accessKeyId: 'AKIDEXAMPLE',
        key: exampleKey,
      });
    });
  }
});

describe('SignedHeaders', () => {
  const vector = vectors.find(({ name }) => name === 'get-header-value-trim')!;
  for (const signedHeaders of [
    'x-amz-date;my-header2;host;my-header1',
    'Host;My-Header1;My-Header2;X-Amz-Date',
    'host;host;my-header1;my-header2;x-amz-date',
  ]) {
    test(`may be in any order, the canonical form is sorted: ${signedHeaders}`, () => {
      assert.equal(verifyRequest(received({ ...vector, signedHeaders }), optionsFor()).ok, true);
    });
  }

  test('may not name another header', () => {
    const signedHeaders = `${vector.signedHeaders};x-another`;
    assertRefused(
      verifyRequest(received({ ...vector, signedHeaders }), optionsFor()),
      'signature-mismatch',
      /does not match/,
    );
  });
});

describe('one difference refuses', () => {
  const vector = vectors.find(({ name }) => name === 'post-x-www-form-urlencoded')!;
  const genuine = received(vector);
  const changes: readonly [what: string, changed: ReceivedRequest][] = [
    ['method', { ...genuine, method: 'PUT' }],
    ['path', { ...genuine, rawPath: '/a' }],
    ['trailing slash', { ...genuine, rawPath: '/x/' }],
    ['query', { ...genuine, rawQuery: 'a' }],
    ['body', { ...genuine, body: Buffer.from('Param1=value2') }],
    ['signed header', withHeader(genuine, 'Content-Type', 'text/plain')],
    ['host', withHeader(genuine, 'Host', 'example.amazonaws.org')],
    ['date', withHeader(genuine, 'X-Amz-Date', '20150830T123601Z')],
    ['signature', withAuthorization(genuine, (text) => `${text.slice(0, -1)}b`)],
    ['signature length', withAuthorization(genuine, (text) => text.slice(0, -1))],
    ['secret', genuine],
  ];
  for (const [what, changed] of changes) {
    test(what, () => {
      const key = what === 'secret' ? { secretAccessKey: 'another' } : exampleKey;
      const verification = verifyRequest(changed, optionsFor('service', { lookup: () => key }));
      assertRefused(
        verification,
        'signature-mismatch',
        /^The request signature we calculated does not match/,
      );
    });
  }

  test('a repeated signed header', () => {
    const changed = { ...genuine, headers: [...genuine.headers, ['content-type', 'text/plain'] as const] };
    assertRefused(verifyRequest(changed, optionsFor()), 'signature-mismatch', /does not match/);
  });

  test('a header that has to be signed where it is', () => {
    const options = optionsFor('service', { boundHeaders: ['x-amz-target'] });
    assert.equal(verifyRequest(genuine, options).ok, true);
    const changed = { ...genuine, headers: [...genuine.headers, ['X-Amz-Target', 'a.b'] as const] };
    assertRefused(
      verifyRequest(changed, options),
      'incomplete-signature',
      /^'x-amz-target' must be a 'SignedHeader'/,
    );
  });

  test('an unsigned header may differ', () => {
    const changed = { ...genuine, headers: [...genuine.headers, ['x-apigw-api-id', 'abc'] as const] };
    assert.equal(verifyRequest(changed, optionsFor()).ok, true);
  });
});

describe('a payload hash that is declared', () => {
  const declared = (hash: string): ReceivedRequest => {
    const genuine = received(vectors[0]!);
    return { ...genuine, headers: [...genuine.headers, ['x-amz-content-sha256', hash]] };
  };

  test('is accepted when it is the hash of the body', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    assert.equal(verifyRequest(declared(empty), optionsFor()).ok, true);
  });
  for (const hash of [
    'UNSIGNED-PAYLOAD',
    'f3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ]) {
    test(`is refused when it is ${hash}`, () => {
      assertRefused(verifyRequest(declared(hash), optionsFor()), 'signature-mismatch', /does not match/);
    });
  }
});

describe('refusals before the signature is looked at', () => {
  const genuine = received(vectors[0]!);
  const scope = (text: string) =>
    withAuthorization(genuine, (header) => header.replace('20150830/us-east-1/service/aws4_request', text));
  const cases: readonly [what: string, request: ReceivedRequest, code: RefusalCode, message: RegExp][] = [
    [
      'no signature',
      withoutHeader(genuine, 'Authorization'),
      'missing-authentication',
      /^Missing Authentication Token$/,
    ],
    ['another scheme', withAuthorization(genuine, () => 'Basic eDp5'), 'incomplete-signature', /'algorithm'/],
    ['an empty header', withAuthorization(genuine, () => ''), 'incomplete-signature', /'algorithm'/],
    [
      'the scheme alone',
      withAuthorization(genuine, () => 'AWS4-HMAC-SHA256'),
      'incomplete-signature',
      /missing equal-sign/,
    ],
    [
      'no signature parameter',
      withAuthorization(genuine, (text) => text.replace(/, Signature=.*/, '')),
      'incomplete-signature',
      /requires 'Signature' parameter/,
    ],
    [
      'no signed headers',
      withAuthorization(genuine, (text) => text.replace(/SignedHeaders=[^,]*, /, '')),
      'incomplete-signature',
      /requires 'SignedHeaders' parameter/,
    ],
    [
      'a parameter given twice',
      withAuthorization(genuine, (text) => `${text}, Signature=0`),
      'incomplete-signature',
      /key=value pair/,
    ],
    ['no date', withoutHeader(genuine, 'X-Amz-Date'), 'incomplete-signature', /'X-Amz-Date' or a 'Date'/],
    [
      'an unreadable date',
      withHeader(genuine, 'X-Amz-Date', 'yesterday'),
      'incomplete-signature',
      /Got 'yesterday'/,
    ],
    [
      'an impossible date',
      withHeader(genuine, 'X-Amz-Date', '20151330T123600Z'),
      'incomplete-signature',
      /basic format/,
    ],
    [
      'host not signed',
      withAuthorization(genuine, (text) => text.replace('host;x-amz-date', 'x-amz-date')),
      'incomplete-signature',
      /'Host' or ':authority' must be a 'SignedHeader'/,
    ],
    [
      'two host headers',
      { ...genuine, headers: [...genuine.headers, ['host', 'b']] },
      'incomplete-signature',
      /'Host'/,
    ],
    [
      'two signatures',
      { ...genuine, headers: [...genuine.headers, ['authorization', 'AWS4-HMAC-SHA256 x=y']] },
      'incomplete-signature',
      /more than once/,
    ],
    [
      'a header and a query signature',
      { ...genuine, rawQuery: 'X-Amz-Signature=0' },
      'incomplete-signature',
      /more than once/,
    ],
    ['four scope elements', scope('20150830/us-east-1/service'), 'incomplete-signature', /exactly 5/],
    [
      'another region',
      scope('20150830/us-east-2/service/aws4_request'),
      'invalid-scope',
      /valid region, not 'us-east-2'/,
    ],
    [
      'another service',
      scope('20150830/us-east-1/sts/aws4_request'),
      'invalid-scope',
      /correct service: 'service'/,
    ],
    [
      'another terminator',
      scope('20150830/us-east-1/service/aws5'),
      'invalid-scope',
      /terminator: 'aws4_request'/,
    ],
    [
      'another day',
      scope('20150829/us-east-1/service/aws4_request'),
      'invalid-scope',
      /'20150829' != '20150830'/,
    ],
    [
      'an unknown key',
      withAuthorization(genuine, (text) => text.replace('AKIDEXAMPLE', 'AKIDOTHER')),
      'invalid-client-token',
      /token included in the request is invalid/,
    ],
    [
      'a session token that the key does not have',
      { ...genuine, headers: [...genuine.headers, ['x-amz-security-token', 't']] },
      'invalid-client-token',
      /is invalid/,
    ],
  ];
  for (const [what, request, code, message] of cases) {
    test(what, () => {
      const verification = verifyRequest(request, optionsFor());
      assertRefused(verification, code, message);
      assert.doesNotMatch(verification.ok ? '' : verification.message, /5fa00fa3/, 'no signature is echoed');
    });
  }
});

describe('time', () => {
  const minute = 60_000;
  const cases: readonly [offsetMs: number, maxSkewMs: number | undefined, message: RegExp | undefined][] = [
    [5 * minute, undefined, undefined],
    [-5 * minute, undefined, undefined],
    [
      5 * minute + 1000,
      undefined,
      /^Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \(20150830T124101Z - 5 min\.\)$/,
    ],
    [
      -5 * minute - 1000,
      undefined,
      /^Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \(20150830T123059Z \+ 5 min\.\)$/,
    ],
    [10 * minute, 15 * minute, undefined],
    [2 * minute, minute, /^Signature expired/],
  ];
  for (const [offsetMs, maxSkewMs, message] of cases) {
    test(`${offsetMs / 1000} s after the signature, allowing ${maxSkewMs ?? 'the default'}`, () => {
      const options = optionsFor('service', {
        nowMs: signedAtMs + offsetMs,
        ...(maxSkewMs === undefined ? {} : { maxSkewMs }),
      });
      const verification = verifyRequest(received(vectors[0]!), options);
      if (message === undefined) assert.equal(verification.ok, true);
      else assertRefused(verification, 'signature-expired', message);
    });
  }

  test('a Date header stands in for X-Amz-Date', () => {
    const request = withoutHeader(received(vectors[0]!), 'X-Amz-Date');
    const dated = {
      ...request,
      headers: [...request.headers, ['Date', 'Sun, 30 Aug 2015 12:36:00 GMT'] as const],
    };
    assertRefused(
      verifyRequest(dated, optionsFor()),
      'signature-mismatch',
      /'AWS4-HMAC-SHA256\n20150830T123600Z\n/,
    );
  });
});

describe('session tokens', () => {
  const sign = async (sessionToken: string | undefined): Promise<ReceivedRequest> => {
    const credentials = {
      accessKeyId: 'ASIA',
      secretAccessKey: 's',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
    const url = new URL('https://api.example/v1/metadata');
    const scope = { region: 'us-east-1', service: 'execute-api' };
    const signed = await signRequest({ method: 'GET', url, headers: {} }, scope, credentials, signedAtMs);
    return {
      method: 'GET',
      rawPath: url.pathname,
      rawQuery: '',
      headers: Object.entries(signed.headers),
      body: Buffer.alloc(0),
    };
  };
  const cases: readonly [
    what: string,
    sent: string | undefined,
    key: KnownKey,
    outcome: RefusalCode | 'ok',
  ][] = [
    ['the right token', 'token', { secretAccessKey: 's', sessionToken: 'token' }, 'ok'],
    ['another token', 'tokem', { secretAccessKey: 's', sessionToken: 'token' }, 'invalid-client-token'],
    ['no token', undefined, { secretAccessKey: 's', sessionToken: 'token' }, 'invalid-client-token'],
    ['a token for a key without one', 'token', { secretAccessKey: 's' }, 'invalid-client-token'],
    [
      'a key still good',
      'token',
      { secretAccessKey: 's', sessionToken: 'token', expiresAtMs: signedAtMs + 1 },
      'ok',
    ],
    [
      'a key at its end',
      'token',
      { secretAccessKey: 's', sessionToken: 'token', expiresAtMs: signedAtMs },
      'expired-token',
    ],
  ];
  for (const [what, sent, key, outcome] of cases) {
    test(what, async () => {
      const verification = verifyRequest(await sign(sent), optionsFor('execute-api', { lookup: () => key }));
      assert.equal(verification.ok ? 'ok' : verification.code, outcome);
    });
  }
});

function assertRefused(verification: Verification, code: RefusalCode, message: RegExp): void {
  assert.ok(!verification.ok, 'the request was accepted');
  assert.equal(verification.code, code);
  assert.match(verification.message, message);
}

function withoutHeader(request: ReceivedRequest, name: string): ReceivedRequest {
  return {
    ...request,
    headers: request.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase()),
  };
}

function withHeader(request: ReceivedRequest, name: string, value: string): ReceivedRequest {
  return { ...request, headers: [...withoutHeader(request, name).headers, [name, value]] };
}

function withAuthorization(request: ReceivedRequest, change: (text: string) => string): ReceivedRequest {
  const [, text] = request.headers.find(([name]) => name === 'Authorization')!;
  return withHeader(request, 'Authorization', change(text));
}
