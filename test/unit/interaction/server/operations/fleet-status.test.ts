// `fleet/status` on the wire; which instances count as what is the counting's own test.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { answerFleetStatus } from '../../../../../src/interaction/server/operations/fleet-status.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { jsonOf, makeCall, nowMs, openStore } from './make-call.ts';

async function statusOf(store: Store, dialect: Dialect): Promise<unknown> {
  return jsonOf(await answerFleetStatus(makeCall(store, { dialect })));
}

const figures = (managed: number, maximum: number, running: number, serving: number) => ({
  ManagedFleetSize: managed,
  MaximumFleetSize: maximum,
  RunningFleetSize: running,
  ServingFleetSize: serving,
  ServingFleet_vs_MaximumFleetSizePourcentage: maximum === 0 ? 0 : Math.trunc((100 * serving) / maximum),
  ServingFleet_vs_ManagedFleetSizePourcentage: managed === 0 ? 0 : Math.trunc((100 * serving) / managed),
});

async function fill(store: Store): Promise<void> {
  const fleet = createFleet(store, () => nowMs);
  await fleet.put(parseFleetInstance({ id: 'i-1' }));
  await fleet.put(parseFleetInstance({ id: 'i-2', state: 'error' }));
  await fleet.put(parseFleetInstance({ id: 'i-3' }));
  await fleet.put(parseFleetInstance({ id: 'i-4', subfleet: 'blue' }));
  const record = { TTL: Math.floor(nowMs / 1000) + 1, StartDate: '', EndDate: '', Excluded: true };
  const value = JSON.stringify({ unstoppable: { 'i-3': record, 'i-4': record }, unstartable: {} });
  await store.state.write([{ key: 'ec2.control.state', value }]);
}

it('D0', async (test) => {
  const store = await openStore(test);
  await fill(store);
  assert.deepEqual(await statusOf(store, 'd0'), {
    AutoscaledFleet: { ...figures(2, 1, 2, 1), FaultyFleetSize: 1 },
  });
});

it('D1 and D2', async (test) => {
  const store = await openStore(test);
  await fill(store);
  const AutoscaledFleet = { ...figures(2, 1, 2, 1), UnhealthyFleetSize: 1 };
  assert.deepEqual(await statusOf(store, 'd1'), { EC2: { AutoscaledFleet, Subfleets: [] } });
  const blue = {
    Name: 'blue',
    RunningInstances: [],
    RunningInstanceCount: 0,
    StoppedInstances: [],
    StoppedInstanceCount: 0,
    SubfleetSize: 0,
  };
  assert.deepEqual(await statusOf(store, 'd2'), { EC2: { AutoscaledFleet, Subfleets: [blue] } });
});

it('is all zeros without instances', async (test) => {
  const store = await openStore(test);
  assert.deepEqual(await statusOf(store, 'd0'), {
    AutoscaledFleet: { ...figures(0, 0, 0, 0), FaultyFleetSize: 0 },
  });
  assert.deepEqual(await statusOf(store, 'd2'), {
    EC2: { AutoscaledFleet: { ...figures(0, 0, 0, 0), UnhealthyFleetSize: 0 }, Subfleets: [] },
  });
});
