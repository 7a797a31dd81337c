// Every way for no answer to come, as an operator is told of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CredentialsError } from '../../../../src/aws/credentials.ts';
import { DeadlineExceeded } from '../../../../src/aws/deadline.ts';
import { EnvironmentError } from '../../../../src/aws/http-agents.ts';
import { TransportError } from '../../../../src/aws/transport-error.ts';
import { ApiFailure } from '../../../../src/interaction/client/api-failure.ts';
import { type Attempted, explainFailure } from '../../../../src/interaction/client/explain-failure.ts';

const api = 'pq264fab39.execute-api.eu-west-3.amazonaws.com';
const aborted = AbortSignal.abort('stop');

const cases: readonly [
  what: string,
  error: unknown,
  changes: Partial<Attempted>,
  kind: string,
  exit: string,
  advice: RegExp,
][] = [
  ['a private name', new TransportError('dns', 'x'), {}, 'dns', 'error', /known in its VPC only.*--api-id$/],
  [
    'any other name',
    new TransportError('dns', 'x'),
    { host: 'api.example.com' },
    'dns',
    'error',
    /^check the address/,
  ],
  ['nobody there', new TransportError('refused', 'x'), {}, 'no-connection', 'error', /security groups$/],
  ['a proxy that refuses', new TransportError('proxy', 'x'), {}, 'no-connection', 'error', /NO_PROXY/],
  [
    'a certificate of an unknown authority',
    new TransportError('tls', 'x', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    {},
    'tls',
    'error',
    /AWS_CA_BUNDLE$/,
  ],
  [
    'a certificate of another name',
    new TransportError('tls', 'x', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    {},
    'tls',
    'error',
    /another name/,
  ],
  [
    'a certificate of the past',
    new TransportError('tls', 'x', { code: 'CERT_HAS_EXPIRED' }),
    {},
    'tls',
    'error',
    /clock/,
  ],
  [
    'another fault of TLS',
    new TransportError('tls', 'x', { code: 'EPROTO' }),
    {},
    'tls',
    'error',
    /^check the address/,
  ],
  ['silence after a reading', new TransportError('timeout', 'x'), {}, 'timeout', 'timeout', /--timeout$/],
  [
    'silence after a write',
    new TransportError('timeout', 'x'),
    { isReading: false },
    'timeout',
    'timeout',
    /it may have been done all the same/,
  ],
  [
    'a connection that broke in a write',
    new TransportError('reset', 'x'),
    { isReading: false },
    'interrupted',
    'error',
    /look before trying again$/,
  ],
  [
    'a connection that broke over plain http',
    new TransportError('reset', 'x'),
    { isPlainHttp: true },
    'interrupted',
    'error',
    /^if the server speaks TLS, call it by https:\/\/; else try again$/,
  ],
  [
    'too much',
    new TransportError('too-large', 'x'),
    {},
    'not-an-api',
    'error',
    /address of an Interaction API/,
  ],
  ['the end of the program', new TransportError('aborted', 'x'), {}, 'aborted', 'error', /^$/],
  ['the end of the program, between two requests', 'stop', { signal: aborted }, 'aborted', 'error', /^$/],
  ['the deadline, between two requests', new DeadlineExceeded(10), {}, 'timeout', 'timeout', /--timeout$/],
  [
    'no credentials',
    new CredentialsError('none', 'no AWS credentials: no role', { isUnconfigured: true }),
    {},
    'no-credentials',
    'error',
    /^set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile \(no role\)$/,
  ],
  [
    'none so far',
    new CredentialsError('unavailable', '169.254.169.254: silent', { isUnconfigured: true }),
    {},
    'credentials',
    'error',
    /^set AWS_ACCESS_KEY_ID .* or give --profile \(169\.254\.169\.254: silent\)$/,
  ],
  [
    'half a key',
    new CredentialsError('none', 'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not'),
    {},
    'no-credentials',
    'error',
    /^$/,
  ],
  [
    'no such profile',
    new CredentialsError('none', 'profile x: neither here nor there'),
    {},
    'no-credentials',
    'error',
    /^check how/,
  ],
  [
    'a session of SSO that has ended',
    new CredentialsError(
      'unavailable',
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
    ),
    {},
    'credentials',
    'error',
    /^$/,
  ],
  [
    'another session that has ended',
    new CredentialsError('unavailable', 'The SSO session has gone'),
    {},
    'credentials',
    'error',
    /aws sso login/,
  ],
  [
    'a variable that cannot be used',
    new EnvironmentError('AWS_CA_BUNDLE', 'x'),
    {},
    'environment',
    'usage',
    /^$/,
  ],
];

describe('what no answer means', () => {
  for (const [what, error, changes, kind, exit, advice] of cases) {
    it(what, () => {
      const failure = explainFailure(error, { subject: 'metadata', host: api, isReading: true, ...changes });
      assert.deepEqual([failure.kind, failure.exit, failure.status], [kind, exit, null]);
      assert.match(failure.advice, advice);
      assert.match(failure.message, /^metadata: /);
    });
  }
});

it('leaves a failure as it is', () => {
  const failure = new ApiFailure({ kind: 'usage', status: null, subject: '', said: 'no', advice: '' });
  assert.equal(explainFailure(failure, { subject: 'x', host: null, isReading: true }), failure);
});

it('throws on what is a mistake of the program', () => {
  const mistake = new TypeError('x is not a function');
  const attempted = { subject: 'x', host: null, isReading: true, signal: aborted };
  assert.throws(() => explainFailure(mistake, attempted), mistake);
});

it('says in one line that there are no credentials, and what to do', () => {
  const none = new CredentialsError('unavailable', 'silent', { isUnconfigured: true });
  const { message } = explainFailure(none, { subject: 'metadata', host: null, isReading: true });
  assert.equal(
    message,
    'metadata: no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile (silent)',
  );
});

it('joins sentences without the full stop of the first', () => {
  const joined = (said: string, advice: string) =>
    new ApiFailure({ kind: 'server', status: null, subject: 'x', said, advice }).message;
  assert.equal(joined('See the log.', 'try again'), 'x: See the log: try again');
  assert.equal(joined('See the log.', ''), 'x: See the log.');
  assert.equal(joined('cut...', 'try again'), 'x: cut...: try again');
});
