// Every answer of API Gateway and of the operations that is not a 200, as an operator is told of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiRoute } from '../../../../src/interaction/client/api-address.ts';
import type { ApiFailureKind, FailureExit } from '../../../../src/interaction/client/api-failure.ts';
import type { Asked } from '../../../../src/interaction/client/asked.ts';
import { explainAnswer } from '../../../../src/interaction/client/explain-answer.ts';

const route: ApiRoute = {
  label: 'public',
  url: 'https://pq264fab39.execute-api.eu-west-3.amazonaws.com/v1/',
  headers: { 'x-apigw-api-id': 'pq264fab39' },
};
const atUrl = (url: string, headers = {}): Partial<Asked> => ({ route: { label: 'api-url', url, headers } });
const nowMs = Date.parse('2026-01-01T12:00:00Z');
const user = 'arn:aws:sts::111122223333:assumed-role/Operators/alice';
const invoke = `User: ${user} is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-3:********3333:pq264fab39/v1/GET/metadata`;
const statement =
  '{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-3:111122223333:pq264fab39/v1/GET/metadata"}';
const json = (message: string) => JSON.stringify({ message });

interface Case {
  readonly what: string;
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
  readonly asked?: Partial<Asked>;
  readonly kind: ApiFailureKind;
  readonly exit?: FailureExit;
  /** The whole line, or a part of it. */
  readonly line: string | RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'an expired token',
    status: 403,
    body: json('The security token included in the request is expired'),
    headers: { 'x-amzn-errortype': 'ExpiredTokenException' },
    kind: 'expired-token',
    line: 'metadata: status 403: The security token included in the request is expired: these credentials have expired: renew them: aws sso login, or a new session of the role',
  },
  {
    what: 'an invalid token',
    status: 403,
    body: json('The security token included in the request is invalid.'),
    kind: 'invalid-token',
    line: /the access key or its session token is not valid there/,
  },
  {
    what: 'a missing permission, with the masked account',
    status: 403,
    body: JSON.stringify({ Message: invoke }),
    kind: 'not-allowed',
    line: `metadata: status 403: ${invoke}: add to a policy of role Operators: ${statement}`,
  },
  {
    what: 'a missing permission of another account',
    status: 403,
    body: JSON.stringify({ Message: invoke.replace('::111122223333:', '::444455556666:') }),
    kind: 'not-allowed',
    line: /"Resource":"arn:aws:execute-api:eu-west-3:\*:pq264fab39\/v1\/GET\/metadata"}$/,
  },
  {
    what: 'a user without permission',
    status: 403,
    body: JSON.stringify({ Message: invoke.replace(user, 'arn:aws:iam::111122223333:user/ops/bob') }),
    kind: 'not-allowed',
    line: /add to a policy of user ops\/bob: \{/,
  },
  {
    what: 'a missing permission of the VPC endpoint',
    status: 403,
    body: JSON.stringify({
      Message: `${invoke} because no VPC endpoint policy allows the execute-api:Invoke action`,
    }),
    kind: 'not-allowed',
    line: /: add to the VPC endpoint policy: \{"Effect":"Allow",.*"Principal":\{"AWS":"arn:aws:sts::111122223333:assumed-role\/Operators\/alice"\}\}$/,
  },
  {
    what: 'a missing permission in a boundary',
    status: 403,
    body: JSON.stringify({
      Message: `${invoke} because no permissions boundary allows the execute-api:Invoke action`,
    }),
    kind: 'not-allowed',
    line: /: allow role Operators in the permissions boundary too: \{/,
  },
  {
    what: 'an explicit deny',
    status: 403,
    body: JSON.stringify({ Message: `${invoke} with an explicit deny in a resource-based policy` }),
    kind: 'not-allowed',
    line: /: the resource-based policy denies it to role Operators: no further Allow helps, that Deny must go$/,
  },
  {
    what: 'an explicit deny in no named policy',
    status: 403,
    body: JSON.stringify({ Message: `${invoke} with an explicit deny` }),
    kind: 'not-allowed',
    line: /: a policy denies it to role Operators/,
  },
  {
    what: 'a missing permission that does not say for what',
    status: 403,
    body: JSON.stringify({ Message: 'no' }),
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    kind: 'not-allowed',
    line: /these credentials: \{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-3:\*:pq264fab39\/v1\/GET\/metadata"}$/,
  },
  {
    what: 'a missing permission for one key, through a VPC endpoint that does not say for what',
    status: 403,
    body: JSON.stringify({ Message: 'no' }),
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    asked: {
      ...atUrl('https://vpce-0123-4567.execute-api.eu-west-3.vpce.amazonaws.com/v1/', {
        'x-apigw-api-id': 'pq264fab39',
      }),
      id: 'configurationKey',
      call: { argument: 'app.disable' },
    },
    kind: 'not-allowed',
    line: /"Resource":"arn:aws:execute-api:eu-west-3:\*:pq264fab39\/v1\/GET\/configuration\/app\.disable"}$/,
  },
  {
    what: 'a missing permission in China that does not say for what',
    status: 403,
    body: JSON.stringify({ Message: 'no' }),
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    asked: {
      region: 'cn-north-1',
      ...atUrl('https://pq264fab39.execute-api.cn-north-1.amazonaws.com.cn/v1/'),
    },
    kind: 'not-allowed',
    line: /"Resource":"arn:aws-cn:execute-api:cn-north-1:\*:pq264fab39\/v1\/GET\/metadata"}$/,
  },
  {
    what: 'a signature that does not match',
    status: 403,
    body: json(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'GET\n/v1/metadata\n\nx-amz-security-token:SECRETTOKEN\n'",
    ),
    headers: { 'x-amzn-errortype': 'InvalidSignatureException' },
    kind: 'signature-mismatch',
    line: 'metadata: status 403: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method: the secret access key does not belong to the access key id, or a proxy changes requests on their way',
  },
  {
    what: 'a signature that does not match, for another region than the address has',
    status: 403,
    body: json('The request signature we calculated does not match the signature you provided.'),
    asked: { region: 'us-east-1' },
    kind: 'signature-mismatch',
    line: /: signed for us-east-1, but the address is in eu-west-3: give --region eu-west-3$/,
  },
  {
    what: 'a malformed authorization',
    status: 403,
    body: json(
      "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=AKIDSECRET",
    ),
    headers: { 'x-amzn-errortype': 'IncompleteSignatureException' },
    kind: 'signature-mismatch',
    line: /^metadata: status 403: Authorization header requires 'Signature' parameter: the secret/,
  },
  {
    what: 'a signature of the past',
    status: 403,
    body: json(
      'Signature expired: 20260101T114300Z is now earlier than 20260101T115500Z (20260101T120000Z - 5 min.)',
    ),
    kind: 'clock-skew',
    line: /: this host's clock is 17 minutes behind: set it right/,
  },
  {
    what: 'a signature of the future',
    status: 403,
    body: json(
      'Signature not yet current: 20260101T150000Z is still later than 20260101T120500Z (20260101T120000Z + 5 min.)',
    ),
    kind: 'clock-skew',
    line: /: this host's clock is 3 hours ahead: set it right/,
  },
  {
    what: 'a clock that only the date tells of',
    status: 403,
    body: json('no'),
    headers: { 'x-amzn-errortype': 'RequestExpired', date: 'Thu, 01 Jan 2026 12:01:30 GMT' },
    kind: 'clock-skew',
    line: /: this host's clock is 90 seconds behind/,
  },
  {
    what: 'a clock that nothing tells of',
    status: 403,
    body: json('no'),
    headers: { 'x-amzn-errortype': 'RequestTimeTooSkewed' },
    kind: 'clock-skew',
    line: /: this host's clock is off: set it right/,
  },
  {
    what: 'a scope of another region',
    status: 403,
    body: json("Credential should be scoped to a valid region, not 'us-east-1'. "),
    asked: { region: 'us-east-1' },
    kind: 'wrong-region',
    line: /: signed for us-east-1, but the address is in eu-west-3: give --region eu-west-3$/,
  },
  {
    what: 'a scope of another region, at an address that tells none',
    status: 403,
    body: json("Credential should be scoped to a valid region, not 'us-east-1'."),
    asked: { region: 'us-east-1', ...atUrl('https://api.example.com/v1/') },
    kind: 'wrong-region',
    line: /: signed for us-east-1, which is not the region there: check --region$/,
  },
  {
    what: 'another service',
    status: 403,
    body: json("Credential should be scoped to correct service: 'lambda'."),
    kind: 'wrong-region',
    line: /: the address is that of another service/,
  },
  {
    what: 'no such route',
    status: 403,
    body: json('Missing Authentication Token'),
    kind: 'no-route',
    line: /: API Gateway has no such path there: check the stage/,
  },
  {
    what: 'no stage',
    status: 403,
    body: json('Missing Authentication Token'),
    asked: atUrl('https://pq264fab39.execute-api.eu-west-3.amazonaws.com/'),
    kind: 'no-route',
    line: /: the address needs the stage, such as https:\/\/pq264fab39\.execute-api\.eu-west-3\.amazonaws\.com\/v1\/$/,
  },
  {
    what: 'a private API from elsewhere',
    status: 403,
    body: json('Forbidden'),
    kind: 'wrong-endpoint',
    line: /: a private API is called from its VPC, or with --api-url of its VPC endpoint and --api-id$/,
  },
  {
    what: 'another stage at AWS',
    status: 403,
    body: json('Forbidden'),
    asked: atUrl('https://pq264fab39.execute-api.eu-west-3.amazonaws.com/v2/'),
    kind: 'wrong-endpoint',
    line: /: the address needs the stage, such as https:\/\/pq264fab39\.execute-api\.eu-west-3\.amazonaws\.com\/v1\/; or else a private API/,
  },
  ...['', 'v2/'].map((stage) => ({
    what: `stage "${stage}" at a server of one's own`,
    status: 403,
    body: json('Forbidden'),
    asked: atUrl(`http://127.0.0.1:8443/${stage}`),
    kind: 'wrong-endpoint' as const,
    line: 'metadata: status 403: Forbidden: the address needs the stage, such as http://127.0.0.1:8443/v1/',
  })),
  {
    what: "another API at a server of one's own",
    status: 403,
    body: json('Forbidden'),
    asked: atUrl('http://127.0.0.1:8443/v1/'),
    kind: 'wrong-endpoint',
    line: 'metadata: status 403: Forbidden: check that this is the address of an Interaction API, stage included',
  },
  {
    what: "a rule of a server of one's own",
    status: 403,
    body: JSON.stringify({ Message: invoke.replace('********3333', '111122223333') }),
    asked: { id: 'fleetMetadata', ...atUrl('http://127.0.0.1:8443/v1/') },
    kind: 'not-allowed',
    line: /: add GET\/fleet\/metadata to the rules of this key \(there: cs-interact key change ID --keys FILE --allow GET\/fleet\/metadata\)$/,
  },
  {
    what: "a policy of AWS behind a domain of one's own",
    status: 403,
    body: JSON.stringify({ Message: invoke }),
    asked: atUrl('https://api.example.com/v1/'),
    kind: 'not-allowed',
    line: /: add to a policy of role Operators: \{/,
  },
  {
    what: "a key that a server of one's own does not know",
    status: 403,
    body: json('The security token included in the request is invalid.'),
    asked: atUrl('http://127.0.0.1:8443/v1/'),
    kind: 'invalid-token',
    line: /; a server of your own shows its keys with cs-interact key list$/,
  },
  {
    what: 'a VPC endpoint that is not told which API',
    status: 403,
    body: json('Forbidden'),
    asked: atUrl('https://vpce-0ab-cd.execute-api.eu-west-3.vpce.amazonaws.com/v1/'),
    kind: 'wrong-endpoint',
    line: /: a VPC endpoint must be told which API is meant: give --api-id$/,
  },
  {
    what: 'a refusal of no known kind',
    status: 403,
    body: '<html>blocked</html>',
    kind: 'refused',
    line: /^metadata: status 403: <html>blocked<\/html>: check that this is the address/,
  },
  {
    what: 'an unknown command that newer deployments have',
    status: 404,
    body: "Unknown command 'backup'",
    asked: { id: 'backup' },
    kind: 'unknown-operation',
    line: "backup: status 404: Unknown command 'backup': CloneSquad has it since v0.20.0: this deployment is older",
  },
  {
    what: 'an unknown command that older deployments have',
    status: 404,
    body: "Unknown command 'allmetadatas'",
    asked: { id: 'allMetadatas' },
    kind: 'unknown-operation',
    line: /: CloneSquad has it no more since v0\.1\.0: this deployment is newer$/,
  },
  {
    what: 'the stage twice',
    status: 404,
    body: "Unknown command 'v1/metadata'",
    kind: 'unknown-operation',
    line: /: the address has the stage twice: check --api-url$/,
  },
  {
    what: 'an operation of the queue',
    status: 404,
    body: 'Command not available through API Gateway',
    kind: 'refused',
    line: /: it is asked for by the queue only$/,
  },
  {
    what: 'another list of instances',
    status: 404,
    body: "Unknown control state 'UNSTOPPABLE'!",
    asked: { id: 'controlInstances', call: { argument: 'unstoppable' } },
    kind: 'refused',
    line: "control/instances/unstoppable: status 404: Unknown control state 'UNSTOPPABLE'!",
  },
  {
    what: 'a page that is not there',
    status: 404,
    body: '<html>404</html>',
    kind: 'not-an-api',
    line: /: check that this is the address of an Interaction API/,
  },
  {
    what: 'an HTTP API',
    status: 404,
    body: json('Not Found'),
    kind: 'not-an-api',
    line: /: Not Found: check/,
  },
  {
    what: 'an unknown key, in the words of the API',
    status: 400,
    body: "Unknown configuration key 'app.disabled'!",
    asked: { id: 'configurationKey', call: { argument: 'app.disabled' } },
    kind: 'refused',
    line: "configuration/app.disabled: status 400: Unknown configuration key 'app.disabled'!",
  },
  {
    what: 'an unknown instance',
    status: 400,
    body: "No information for instance id 'i-0ab'!",
    kind: 'refused',
    line: /: the instance is not in this group, or CloneSquad has not seen it yet$/,
  },
  {
    what: 'a document that cannot be parsed',
    status: 500,
    body: "Can't parse YAML/JSON document : no ",
    asked: { id: 'configuration', method: 'POST', call: { body: '{' } },
    kind: 'refused',
    line: "configuration: status 500: Can't parse YAML/JSON document : no",
  },
  {
    what: 'somebody who is no instance',
    status: 500,
    body: "Can't retrieve requesting InstanceId (AROA1:alice).",
    kind: 'refused',
    line: /: these credentials are not an instance's: cs-interact fleet list tells of every instance$/,
  },
  {
    what: 'a user who asks for itself',
    status: 500,
    body: "Can't process metadata caller 'AIDA1'!",
    kind: 'refused',
    line: /: these credentials are not an instance's: /,
  },
  {
    what: 'a snapshot without the operation',
    status: 500,
    body: 'Missing data',
    kind: 'no-snapshot',
    line: /app\.disable/,
  },
  {
    what: 'no snapshot',
    status: 502,
    body: '{"message": "Internal server error"}',
    asked: { id: 'fleetStatus' },
    kind: 'no-snapshot',
    line: 'fleet/status: status 502: Internal server error: CloneSquad has not run yet, or is disabled (app.disable): try again in a minute',
  },
  {
    what: 'a function that failed',
    status: 502,
    body: '{"message": "Internal server error"}',
    asked: { id: 'configuration' },
    kind: 'server',
    line: /: try again; if it lasts, the cause is in the log of the Interact function$/,
  },
  {
    what: 'a scheduled action written one by one',
    status: 502,
    body: '{"message": "Internal server error"}',
    asked: { id: 'schedulerKey', method: 'POST', call: { argument: 'a', body: 'b' } },
    kind: 'server',
    line: /: older releases of CloneSquad cannot write a single scheduled action/,
  },
  {
    what: 'an acknowledgement that CloneSquad does not take here',
    status: 502,
    body: '{"message": "Internal server error"}',
    asked: { id: 'ackEvent', method: 'POST', call: { body: '{}' } },
    kind: 'server',
    line: /: CloneSquad takes it by its queue only$/,
  },
  {
    what: 'a fault without a word',
    status: 500,
    body: '',
    kind: 'server',
    line: /status 500 without a body/,
  },
  {
    what: 'a page of a load balancer',
    status: 503,
    body: '<html>503</html>',
    kind: 'server',
    line: /try again/,
  },
  {
    what: 'an operation that takes too long',
    status: 504,
    body: json('Endpoint request timed out'),
    kind: 'gateway-timeout',
    exit: 'timeout',
    line: /: API Gateway waits 29 s; it may be completed all the same$/,
  },
  {
    what: 'throttling',
    status: 429,
    body: json('Too Many Requests'),
    kind: 'throttled',
    line: /try again later$/,
  },
  {
    what: 'too much at once',
    status: 413,
    body: json('Request Too Long'),
    kind: 'too-large',
    line: /at most 10 MB/,
  },
  {
    what: 'a redirect',
    status: 301,
    body: '',
    headers: { location: 'https://elsewhere.example.com/' },
    kind: 'not-an-api',
    line: /: redirects are not followed \(https:\/\/elsewhere\.example\.com\/\): check/,
  },
];

describe('what an answer means', () => {
  for (const { what, status, body, headers = {}, asked = {}, kind, exit = 'error', line } of cases) {
    it(what, () => {
      const answer = { status, headers, body: Buffer.from(body) };
      const full = { id: 'metadata', call: {}, method: 'GET', route, region: 'eu-west-3', ...asked } as const;
      const failure = explainAnswer(answer, full, nowMs);
      assert.deepEqual([failure.kind, failure.status, failure.exit], [kind, status, exit]);
      if (typeof line === 'string') assert.equal(failure.message, line);
      else assert.match(failure.message, line);
    });
  }
});

it('shows nothing that a terminal would act on, and no secret', () => {
  for (const { status, headers = {} } of cases) {
    const hostile = json('\u001b[31mred\u202e\r\nsecond line Authorization=AWS4 AKIDSECRET');
    const answer = { status, headers, body: Buffer.from(hostile) };
    const { message } = explainAnswer(
      answer,
      { id: 'configurationKey', call: { argument: 'a\u001b\nb' }, method: 'GET', route, region: 'eu-west-3' },
      nowMs,
    );
    assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]|AKIDSECRET/u);
  }
});
