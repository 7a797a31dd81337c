import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MendableRefusal, mendableRefusal } from '../../../src/aws/signature-refusal.ts';

const cases: readonly [status: number, type: string, body: string, expected: MendableRefusal | undefined][] =
  [
    [403, '', '{"message":"The security token included in the request is expired"}', 'credentials'],
    [
      403,
      'UnrecognizedClientException',
      '{"message":"The security token included in the request is invalid."}',
      'credentials',
    ],
    [403, 'ExpiredTokenException', '{}', 'credentials'],
    [
      403,
      '',
      '<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>',
      'credentials',
    ],
    [401, '', '<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>', 'credentials'],
    [
      403,
      'InvalidSignatureException',
      '{"message":"Signature expired: 20260101T000000Z is now earlier than ..."}',
      'clock',
    ],
    [403, 'InvalidSignatureException', '{"message":"Signature not yet current: ..."}', 'clock'],
    [
      403,
      '',
      '<Code>SignatureDoesNotMatch</Code><Message>Signature expired: x is now earlier than y</Message>',
      'clock',
    ],
    [400, '', '<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>', 'clock'],
    [
      403,
      'InvalidSignatureException',
      '{"message":"The request signature we calculated does not match"}',
      undefined,
    ],
    [403, 'AccessDeniedException', '{"Message":"User: x is not authorized to perform: y"}', undefined],
    [403, 'ForbiddenException', '{"message":"Forbidden"}', undefined],
    [403, 'MissingAuthenticationTokenException', '{"message":"Missing Authentication Token"}', undefined],
    [400, '', '{"message":"Missing config key path."}', undefined],
    [200, '', '{"message":"The security token included in the request is expired"}', undefined],
    [503, '', 'Signature expired', undefined],
  ];
for (const [status, type, body, expected] of cases) {
  test(`${status} ${type} ${body} is ${expected ?? 'no refusal to mend'}`, () => {
    const headers = type === '' ? {} : { 'x-amzn-errortype': type };
    assert.equal(mendableRefusal({ status, headers, body: Buffer.from(body) }), expected);
  });
}
