// The deployment's resources under one set of names.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDiscovery, withPresentNames } from '../../../../src/interaction/contract/discovery.ts';

describe('withPresentNames', () => {
  const named: [object, object][] = [
    [{}, {}],
    [
      { GroupName: 'test', 'X-a': 1, InstallTime: null },
      { GroupName: 'test', 'X-a': 1, InstallTime: null },
    ],
    [
      { ApiGwVpcEndpointDNSEntries: '', ConfigurationURL: 'u' },
      { ApiGwVpcEndpointDNSEntry: '', ConfigurationURLs: 'u' },
    ],
    [{ ConfigurationURL: 'old', ConfigurationURLs: 'new' }, { ConfigurationURLs: 'new' }],
    [{ constructor: 'x' }, { constructor: 'x' }],
  ];
  for (const [sent, read] of named) {
    it(JSON.stringify(sent), () => assert.deepEqual(withPresentNames({ ...sent }), read));
  }
});

describe('parseDiscovery', () => {
  it('reads both parts', () => {
    const body = { discovery: { ConfigurationURL: 'u' }, identity: { caller: 'a', apiKey: null } };
    const read = { discovery: { ConfigurationURLs: 'u' }, identity: { caller: 'a', apiKey: null } };
    assert.deepEqual(parseDiscovery(body), read);
  });

  const refused: [unknown, string][] = [
    ['x', 'answer: expected an object, got a string'],
    [{}, 'discovery: expected an object, but it is missing'],
    [{ discovery: {} }, 'identity: expected an object, but it is missing'],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () =>
      assert.throws(() => parseDiscovery(body), { name: 'WireFieldError', message }));
  }
});
