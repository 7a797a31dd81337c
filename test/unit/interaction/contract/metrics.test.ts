// Both kinds of metrics, read into their models and written from them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CachedMetric,
  parseCachedMetrics,
  parseSentMetrics,
  renderCachedMetrics,
  renderSentMetrics,
  type SentMetric,
} from '../../../../src/interaction/contract/metrics.ts';
import { pythonJson } from '../../../../src/interaction/contract/python-json.ts';

const sentWire = {
  MetricName: 'EC2.Size',
  Unit: 'Count',
  StorageResolution: 60,
  Dimensions: [
    { Name: 'SubfleetName', Value: 'blue' },
    { Name: 'GroupName', Value: 'test' },
  ],
};
const sent: SentMetric = {
  metricName: 'EC2.Size',
  unit: 'Count',
  storageResolution: 60,
  dimensions: [
    { name: 'SubfleetName', value: 'blue' },
    { name: 'GroupName', value: 'test' },
  ],
};
const cachedWire = {
  Id: 'id12',
  Label: 'CPU',
  StatusCode: 'Complete',
  Timestamps: ['2020-11-17 10:50:00+00:00'],
  Values: [17],
  _MetricId: 'CloneSquad-test-i-1-00',
  _SamplingTime: '2020-11-17 10:51:00+00:00',
};
const cached: CachedMetric = {
  id: 'id12',
  label: 'CPU',
  statusCode: 'Complete',
  timestamps: ['2020-11-17 10:50:00+00:00'],
  values: [17],
  metricId: 'CloneSquad-test-i-1-00',
  samplingTime: '2020-11-17 10:51:00+00:00',
};

/** What a client sees of what a server prints. */
function overTheWire(body: Parameters<typeof pythonJson>[0]): unknown {
  return JSON.parse(pythonJson(body));
}

describe('sent metrics', () => {
  const told: [string, object, SentMetric][] = [
    ['never set', sentWire, sent],
    ['disabled', { ...sentWire, Value: null }, { ...sent, value: null }],
    [
      'with a value',
      { ...sentWire, Value: 1.5, Timestamp: 'now' },
      { ...sent, value: 1.5, timestamp: 'now' },
    ],
  ];
  for (const [name, wire, metric] of told) {
    it(`reads and writes one ${name}`, () => {
      assert.deepEqual(parseSentMetrics([wire]), [metric]);
      assert.deepEqual(overTheWire(renderSentMetrics([metric])), [wire]);
    });
  }

  it('prints values as floats', () =>
    assert.match(pythonJson(renderSentMetrics([{ ...sent, value: 17 }])), /"Value": 17\.0\n/));

  const refused: [unknown, string][] = [
    [{}, 'answer: expected an array, got an object'],
    [[1], 'answer[0]: expected an object, got a number'],
    [[{ ...sentWire, Value: 'x' }], 'answer[0].Value: expected a number, got a string'],
    [[{ ...sentWire, StorageResolution: 1.5 }], 'answer[0].StorageResolution: expected a count, got 1.5'],
    [
      [sentWire, { ...sentWire, Dimensions: [{ Name: 'a' }] }],
      'answer[1].Dimensions[0].Value: expected a string, but it is missing',
    ],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () =>
      assert.throws(() => parseSentMetrics(body), { name: 'WireFieldError', message }));
  }
});

describe('cached metrics', () => {
  const attempt = { _LastSamplingAttempt: '2020-11-17 10:52:00+00:00' };
  const told: [string, object, CachedMetric][] = [
    ['D0 and D1', cachedWire, cached],
    ['D2', { ...cachedWire, ...attempt }, { ...cached, lastSamplingAttempt: attempt._LastSamplingAttempt }],
    [
      'one with messages',
      { ...cachedWire, Messages: [{ Code: 'c', Value: 'v' }] },
      { ...cached, messages: [{ code: 'c', value: 'v' }] },
    ],
    [
      'one without values',
      { ...cachedWire, Timestamps: [], Values: [] },
      { ...cached, timestamps: [], values: [] },
    ],
  ];
  for (const [name, wire, metric] of told) {
    it(`reads and writes ${name}`, () => {
      assert.deepEqual(parseCachedMetrics([wire]), [metric]);
      assert.deepEqual(overTheWire(renderCachedMetrics([metric])), [wire]);
    });
  }

  it('prints values as floats', () =>
    assert.match(pythonJson(renderCachedMetrics([cached])), /"Values": \[\n +17\.0\n/));

  const refused: [unknown, string][] = [
    [null, 'answer: expected an array, got null'],
    [[{ ...cachedWire, _MetricId: undefined }], 'answer[0]._MetricId: expected a string, but it is missing'],
    [[{ ...cachedWire, Values: ['1'] }], 'answer[0].Values[0]: expected a number, got a string'],
    [[{ ...cachedWire, Values: [] }], 'answer[0].Values: expected one for each of 1 timestamps, got 0'],
    [
      [{ ...cachedWire, Messages: [{ Code: 1 }] }],
      'answer[0].Messages[0].Code: expected a string, got a number',
    ],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () =>
      assert.throws(() => parseCachedMetrics(body), { name: 'WireFieldError', message }));
  }
});
