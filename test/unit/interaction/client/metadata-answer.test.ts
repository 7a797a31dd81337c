// Every kind of answer that the network can give to a poll, and what it is taken for.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  classifyMetadataAnswer,
  type MetadataAnswer,
} from '../../../../src/interaction/client/metadata-answer.ts';

const valid = JSON.stringify({
  InstanceId: 'i-0ab',
  AvailabilityZone: 'eu-west-3a',
  LocatedInAZWithIssues: false,
  State: 'draining',
  Status: 'ok',
  Tags: [],
});

function classify(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): MetadataAnswer {
  return classifyMetadataAnswer({ status, headers, body: Buffer.from(body) }, 'i-0ab');
}

describe('a 200', () => {
  it('of the right shape for the right instance is metadata', () => {
    const answer = classify(200, valid);
    assert.equal(answer.kind, 'metadata');
    assert.equal(answer.kind === 'metadata' && answer.metadata.state, 'draining');
  });

  it('for any instance is metadata when none is expected', () => {
    const answer = classifyMetadataAnswer({ status: 200, headers: {}, body: Buffer.from(valid) }, undefined);
    assert.equal(answer.kind, 'metadata');
  });

  it('keeps a state that is no name for whoever decides', () => {
    const answer = classify(200, valid.replace('draining', '../../x'));
    assert.equal(answer.kind === 'metadata' && answer.metadata.state, '../../x');
  });
});

const page = '<!DOCTYPE html>\n<html><head><title>\u001b[31m502\u001b[0m</title></head>';
const huge = JSON.stringify({ ...JSON.parse(valid), State: 'x'.repeat(1_000_000) });

const others: [string, MetadataAnswer, MetadataAnswer][] = [
  [
    'a 400 that knows nothing of the instance',
    classify(400, "No information for instance id 'i-0ab'!"),
    { kind: 'no-information', message: "status 400: No information for instance id 'i-0ab'!" },
  ],
  [
    'any other 400',
    classify(400, "Unknown configuration key 'x'!"),
    { kind: 'unknown', class: 'unexpected-status', message: "status 400: Unknown configuration key 'x'!" },
  ],
  [
    'a 404',
    classify(404, "Unknown command 'v1/metadata'"),
    { kind: 'unknown', class: 'unexpected-status', message: "status 404: Unknown command 'v1/metadata'" },
  ],
  [
    'a 404 with a page for people',
    classify(404, '<html><style>p{}</style><h1>404 Not\nFound</h1><p>nginx', {
      'content-type': 'text/html; charset=utf-8',
    }),
    {
      kind: 'unknown',
      class: 'unexpected-status',
      message: 'status 404 (text/html): 404 Not Found nginx',
    },
  ],
  [
    'a redirect',
    classify(302, '', { location: 'https://elsewhere.example.com/' }),
    { kind: 'unknown', class: 'unexpected-status', message: 'status 302 without a body' },
  ],
  [
    'a 500 with a valid draining body',
    classify(500, '{"State": "draining"}'),
    { kind: 'unknown', class: 'http-5xx', message: 'status 500: {"State": "draining"}' },
  ],
  [
    'a 502 of the gateway',
    classify(502, '{"message": "Internal server error"}'),
    { kind: 'unknown', class: 'http-5xx', message: 'status 502: Internal server error' },
  ],
  [
    'a 503 with nothing',
    classify(503, ''),
    { kind: 'unknown', class: 'http-5xx', message: 'status 503 without a body' },
  ],
  [
    'a 500 for a caller that is no instance',
    classify(500, "Can't process metadata caller 'AIDA1'!"),
    {
      kind: 'unknown',
      class: 'http-5xx',
      message: "status 500: Can't process metadata caller 'AIDA1'!: these credentials are not an instance's",
    },
  ],
  [
    'a 429',
    classify(429, '{"message":"Too Many Requests"}'),
    { kind: 'unknown', class: 'throttled', message: 'status 429: Too Many Requests' },
  ],
  [
    'a 403 of another API',
    classify(403, '{"message":"Forbidden"}'),
    { kind: 'unknown', class: 'forbidden', message: 'status 403: Forbidden', isWrongEndpoint: true },
  ],
  [
    'a 403 for an unsigned request',
    classify(403, '{"message":"Missing Authentication Token"}'),
    { kind: 'unknown', class: 'forbidden', message: 'status 403: Missing Authentication Token' },
  ],
  [
    'a 403 of a policy, with its capital Message',
    classify(403, '{"Message":"User: u is not authorized to perform: execute-api:Invoke on resource: r"}'),
    {
      kind: 'unknown',
      class: 'forbidden',
      message: 'status 403: User: u is not authorized to perform: execute-api:Invoke on resource: r',
    },
  ],
  [
    'a 403 for an expired token',
    classify(403, '{"message":"The security token included in the request is expired"}'),
    {
      kind: 'unknown',
      class: 'unauthorized-token',
      message: 'status 403: The security token included in the request is expired',
      advice: 'the session of the access key is over',
    },
  ],
  [
    'a 403 for an unknown key, by its type',
    classify(403, '{"message":"no"}', { 'x-amzn-errortype': 'UnrecognizedClientException' }),
    {
      kind: 'unknown',
      class: 'unauthorized-token',
      message: 'status 403: no',
      advice: 'the access key is not known there, or its session token is not its own',
    },
  ],
  [
    'a 200 with nothing',
    classify(200, ''),
    { kind: 'unknown', class: 'not-json', message: 'the answer is empty' },
  ],
  [
    'a 200 with HTML, without what a terminal would act on',
    classify(200, page),
    {
      kind: 'unknown',
      class: 'not-json',
      message: 'the answer is not JSON: <!DOCTYPE html> <html><head><title> [31m502 [0m</title></head>',
    },
  ],
  [
    'a 200 with half a body',
    classify(200, valid.slice(0, 20)),
    { kind: 'unknown', class: 'not-json', message: `the answer is not JSON: ${valid.slice(0, 20)}` },
  ],
  [
    'a 200 that is not UTF-8',
    classify(200, Buffer.from([0x22, 0xff, 0x22])),
    { kind: 'unknown', class: 'not-json', message: 'the answer is not JSON: "\ufffd"' },
  ],
  [
    'a 200 with wrong types',
    classify(200, valid.replace('"draining"', '5')),
    {
      kind: 'unknown',
      class: 'wrong-shape',
      message: `State: expected a string, got a number: ${valid.slice(0, 77)}...`,
    },
  ],
  [
    'a 200 with a state of 1 MB',
    classify(200, huge),
    {
      kind: 'unknown',
      class: 'wrong-shape',
      message: `State: 1000000 bytes long, expected at most 1024: ${huge.slice(0, 77)}...`,
    },
  ],
  [
    'a 200 for another instance',
    classify(200, valid.replace('i-0ab', 'i-0\\n\\u202ecd')),
    { kind: 'unknown', class: 'wrong-shape', message: 'answer is for i-0 cd, expected i-0ab' },
  ],
];

describe('not knowing', () => {
  for (const [name, answer, expected] of others) {
    it(`is ${name}`, () => assert.deepEqual(answer, expected));
  }
});

const refusedKeys: readonly (readonly [said: string, advice: string])[] = [
  [
    'The request signature we calculated does not match the signature you provided.',
    "the secret access key is not that of access key AKIAEXAMPLE, or --region is not the API's",
  ],
  [
    'The security token included in the request is invalid.',
    'access key AKIAEXAMPLE is not known there, or its session token is not its own',
  ],
];
for (const [message, advice] of refusedKeys) {
  it(`names the key: ${message}`, () => {
    const body = Buffer.from(JSON.stringify({ message }));
    const answer = { status: 403, headers: {}, body, signedBy: 'AKIAEXAMPLE' };
    assert.deepEqual(classifyMetadataAnswer(answer, undefined), {
      kind: 'unknown',
      class: 'unauthorized-token',
      message: `status 403: ${message}`,
      advice,
    });
  });
}

it("an operation's own words are quoted as long as the gateway's", () => {
  const words = `Can not ${'x'.repeat(280)}.`;
  const answer = classify(500, words);
  assert.equal(answer.kind === 'unknown' && answer.message, `status 500: ${words}`);
});
