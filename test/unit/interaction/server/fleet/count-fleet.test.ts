// Which instances count as what.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { countFleet } from '../../../../../src/interaction/server/fleet/count-fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { nowMs } from '../operations/make-call.ts';

const minutesAgo = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();

function count(members: readonly object[], dialect: Dialect = 'd2', excludedIds: readonly string[] = []) {
  const fleet = members.map((fields, index) => parseFleetInstance({ id: `i-${index}`, ...fields }));
  return countFleet(fleet, { dialect, excludedIds: new Set(excludedIds), nowMs });
}

describe('the autoscaled fleet', () => {
  const excluded = { tags: { 'clonesquad:excluded': 'True' } };
  const spot = { spot: true, type: 'm5.large', az: 'a' };
  const interrupted = { ...spot, spotInterruptedAt: minutesAgo(5) };
  // [members, managed, maximum, running, serving]
  const cases: [string, readonly object[], readonly [number, number, number, number]][] = [
    ['nothing', [], [0, 0, 0, 0]],
    ['running', [{}], [1, 1, 1, 1]],
    ['pending', [{ state: 'pending' }], [1, 1, 0, 1]],
    ['stopping and stopped', [{ state: 'stopping' }, { state: 'stopped' }], [2, 2, 0, 0]],
    ['gone', [{ state: 'shutting-down' }, { state: 'terminated' }], [0, 0, 0, 0]],
    ['draining', [{ state: 'draining' }], [1, 1, 1, 0]],
    ['bounced', [{ state: 'bounced' }], [1, 1, 1, 0]],
    ['in error', [{ state: 'error' }, { ec2State: 'stopped', scalingState: 'error' }], [2, 0, 1, 0]],
    ['in a state of its own', [{ state: 'of-my-own' }], [1, 1, 1, 1]],
    ['in the state excluded', [{ state: 'excluded' }], [0, 0, 0, 0]],
    ['excluded by tag', [excluded, {}], [1, 1, 1, 1]],
    ['in a subfleet', [{ subfleet: 'blue' }, { tags: { 'clonesquad:subfleet-name': 'b' } }], [0, 0, 0, 0]],
    ['impaired', [{ status: 'impaired' }, { status: 'unhealthy' }, { status: 'az_evicted' }], [3, 3, 3, 0]],
    ['initializing', [{ status: 'initializing' }], [1, 1, 1, 1]],
    ['in a zone with issues', [{ azIssues: true }], [1, 1, 1, 0]],
    ['interrupted', [interrupted], [1, 0, 1, 0]],
    ['interrupted long ago', [{ ...spot, spotInterruptedAt: minutesAgo(11) }], [1, 1, 1, 1]],
    ['to be rebalanced', [{ ...spot, spotRebalanceRecommendedAt: minutesAgo(15) }], [1, 1, 1, 0]],
    ['of an interrupted pool', [interrupted, spot, { ...spot, state: 'stopped' }], [3, 0, 2, 1]],
    [
      'of another pool than the interrupted one',
      [interrupted, { ...spot, az: 'b' }, { ...spot, type: 'm5.xlarge' }, { ...spot, spot: false }],
      [4, 3, 4, 3],
    ],
    ['of a pool interrupted in a subfleet', [{ ...interrupted, subfleet: 'blue' }, spot], [1, 0, 1, 1]],
  ];
  for (const [name, members, [managed, maximum, running, serving]] of cases) {
    for (const dialect of ['d0', 'd1', 'd2'] as const) {
      it(`${name}: ${dialect}`, () => {
        const { autoscaled } = count(members, dialect);
        const { servingOfManagedPercent, servingOfMaximumPercent, ...figures } = autoscaled;
        assert.deepEqual(figures, { managed, maximum, unhealthy: managed - maximum, running, serving });
      });
    }
  }

  it('leaves out what operators excluded', () => {
    assert.equal(count([{}, {}], 'd2', ['i-1', 'i-99']).autoscaled.managed, 1);
  });
});

describe('percentages', () => {
  const fleet = (serving: number, draining: number, inError: number) => [
    ...Array.from({ length: serving }, () => ({})),
    ...Array.from({ length: draining }, () => ({ state: 'draining' })),
    ...Array.from({ length: inError }, () => ({ state: 'error' })),
  ];
  // [serving, draining, in error, of the maximum, of the managed]
  const cases: [number, number, number, number, number][] = [
    [0, 0, 0, 0, 0],
    [0, 0, 3, 0, 0],
    [2, 1, 0, 66, 66],
    [17, 3, 0, 85, 85],
    [1, 0, 2, 100, 33],
    [3, 0, 0, 100, 100],
  ];
  for (const [serving, draining, inError, ofMaximum, ofManaged] of cases) {
    it(`${serving} of ${serving + draining} and ${serving + draining + inError}`, () => {
      const { autoscaled } = count(fleet(serving, draining, inError));
      assert.equal(autoscaled.servingOfMaximumPercent, ofMaximum);
      assert.equal(autoscaled.servingOfManagedPercent, ofManaged);
    });
  }

  it('are at most 100: instances of an interrupted pool serve, but are not of the maximum', () => {
    const spot = { spot: true, type: 't', az: 'a' };
    const members = [{ ...spot, spotInterruptedAt: minutesAgo(1) }, spot, spot, {}];
    assert.equal(count(members).autoscaled.servingOfMaximumPercent, 100);
  });
});

describe('subfleets', () => {
  const members = [
    { subfleet: 'blue' },
    { subfleet: 'green', state: 'stopped' },
    { subfleet: 'blue', state: 'pending' },
    { subfleet: 'blue', state: 'stopped' },
    { subfleet: 'blue', state: 'stopping' },
    { subfleet: 'blue', tags: { 'clonesquad:excluded': 'true' } },
    { subfleet: 'blue', state: 'terminated' },
    {},
  ];
  const blue = {
    name: 'blue',
    running: ['i-0', 'i-2'],
    runningCount: 2,
    stopped: ['i-3'],
    stoppedCount: 1,
    size: 4,
  };
  const green = { name: 'green', running: [], runningCount: 0, stopped: ['i-1'], stoppedCount: 1, size: 1 };

  it('are told of by D1 and D2', () => {
    assert.deepEqual(count(members, 'd2').subfleets, [blue, green]);
    assert.deepEqual(count(members, 'd1').subfleets, [blue, green]);
    assert.equal(count(members, 'd0').subfleets, null);
  });

  it('are listed by D2 even when all members are excluded', () => {
    const empty = { ...green, stopped: [], stoppedCount: 0, size: 0 };
    assert.deepEqual(count(members, 'd2', ['i-1']).subfleets, [blue, empty]);
    assert.deepEqual(count(members, 'd1', ['i-1']).subfleets, [blue]);
  });
});
