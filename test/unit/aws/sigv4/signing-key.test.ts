// Signing keys that are remembered: the same as those derived, and never those of another secret or day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveSigningKey, rememberSigningKeys } from '../../../../src/aws/sigv4/signing-key.ts';

const secret = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const scope = { region: 'us-east-1', service: 'iam' };

test('is derived as the documentation of Signature Version 4 does', () => {
  assert.equal(
    deriveSigningKey(secret, '20150830', scope).export().toString('hex'),
    'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
  );
});

test('is derived once for a secret, a day and a scope', () => {
  const derive = rememberSigningKeys();
  assert.equal(derive(secret, '20150830', scope), derive(secret, '20150830', { ...scope }));
});

test('is another for another secret, day, region or service, whatever was remembered', () => {
  const derive = rememberSigningKeys();
  const asked = [
    [secret, '20150830', scope],
    [secret, '20150831', scope],
    [secret, '20150830', { ...scope, region: 'eu-west-3' }],
    [secret, '20150830', { ...scope, service: 'sqs' }],
    // As after the file of keys was read again.
    [{ secretAccessKey: 'another' }, '20150830', scope],
    [secret, '20150830', scope],
  ] as const;
  for (const [key, date, where] of asked) {
    assert.ok(
      derive(key, date, where).equals(deriveSigningKey(key, date, where)),
      JSON.stringify([date, where]),
    );
  }
});
