// What may be asked again, what can be named in a path, and what does not compile.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AnyCall,
  type ApiOperationId,
  type Call,
  isPathKey,
  isReading,
  type WriteCall,
} from '../../../../src/interaction/client/call.ts';
import { type Operation, operations } from '../../../../src/interaction/contract/operations.ts';

describe('asking changes nothing', () => {
  const readings = Object.entries(operations)
    .filter(([id]) => isReading(id as ApiOperationId, {}))
    .map(([id]) => id);
  it('in exactly these operations without a body', () => {
    assert.deepEqual(readings, [
      'listing',
      'metadata',
      'allMetadatas',
      'fleetMetadata',
      'fleetStatus',
      'discovery',
      'configuration',
      'configurationKey',
      'scheduler',
      'schedulerKey',
      'sentMetrics',
      'metricCache',
      'controlInstances',
    ]);
  });
  const changing: readonly [ApiOperationId, AnyCall][] = [
    ['configuration', { body: '{}' }],
    ['controlInstances', { argument: 'unstoppable', query: { mode: 'add' } }],
    ['rescheduleNow', {}],
    ['backup', {}],
    ['ackEvent', { body: '{}' }],
  ];
  for (const [id, call] of changing) {
    it(`but in ${id} ${JSON.stringify(call)}`, () => assert.equal(isReading(id, call), false));
  }
  it('and never by what the contract calls POST alone', () => {
    for (const [id, { methods }] of Object.entries(operations) as [ApiOperationId, Operation][]) {
      if (!methods.includes('GET')) assert.equal(isReading(id, {}), false, id);
    }
  });
});

describe('a key in a path', () => {
  for (const key of [
    'app.disable',
    'subfleet.__all__.state',
    'a/b',
    'a b',
    'ü',
    '[set]key',
    '100%',
    'a%2fb',
  ]) {
    it(`${key} is kept`, () => assert.equal(isPathKey(key), true));
  }
  for (const key of [
    'subfleet.MyFleet.state',
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '.',
    'a/../b',
    'a\nb',
    '\ud800',
  ]) {
    it(`${JSON.stringify(key)} is not`, () => assert.equal(isPathKey(key), false));
  }
});

it('is checked by the compiler', () => {
  const right: [Call<'metadata'>, Call<'controlInstances'>, Call<'listing'>, WriteCall<'configurationKey'>] =
    [
      { query: { instanceid: 'i-0ab' } },
      { argument: 'unstartable', query: { mode: 'add', ttl: undefined }, body: '{}' },
      {},
      { argument: 'app.disable', query: { ttl: '60' }, body: '1' },
    ];
  assert.equal(right.length, 4);
  // @ts-expect-error no such parameter in any dialect
  const parameter: Call<'metadata'> = { query: { InstanceId: 'i-0ab' } };
  // @ts-expect-error no parameters at all
  const parameters: Call<'fleetStatus'> = { query: { format: 'yaml' } };
  // @ts-expect-error no such list
  const list: Call<'controlInstances'> = { argument: 'unknown' };
  // @ts-expect-error which key?
  const key: Call<'configurationKey'> = {};
  // @ts-expect-error a write is no question
  const write: Call<'configuration'> = { body: '{}' };
  // @ts-expect-error the queue only
  const queue: ApiOperationId = 'publishReportNow';
  assert.ok([parameter, parameters, list, key, write, queue]);
});
