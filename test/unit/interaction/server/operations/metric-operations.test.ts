// `cloudwatch/sentmetrics` and `cloudwatch/metriccache`: what was entered, as the seed document shows it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answerMetricCache } from '../../../../../src/interaction/server/operations/metric-cache.ts';
import { answerSentMetrics } from '../../../../../src/interaction/server/operations/sent-metrics.ts';
import {
  parseEnteredCachedMetrics,
  parseEnteredSentMetrics,
  putCachedMetrics,
  putSentMetrics,
} from '../../../../../src/interaction/server/records/metrics.ts';
import { jsonOf, makeCall, openStore, told } from './make-call.ts';

it('nothing was entered', async (test) => {
  const call = makeCall(await openStore(test));
  assert.equal(told(await answerSentMetrics(call)), '200 []');
  assert.equal(told(await answerMetricCache(call)), '200 []');
});

it("where none were entered, sent metrics are those of CloneSquad's snapshot", async (test) => {
  const store = await openStore(test);
  const metric = { MetricName: 'FleetSize', Unit: 'Count', StorageResolution: 60, Dimensions: [], Value: 3 };
  const value = JSON.stringify({ data: { 'cloudwatch/sentmetrics': [metric] } });
  await store.state.write([{ key: 'interact.precomputed', value }]);
  const call = makeCall(store);
  assert.deepEqual(jsonOf(await answerSentMetrics(call)), [metric]);
  await putSentMetrics(store, parseEnteredSentMetrics([{ ...metric, MetricName: 'Entered' }]));
  assert.deepEqual(jsonOf(await answerSentMetrics(call)), [{ ...metric, MetricName: 'Entered' }]);
});

it('sent metrics are told as Python prints them', async (test) => {
  const store = await openStore(test);
  const text = `[
    {
        "Dimensions": [
            {
                "Name": "GroupName",
                "Value": "test"
            }
        ],
        "MetricName": "RunningInstances",
        "StorageResolution": 60,
        "Timestamp": "2020-11-20 14:52:01.386924+00:00",
        "Unit": "Count",
        "Value": 17.0
    },
    {
        "Dimensions": [
            {
                "Name": "GroupName",
                "Value": "test"
            }
        ],
        "MetricName": "PendingInstances",
        "StorageResolution": 60,
        "Unit": "Count",
        "Value": null
    }
]`;
  await putSentMetrics(store, parseEnteredSentMetrics(JSON.parse(text)));
  assert.equal(told(await answerSentMetrics(makeCall(store))), `200 ${text}`);
});

it('the metric cache is told as Python prints it', async (test) => {
  const store = await openStore(test);
  const text = `[
    {
        "Id": "idxyz",
        "Label": "AWS/EC2 i-0aaaaaaaaaaaaaaaa CPUUtilization",
        "StatusCode": "Complete",
        "Timestamps": [
            "2020-11-20 22:55:00+00:00",
            "2020-11-20 22:54:00+00:00"
        ],
        "Values": [
            59.0,
            57.25
        ],
        "_MetricId": "CloneSquad-test-i-01111111111111111-00",
        "_SamplingTime": "2020-11-20 22:56:46.641023+00:00"
    }
]`;
  await putCachedMetrics(store, parseEnteredCachedMetrics(JSON.parse(text)));
  assert.equal(told(await answerMetricCache(makeCall(store))), `200 ${text}`);
});
