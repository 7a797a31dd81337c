// The fleet over a store: what changes keep, what readers see, and what CloneSquad's own items add.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { nowMs, openStore } from '../operations/make-call.ts';

const web = parseFleetInstance({ id: 'i-0ab', name: 'web', tags: { Name: 'web' } });
const db = parseFleetInstance({ id: 'i-0cd', subfleet: 'blue', targetGroups: 2, spot: true });

async function open(test: TestContext, clock?: () => number) {
  const store = await openStore(test, clock);
  return { store, fleet: createFleet(store, clock ?? (() => nowMs)) };
}

const scalingKey = 'ec2.instance.scaling.state.i-0ab';

describe('a fleet', () => {
  it('adds, changes and forgets', async (test) => {
    const { fleet } = await open(test);
    assert.equal(await fleet.add(db), true);
    await fleet.put(web);
    assert.deepEqual(await fleet.instances(), [web, db], 'in the order of their ids');
    assert.deepEqual(await fleet.setState('i-0ab', 'draining'), { ...web, scalingState: 'draining' });
    assert.deepEqual(await fleet.instance('i-0ab'), { ...web, scalingState: 'draining' });
    assert.deepEqual(await fleet.instances(), [{ ...web, scalingState: 'draining' }, db]);
    assert.equal(await fleet.setState('i-0ff', 'draining'), null);
    assert.equal(await fleet.setState('nonsense', 'draining'), null);
    assert.equal(await fleet.add({ ...web, scalingState: 'error' }), false);
    assert.equal((await fleet.instance('i-0ab'))?.scalingState, 'draining');
    assert.deepEqual(await fleet.remove('i-0cd'), db);
    assert.equal(await fleet.remove('i-0cd'), null);
    assert.equal(await fleet.instance('i-0cd'), null);
    assert.equal(await fleet.instance('not an id'), null);
  });

  it('keeps the scaling state where CloneSquad does', async (test) => {
    const { store, fleet } = await open(test);
    await fleet.put({ ...web, scalingState: 'bounced' });
    assert.equal((await store.state.get(scalingKey))?.value, 'bounced');
    assert.ok(!(await store.inventory.get('instance:i-0ab'))?.value.includes('bounced'));
    await store.state.write([{ key: scalingKey, value: 'draining' }]);
    assert.equal((await fleet.instance('i-0ab'))?.scalingState, 'draining');
    await fleet.setState('i-0ab', 'stopped');
    assert.equal(await store.state.get(scalingKey), null);
    await fleet.setState('i-0ab', 'draining');
    await fleet.remove('i-0ab');
    assert.equal(await store.state.get(scalingKey), null);
  });

  const states: [string, object][] = [
    ['running', { ec2State: 'running', scalingState: null }],
    ['stopped', { ec2State: 'stopped', scalingState: null }],
    ['draining', { ec2State: 'running', scalingState: 'draining' }],
    ['of-my-own', { ec2State: 'running', scalingState: 'of-my-own' }],
  ];
  for (const [state, expected] of states) {
    it(`a stopping instance that drains is set to ${state}`, async (test) => {
      const { fleet } = await open(test);
      await fleet.put({ ...web, ec2State: 'stopping', scalingState: 'draining' });
      const changed = await fleet.setState('i-0ab', state);
      assert.deepEqual(changed, { ...web, ...expected });
      assert.deepEqual(await fleet.instance('i-0ab'), changed);
    });
  }

  it('leaves a pending instance pending when it is to drain', async (test) => {
    const { fleet } = await open(test);
    await fleet.put({ ...web, ec2State: 'pending' });
    assert.equal((await fleet.setState('i-0ab', 'draining'))?.ec2State, 'pending');
  });

  it('forgets a scaling state when its time is over', async (test) => {
    let now = nowMs + 250;
    const { fleet } = await open(test, () => now);
    await fleet.put(web);
    await fleet.setState('i-0ab', 'draining', 60);
    now += 60_000;
    assert.equal((await fleet.instance('i-0ab'))?.scalingState, 'draining', 'never too early');
    now += 1_000;
    assert.equal((await fleet.instance('i-0ab'))?.scalingState, null);
    assert.equal((await fleet.instances())[0]?.scalingState, null);
  });

  const refused: [string, number | undefined][] = [
    ['', undefined],
    ['x'.repeat(1025), undefined],
    ['running', 60],
    ['draining', 0],
    ['draining', -1],
    ['draining', 0.5],
  ];
  for (const [state, ttlS] of refused) {
    it(`refuses the state '${state.slice(0, 10)}' with ttl ${ttlS}`, async (test) => {
      const { fleet } = await open(test);
      await fleet.put(web);
      await assert.rejects(fleet.setState('i-0ab', state, ttlS), { name: 'FleetInstanceError' });
      assert.deepEqual(await fleet.instance('i-0ab'), web);
    });
  }

  it('changes what is not scaling, and leaves the scaling state with its end', async (test) => {
    let now = nowMs;
    const { fleet } = await open(test, () => now);
    await fleet.put(web);
    await fleet.setState('i-0ab', 'draining', 60);
    const changed = await fleet.change('i-0ab', (known) => ({ ...known, az: 'b', scalingState: 'error' }));
    assert.deepEqual(changed, { ...web, az: 'b', scalingState: 'draining' });
    assert.deepEqual(await fleet.instance('i-0ab'), changed);
    now += 60_000;
    assert.deepEqual(await fleet.instance('i-0ab'), { ...web, az: 'b' });
    const unset = await fleet.change('i-0ab', (known) => ({ ...known, scalingState: 'error' }));
    assert.deepEqual(unset, { ...web, az: 'b' });
    assert.equal(await fleet.change('i-0ff', (known) => known), null);
  });

  it('puts many at once, each with the end of its scaling state', async (test) => {
    let now = nowMs;
    const { fleet } = await open(test, () => now);
    await fleet.put({ ...db, scalingState: 'error' });
    await fleet.putAll([
      { instance: { ...web, scalingState: 'draining' }, scalingStateEndsAtS: nowMs / 1000 + 60 },
      { instance: db },
    ]);
    assert.deepEqual(await fleet.instances(), [{ ...web, scalingState: 'draining' }, db]);
    now += 60_000;
    assert.deepEqual(await fleet.instances(), [web, db]);
  });

  it('stores nothing that it could not read again', async (test) => {
    const { fleet } = await open(test);
    const contradictory = { ...web, targetGroups: 1, targetGroupArns: ['a', 'b'] };
    await assert.rejects(fleet.put(contradictory), { name: 'FleetInstanceError' });
    await assert.rejects(fleet.add(contradictory), { name: 'FleetInstanceError' });
    assert.deepEqual(await fleet.instances(), []);
  });

  it('loses nothing of two who change one instance at once', async (test) => {
    const { store } = await open(test);
    const first = createFleet(store, () => nowMs);
    const second = createFleet(store, () => nowMs);
    await first.put(web);
    // The first reads, the second writes, and only then does the first write.
    const changing = createFleet(
      interrupted(store, () => second.put({ ...web, az: 'eu-west-3b' })),
      () => nowMs,
    );
    assert.deepEqual(await changing.setState('i-0ab', 'stopped'), {
      ...web,
      az: 'eu-west-3b',
      ec2State: 'stopped',
    });
    assert.equal((await first.instance('i-0ab'))?.az, 'eu-west-3b');
  });

  it('lets one of many adders through', async (test) => {
    const { store } = await open(test);
    const adders = Array.from({ length: 20 }, () => createFleet(store, () => nowMs));
    const added = await Promise.all(adders.map((fleet, index) => fleet.add({ ...web, az: `zone-${index}` })));
    assert.deepEqual(added.filter(Boolean).length, 1);
    assert.equal((await adders[0]!.instance('i-0ab'))?.az, `zone-${added.indexOf(true)}`);
  });

  it('makes changes one after the other, and goes on after one that failed', async (test) => {
    const { fleet } = await open(test);
    const ids = Array.from({ length: 50 }, (_, index) => `i-${index}`);
    const changes = ids.map((id) => fleet.put({ ...web, id }));
    const failing = fleet.setState('i-0', '');
    const states = ids.map((id) => fleet.setState(id, 'draining'));
    await assert.rejects(failing);
    await Promise.all([...changes, ...states]);
    const all = await fleet.instances();
    assert.equal(all.filter(({ scalingState }) => scalingState === 'draining').length, 50);
  });

  it('sees what others changed, added and removed since it last read all', async (test) => {
    const { store, fleet } = await open(test);
    const other = createFleet(store, () => nowMs);
    await fleet.put(web);
    await fleet.put({ ...web, id: 'i-0cd' });
    assert.equal((await fleet.instances()).length, 2);
    await other.put({ ...web, status: 'impaired' });
    await other.remove('i-0cd');
    await other.put({ ...web, id: 'i-0ef' });
    assert.deepEqual(await fleet.instances(), [
      { ...web, status: 'impaired' },
      { ...web, id: 'i-0ef' },
    ]);
  });

  it('names a stored item that it cannot read', async (test) => {
    const { store, fleet } = await open(test);
    await store.inventory.write([{ key: 'instance:i-0ab', value: '{"az":7}' }]);
    const expected = { name: 'StoreError', message: 'item instance:i-0ab: az: expected a string' };
    await assert.rejects(fleet.instance('i-0ab'), expected);
    await assert.rejects(fleet.instances(), expected);
  });
});

/** The store, where something happens after the first read of an inventory item. */
function interrupted(store: Store, happen: () => Promise<void>): Store {
  let isFirst = true;
  return {
    ...store,
    inventory: {
      ...store.inventory,
      async get(key) {
        const item = await store.inventory.get(key);
        if (isFirst) {
          isFirst = false;
          await happen();
        }
        return item;
      },
    },
  };
}

describe("CloneSquad's snapshot", () => {
  const flat = {
    InstanceId: 'i-0ab',
    InstanceName: 'from-clonesquad',
    InstanceType: 't3.small',
    AvailabilityZone: 'eu-west-3a',
    LocatedInAZWithIssues: true,
    State: 'running',
    Status: 'ok',
    SubfleetName: 'blue',
    SpotInstance: true,
    SpotDetails: { InterruptedAt: '2026-01-01 00:00:00+00:00', RebalanceRecommendedAt: null },
    Tags: [{ Key: 'a', Value: 'b' }],
    TargetGroups: { NbOfTargetGroups: 1, Arns: ['arn'] },
  };
  const expected = parseFleetInstance({
    id: 'i-0ab',
    name: 'from-clonesquad',
    type: 't3.small',
    az: 'eu-west-3a',
    azIssues: true,
    status: 'ok',
    subfleet: 'blue',
    spot: true,
    spotInterruptedAt: '2026-01-01 00:00:00+00:00',
    tags: { a: 'b' },
    targetGroupArns: ['arn'],
  });
  const write = (store: Store, metadata: unknown, pack: (json: string) => string = packed) =>
    store.state.write([{ key: 'interact.precomputed', value: pack(JSON.stringify({ data: { metadata } })) }]);

  const forms: [string, (json: string) => string][] = [
    ['compressed', packed],
    ["compressed, as Python's bytes", (json) => `b'${packed(json)}'`],
    ['plain', (json) => json],
  ];
  for (const [form, pack] of forms) {
    it(`is read ${form}`, async (test) => {
      const { store, fleet } = await open(test);
      await write(store, [flat], pack);
      assert.deepEqual(await fleet.instance('i-0ab'), expected);
      assert.deepEqual(await fleet.instances(), [expected]);
      assert.equal(await fleet.instance('i-0ff'), null);
    });
  }

  it('is read in the form of D0', async (test) => {
    const { store, fleet } = await open(test);
    const { AvailabilityZone, Status, Tags } = flat;
    const Instance = { AvailabilityZone, State: 'draining', Status, Tags };
    await write(store, { 'i-0ab': { LocatedInAZWithIssues: false, Instance } });
    const { id, az, ec2State, scalingState, tags } = (await fleet.instance('i-0ab'))!;
    assert.deepEqual(
      { id, az, ec2State, scalingState, tags },
      { id: 'i-0ab', az: 'eu-west-3a', ec2State: 'running', scalingState: 'draining', tags: { a: 'b' } },
    );
  });

  it('gives way to what operators entered, and to the scaling state', async (test) => {
    const { store, fleet } = await open(test);
    await write(store, [flat, { ...flat, InstanceId: 'i-0cd' }]);
    await fleet.put(web);
    assert.deepEqual(await fleet.setState('i-0cd', 'draining'), {
      ...expected,
      id: 'i-0cd',
      scalingState: 'draining',
    });
    assert.deepEqual(await fleet.instances(), [web, { ...expected, id: 'i-0cd', scalingState: 'draining' }]);
    assert.equal((await fleet.setState('i-0cd', 'running'))?.scalingState, null);
    assert.equal(await store.state.get('ec2.instance.scaling.state.i-0cd'), null);
    assert.deepEqual(await fleet.remove('i-0ab'), web);
    assert.deepEqual(await fleet.instance('i-0ab'), expected);
  });

  it('cannot be changed otherwise', async (test) => {
    const { store, fleet } = await open(test);
    await write(store, [flat, { ...flat, InstanceId: 'i-0cd', State: 'bounced' }]);
    await assert.rejects(fleet.setState('i-0ab', 'stopped'), {
      name: 'FleetInstanceError',
      message:
        "i-0ab cannot be set to stopped: it comes from CloneSquad's snapshot, which says otherwise: add it to have it here",
    });
    await assert.rejects(fleet.setState('i-0cd', 'running'), { name: 'FleetInstanceError' });
    await assert.rejects(
      fleet.change('i-0ab', (known) => known),
      { name: 'FleetInstanceError' },
    );
    await assert.rejects(fleet.remove('i-0ab'), {
      name: 'FleetInstanceError',
      message: "i-0ab comes from CloneSquad's snapshot: it goes when CloneSquad drops it",
    });
  });

  it('is decoded again only when its text has changed', async (test) => {
    const { store, fleet } = await open(test);
    await write(store, [flat]);
    const first = await fleet.snapshot();
    assert.equal(await fleet.snapshot(), first);
    await write(store, [{ ...flat, State: 'stopped' }]);
    assert.equal((await fleet.instance('i-0ab'))?.ec2State, 'stopped');
    await store.state.write([{ key: 'interact.precomputed', value: null }]);
    assert.equal(await fleet.instance('i-0ab'), null);
  });

  const broken: [string, string, RegExp][] = [
    ['no JSON', 'x', /^item interact\.precomputed is not JSON, plain or compressed$/],
    ['half a stream', packed('{}').slice(0, 20), /is not JSON/],
    ['no metadata', JSON.stringify({ data: { metadata: [{}] } }), /^item interact\.precomputed: /],
    [
      'an empty state',
      JSON.stringify({ data: { metadata: [{ ...flat, State: '' }] } }),
      /^item interact\.precomputed: state: /,
    ],
  ];
  for (const [name, value, message] of broken) {
    it(`is not taken for empty when it is ${name}`, async (test) => {
      const { store, fleet } = await open(test);
      await store.state.write([{ key: 'interact.precomputed', value }]);
      await assert.rejects(fleet.instances(), { name: 'StoreError', message });
    });
  }

  it('has no instances before the first scheduling run', async (test) => {
    const { store, fleet } = await open(test);
    await store.state.write([{ key: 'interact.precomputed', value: '{"data":{}}' }]);
    assert.deepEqual(await fleet.instances(), []);
  });
});

function packed(json: string): string {
  return gzipSync(json).toString('base64');
}
