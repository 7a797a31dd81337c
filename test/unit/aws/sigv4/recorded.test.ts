// What curl and botocore signed when it was recorded, verified as of then; and refused with one byte changed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { queryParameters } from '../../../../src/aws/sigv4/canonical.ts';
import { parseSignature } from '../../../../src/aws/sigv4/parse-signature.ts';
import { type ReceivedRequest, type Verification, verifyRequest } from '../../../../src/aws/sigv4/verify.ts';
import { alterations } from '../../../fixtures/alterations.ts';
import { region } from '../../../fixtures/foreign-clients.ts';
import { foreignRequests, longTermKey, temporaryKey } from '../../../fixtures/foreign-requests.ts';
import type { Recording } from '../../../fixtures/recording.ts';

const recordings = ['curl', 'botocore'].map(
  (name) => JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as Recording,
);

function signedAtMs(request: ReceivedRequest): number {
  const signature = parseSignature(request, queryParameters(request.rawQuery));
  if ('ok' in signature) assert.fail(signature.message);
  return signature.signedAtMs;
}

for (const { client, requests } of recordings) {
  describe(client, () => {
    for (const { name, service, accessKeyId, body, ...rest } of requests) {
      const request: ReceivedRequest = { ...rest, body: Buffer.from(body, 'utf8') };
      const nowMs = signedAtMs(request);
      const lookup = (id: string) => [longTermKey, temporaryKey].find((key) => key.accessKeyId === id);
      const verify = (one: ReceivedRequest): Verification =>
        verifyRequest(one, { region, service, nowMs, lookup, boundHeaders: ['x-amz-target'] });

      test(name, () =>
        assert.deepEqual(verify(request), { ok: true, accessKeyId, key: lookup(accessKeyId) }),
      );

      for (const { what, request: altered } of alterations(request)) {
        test(`${name}, with another byte in ${what}`, () => assert.equal(verify(altered).ok, false));
      }
    }
  });
}

test('every request that is to be recorded has been', () => {
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
  assert.deepEqual(names(recordings.flatMap(({ requests }) => requests)), names(foreignRequests));
});
