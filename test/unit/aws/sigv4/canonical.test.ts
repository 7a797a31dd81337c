import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  queryParameters,
  type ReceivedRequest,
  sha256Hex,
} from '../../../../src/aws/sigv4/canonical.ts';

const paths: readonly [raw: string, canonical: string][] = [
  ['', '/'],
  ['/', '/'],
  ['//', '/'],
  ['/v1/metadata', '/v1/metadata'],
  ['/v1//metadata', '/v1/metadata'],
  ['/v1/metadata/', '/v1/metadata/'],
  ['/v1/./metadata', '/v1/metadata'],
  ['/v1/x/../metadata', '/v1/metadata'],
  ['/../../etc', '/etc'],
  ['/example/..', '/'],
  ['/configuration%2Fapp.disable', '/configuration%252Fapp.disable'],
  ['/a%20b', '/a%2520b'],
  ['/a b', '/a%20b'],
  ['/a:b@c=d+e,f;g!*', '/a%3Ab%40c%3Dd%2Be%2Cf%3Bg%21%2A'],
  ['/-._~', '/-._~'],
  ['/\u00e1\u0088\u00b4', '/%E1%88%B4'],
];
for (const [raw, canonical] of paths) {
  test(`path ${JSON.stringify(raw)} is canonically ${canonical}`, () => {
    assert.equal(canonicalPath(raw), canonical);
  });
}

const queries: readonly [raw: string, canonical: string][] = [
  ['', ''],
  ['b=2&a=1', 'a=1&b=2'],
  ['a=2&a=1&a=', 'a=&a=1&a=2'],
  ['B=1&a=2', 'B=1&a=2'],
  ['flag', 'flag='],
  ['a=1&&b=2&', 'a=1&b=2'],
  ['a=b=c', 'a=b%3Dc'],
  ['a=b+c', 'a=b%20c'],
  ['a=b%2bc', 'a=b%2Bc'],
  ['a=%41%7e', 'a=A~'],
  ['a=%FF', 'a=%FF'],
  ['a=100%', 'a=100%25'],
  ["a=!'()*,:/@", 'a=%21%27%28%29%2A%2C%3A%2F%40'],
  // Sorted as encoded: `%` comes before every letter and digit.
  ['a-b=1&a%2Fb=2&aa=3', 'a%2Fb=2&a-b=1&aa=3'],
];
for (const [raw, canonical] of queries) {
  test(`query ${JSON.stringify(raw)} is canonically ${JSON.stringify(canonical)}`, () => {
    assert.equal(canonicalQuery(queryParameters(raw)), canonical);
  });
}

test('header values are trimmed, folded and joined in the order received', () => {
  const request: ReceivedRequest = {
    method: 'GET',
    rawPath: '/',
    rawQuery: '',
    headers: [
      ['X-Twice', '  b   c '],
      ['Host', 'example.com'],
      ['x-twice', 'a\tz'],
      ['unsigned', 'left out'],
    ],
    body: Buffer.alloc(0),
  };
  assert.equal(
    canonicalRequest(request, [], ['host', 'x-twice'], sha256Hex(request.body)),
    [
      'GET',
      '/',
      '',
      'host:example.com',
      'x-twice:b c,a z',
      '',
      'host;x-twice',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    ].join('\n'),
  );
});

test('takes no longer than its length for headers that are made to take long', () => {
  const count = 20_000;
  const spaces = ' '.repeat(100_000);
  const request: ReceivedRequest = {
    ...{ method: 'GET', rawPath: '/', rawQuery: '', body: Buffer.alloc(0) },
    headers: [['X-Spaces', `a${spaces}b`], ...Array.from({ length: count }, () => ['X-Many', '1'] as const)],
  };
  const names = Array.from({ length: count }, (_, index) => `x-${index}`);
  const startedMs = performance.now();
  const canonical = canonicalRequest(request, [], ['x-many', 'x-spaces', ...names], '');
  // By the square of their number it is half a minute.
  assert.ok(performance.now() - startedMs < 5_000);
  assert.match(canonical, /^x-spaces:a b$/m);
});
