// Metrics as operators enter them, and the order in which they are told.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  parseEnteredCachedMetrics,
  parseEnteredSentMetrics,
  putCachedMetrics,
  putSentMetrics,
  readCachedMetrics,
  readSentMetrics,
  removeCachedMetrics,
  removeSentMetrics,
  replaceCachedMetrics,
  replaceSentMetrics,
} from '../../../../../src/interaction/server/records/metrics.ts';
import { RecordError } from '../../../../../src/interaction/server/records/record-error.ts';
import { StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { openStore } from '../operations/make-call.ts';

const sent = (name: string, value: number | null | undefined, subfleet?: string) => ({
  MetricName: name,
  Unit: 'Count',
  StorageResolution: 60,
  Dimensions: [
    ...(subfleet === undefined ? [] : [{ Name: 'SubfleetName', Value: subfleet }]),
    { Name: 'GroupName', Value: 'test' },
  ],
  ...(value === undefined ? {} : { Value: value }),
});
const cached = (metricId: string, values: readonly number[]) => ({
  Label: 'CPUUtilization',
  StatusCode: 'Complete',
  Timestamps: values.map((_, index) => `2020-11-20 22:5${index}:00+00:00`),
  Values: values,
  _MetricId: metricId,
  _SamplingTime: '2020-11-20 22:56:46.641023+00:00',
});

describe('sent metrics', () => {
  it('stay in the order of their entry, one for each name and dimensions', async (test) => {
    const store = await openStore(test);
    assert.deepEqual(await readSentMetrics(store), []);
    await putSentMetrics(store, parseEnteredSentMetrics([sent('Z', 1), sent('A', 2)]));
    await putSentMetrics(store, parseEnteredSentMetrics([sent('M', undefined), sent('A', 3, 'blue')]));
    await putSentMetrics(store, parseEnteredSentMetrics([sent('Z', null)]));
    const told = (await readSentMetrics(store)).map(({ metricName, value }) => [metricName, value]);
    assert.deepEqual(told, [
      ['Z', null],
      ['A', 2],
      ['M', undefined],
      ['A', 3],
    ]);
    assert.equal(await removeSentMetrics(store, 'A'), 2);
    assert.equal(await removeSentMetrics(store, 'A'), 0);
    await replaceSentMetrics(store, parseEnteredSentMetrics([sent('N', 1), sent('M', 1), sent('N', 2)]));
    assert.deepEqual(
      (await readSentMetrics(store)).map(({ metricName, value }) => [metricName, value]),
      [
        ['N', 2],
        ['M', 1],
      ],
    );
  });

  const refused: readonly [body: unknown, message: string][] = [
    [{}, 'expected a list of metrics'],
    [[sent('A', 1), 5], '[1]: expected an object, got a number'],
    [[{ ...sent('A', 1), Unit: 5 }], '[0].Unit: expected a string, got a number'],
    [[{ ...sent('A', 1), Value: '5' }], '[0].Value: expected a number, got a string'],
    [[sent('A'.repeat(3000), 1)], '[0]: a key is 3044 bytes long, at most 2048 are possible'],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () => {
      assert.throws(
        () => parseEnteredSentMetrics(body),
        (error: Error) => error instanceof RecordError && error.message === message,
      );
    });
  }

  it('name the item that somebody else wrote', async (test) => {
    const store = await openStore(test);
    for (const value of ['nonsense', '{}', '{"place":0,"metric":{}}']) {
      await store.inventory.write([{ key: 'sentmetric:a', value }]);
      await assert.rejects(
        readSentMetrics(store),
        (error: Error) => error instanceof StoreError && /^item sentmetric:a: /.test(error.message),
      );
    }
  });
});

describe('cached metrics', () => {
  const digest = createHash('sha256').update('CloneSquad-test-i-0ab-00').digest('hex');

  it('get the id that CloneSquad gives them', () => {
    const [metric] = parseEnteredCachedMetrics([cached('CloneSquad-test-i-0ab-00', [59, 57])]);
    assert.equal(metric?.id, `id${digest}`);
    assert.deepEqual(metric?.values, [59, 57]);
    const [own] = parseEnteredCachedMetrics([{ ...cached('x', []), Id: 'mine' }]);
    assert.equal(own?.id, 'mine');
  });

  it('are entered, replaced and removed', async (test) => {
    const store = await openStore(test);
    const [b, a] = parseEnteredCachedMetrics([cached('b', [1]), cached('a', [2])]);
    await putCachedMetrics(store, [b!]);
    await putCachedMetrics(store, [a!, { ...b!, values: [3] }]);
    assert.deepEqual(await readCachedMetrics(store), [{ ...b!, values: [3] }, a]);
    assert.equal(await removeCachedMetrics(store, 'b'), 1);
    assert.equal(await removeCachedMetrics(store, 'b'), 0);
    assert.deepEqual(await readCachedMetrics(store), [a]);
    await replaceCachedMetrics(store, [b!]);
    assert.deepEqual(await readCachedMetrics(store), [b]);
  });

  it('refuse what is none', () => {
    assert.throws(() => parseEnteredCachedMetrics([{}]), {
      message: '[0].Timestamps: expected an array, but it is missing',
    });
    for (const [none, kind] of [
      [null, 'null'],
      [5, 'a number'],
    ]) {
      assert.throws(() => parseEnteredCachedMetrics([none]), {
        name: 'RecordError',
        message: `[0]: expected an object, got ${kind}`,
      });
    }
  });
});
