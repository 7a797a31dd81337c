// In which class a failure is told, where no socket is needed to see it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isUnsent,
  TransportError,
  type TransportFailure,
  toTransportError,
} from '../../../src/aws/transport-error.ts';

test('what cannot have arrived is told from what may have', () => {
  const failures: readonly TransportFailure[] = [
    'dns',
    'refused',
    'reset',
    'tls',
    'proxy',
    'timeout',
    'too-large',
    'protocol',
    'aborted',
  ];
  const unsent = failures.filter((failure) => isUnsent(new TransportError(failure, 'x')));
  assert.deepEqual(unsent, ['dns', 'refused', 'tls', 'proxy']);
});

describe('a connection that was there and broke is no proof that nothing arrived', () => {
  const signal = new AbortController().signal;
  const classified = (code: string, syscall: string, isSecured = false) =>
    toTransportError(Object.assign(new Error(code), { code, syscall }), 'x', signal, { isSecured }).failure;

  for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED', 'EHOSTDOWN']) {
    test(`${code}, unless it is of connecting`, () => {
      assert.deepEqual([classified(code, 'connect'), classified(code, 'read')], ['refused', 'reset']);
    });
  }

  test('ENETUNREACH of every address is of connecting', () => {
    const all = Object.assign(new AggregateError([]), { code: 'ENETUNREACH' });
    assert.equal(toTransportError(all, 'x', signal).failure, 'refused');
  });

  for (const code of ['ERR_SSL_BAD_RECORD_TYPE', 'EPROTO']) {
    test(`${code}, unless it is of the handshake`, () => {
      assert.deepEqual([classified(code, 'read'), classified(code, 'read', true)], ['tls', 'reset']);
    });
  }
});

test("Node's advice on its own options is left out", () => {
  const said =
    'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
  const error = Object.assign(new Error(said), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  const { message } = toTransportError(error, 'GET x', new AbortController().signal);
  assert.equal(message, 'GET x: unable to verify the first certificate');
});
