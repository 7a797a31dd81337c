// `allmetadatas` and `fleet/metadata`: which instances, in which shape.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import {
  answerAllMetadatas,
  answerFleetMetadata,
} from '../../../../../src/interaction/server/operations/fleet-metadata.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { jsonOf, makeCall, nowMs, openStore } from './make-call.ts';

async function fleetOf(store: Store, dialect: Dialect): Promise<unknown> {
  const ask = dialect === 'd0' ? answerAllMetadatas : answerFleetMetadata;
  return jsonOf(await ask(makeCall(store, { dialect })));
}

async function fill(store: Store): Promise<void> {
  const fleet = createFleet(store, () => nowMs);
  for (const state of ['stopped', 'running', 'terminated', 'pending', 'draining']) {
    await fleet.put(parseFleetInstance({ id: `i-${state}`, state, az: 'a', type: 't', status: 'ok' }));
  }
}

it('D0: those that are up, by id, without their id inside', async (test) => {
  const store = await openStore(test);
  await fill(store);
  const member = (State: string) => ({
    LocatedInAZWithIssues: false,
    Instance: { AvailabilityZone: 'a', State, Status: 'ok', Tags: [] },
  });
  assert.deepEqual(await fleetOf(store, 'd0'), {
    'i-draining': member('draining'),
    'i-pending': member('pending'),
    'i-running': member('running'),
  });
});

for (const dialect of ['d1', 'd2'] as const) {
  it(`${dialect}: all that are not gone, in an array`, async (test) => {
    const store = await openStore(test);
    await fill(store);
    const member = (State: string) => ({
      InstanceId: `i-${State}`,
      InstanceName: null,
      InstanceType: 't',
      AvailabilityZone: 'a',
      LocatedInAZWithIssues: false,
      State,
      Status: 'ok',
      SubfleetName: null,
      SpotInstance: false,
      Tags: [],
      TargetGroups: { NbOfTargetGroups: 0, Arns: [] },
    });
    assert.deepEqual(await fleetOf(store, dialect), [
      member('draining'),
      member('pending'),
      member('running'),
      member('stopped'),
    ]);
  });
}

it('is the documented empty form without instances', async (test) => {
  const store = await openStore(test);
  assert.deepEqual(await fleetOf(store, 'd0'), {});
  assert.deepEqual(await fleetOf(store, 'd2'), []);
});
