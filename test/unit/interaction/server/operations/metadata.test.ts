// `metadata`: who may ask, and what is told, in each dialect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { answerMetadata } from '../../../../../src/interaction/server/operations/metadata.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { jsonOf, makeCall, nowMs, openStore, told } from './make-call.ts';

const web = parseFleetInstance({
  id: 'i-0ab',
  type: 't3.small',
  az: 'eu-west-3a',
  azIssues: true,
  status: 'ok',
  state: 'draining',
  tags: { Name: 'web' },
  targetGroupArns: ['arn:1', 'arn:2'],
});

async function fill(store: Store): Promise<void> {
  const fleet = createFleet(store, () => nowMs);
  await fleet.put(web);
  await fleet.put(parseFleetInstance({ id: 'i-0cd', state: 'stopped', spot: true, subfleet: 'blue' }));
  await fleet.put(parseFleetInstance({ id: 'i-0ef', state: 'terminated' }));
}

describe('who asks', () => {
  const unknown = (id: string) => `400 No information for instance id '${id}'!`;
  const session = "500 Can't retrieve requesting InstanceId (AROAX:alice).";
  const notProcessed = (caller: string) => `500 Can't process metadata caller '${caller}'!`;
  const fault = 'fault';
  const cases: [string, string, { d0: string | 200; flat: string | 200 }][] = [
    ['AROAX:i-0ab', '', { d0: 200, flat: 200 }],
    ['AROAX:alice', '', { d0: session, flat: session }],
    ['AIDAX', '', { d0: fault, flat: notProcessed('AIDAX') }],
    ['AROAX:i-0ab:x', '', { d0: fault, flat: notProcessed('AROAX:i-0ab:x') }],
    ['AROAX:i-0ff', '', { d0: unknown('i-0ff'), flat: unknown('i-0ff') }],
    ['AROAX:i-0cd', '', { d0: unknown('i-0cd'), flat: 200 }],
    ['AROAX:i-0ef', '', { d0: unknown('i-0ef'), flat: unknown('i-0ef') }],
    ['AROAX:i-0ff', 'instanceid=i-0ab', { d0: unknown('i-0ff'), flat: 200 }],
    ['AROAX:i-0ab', 'instanceid=i-0ff', { d0: 200, flat: unknown('i-0ff') }],
    ['AROAX:i-0ab', 'instanceid=', { d0: 200, flat: unknown('') }],
    ['AROAX:i-0ab', 'InstanceId=i-0ff', { d0: 200, flat: 200 }],
    ['AROAX:alice', 'instanceid=i-0ab', { d0: session, flat: session }],
    ['AROAX:i-0ab', `instanceid=${'x'.repeat(3000)}`, { d0: 200, flat: unknown('x'.repeat(3000)) }],
  ];
  for (const [caller, query, expected] of cases) {
    for (const dialect of ['d0', 'd1', 'd2'] as const) {
      it(`${caller} ${query.slice(0, 30)}: ${dialect}`, async (test) => {
        const store = await openStore(test);
        await fill(store);
        const parameters = Object.fromEntries(new URLSearchParams(query));
        const answer = told(await answerMetadata(makeCall(store, { dialect, caller, query: parameters })));
        const wanted = dialect === 'd0' ? expected.d0 : expected.flat;
        if (wanted === 200) assert.match(answer, /^200 /);
        else assert.equal(answer, wanted);
      });
    }
  }
});

async function bodyOf(store: Store, dialect: Dialect, caller = 'AROAX:i-0ab'): Promise<unknown> {
  return jsonOf(await answerMetadata(makeCall(store, { dialect, caller })));
}

describe('what is told', () => {
  const flat = {
    InstanceId: 'i-0ab',
    InstanceName: 'web',
    InstanceType: 't3.small',
    AvailabilityZone: 'eu-west-3a',
    LocatedInAZWithIssues: true,
    State: 'draining',
    Status: 'ok',
    SubfleetName: null,
    SpotInstance: false,
    Tags: [{ Key: 'Name', Value: 'web' }],
    TargetGroups: { NbOfTargetGroups: 2, Arns: ['arn:1', 'arn:2'] },
  };
  const nested = {
    InstanceId: 'i-0ab',
    LocatedInAZWithIssues: true,
    Instance: {
      AvailabilityZone: 'eu-west-3a',
      State: 'draining',
      Status: 'ok',
      Tags: [{ Key: 'Name', Value: 'web' }],
    },
  };
  for (const dialect of ['d0', 'd1', 'd2'] as const) {
    it(dialect, async (test) => {
      const store = await openStore(test);
      await fill(store);
      assert.deepEqual(await bodyOf(store, dialect), dialect === 'd0' ? nested : flat);
    });
  }

  it('the details of a Spot instance, while they count', async (test) => {
    const store = await openStore(test);
    await createFleet(store, () => nowMs).put({
      ...web,
      spot: true,
      spotInterruptedAt: '2020-11-20T14:50:00Z',
      spotRebalanceRecommendedAt: '2020-11-20T14:30:00Z',
    });
    assert.deepEqual(await bodyOf(store, 'd2'), {
      ...flat,
      SpotInstance: true,
      SpotDetails: { InterruptedAt: '2020-11-20 14:50:00+00:00', RebalanceRecommendedAt: null },
    });
  });

  it('a command at once, whoever wrote it', async (test) => {
    const store = await openStore(test);
    await fill(store);
    await store.state.write([{ key: 'ec2.instance.scaling.state.i-0cd', value: 'draining' }]);
    const told = (await bodyOf(store, 'd1', 'AROAX:i-0cd')) as { State: string };
    assert.equal(told.State, 'draining');
  });
});
