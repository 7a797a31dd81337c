// The fleet's status, read from every revision's answer and written in each dialect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FleetStatus,
  parseFleetStatus,
  renderFleetStatus,
} from '../../../../src/interaction/contract/fleet-status.ts';

const sizes = {
  ManagedFleetSize: 10,
  MaximumFleetSize: 8,
  RunningFleetSize: 6,
  ServingFleetSize: 4,
  ServingFleet_vs_MaximumFleetSizePourcentage: 50,
  ServingFleet_vs_ManagedFleetSizePourcentage: 40,
};
const faulty = { ...sizes, FaultyFleetSize: 2 };
const unhealthy = { ...sizes, UnhealthyFleetSize: 2 };
const blue = {
  Name: 'blue',
  RunningInstances: ['i-1'],
  RunningInstanceCount: 1,
  StoppedInstances: [],
  StoppedInstanceCount: 0,
  SubfleetSize: 2,
};

const autoscaled = {
  managed: 10,
  maximum: 8,
  unhealthy: 2,
  running: 6,
  serving: 4,
  servingOfMaximumPercent: 50,
  servingOfManagedPercent: 40,
};
const subfleets = [
  { name: 'blue', running: ['i-1'], runningCount: 1, stopped: [], stoppedCount: 0, size: 2 },
];

describe('parseFleetStatus', () => {
  const read: [string, unknown, FleetStatus][] = [
    ['D0', { AutoscaledFleet: faulty }, { autoscaled, subfleets: null }],
    ['D0 with the later name', { AutoscaledFleet: unhealthy }, { autoscaled, subfleets: null }],
    [
      'v0.1.0',
      { 'EC2.Scheduler': { AutoscaledFleet: unhealthy }, EC2: { 'i-1': { InstanceName: null } } },
      { autoscaled, subfleets: null },
    ],
    ['D1 and D2', { EC2: { AutoscaledFleet: unhealthy, Subfleets: [blue] } }, { autoscaled, subfleets }],
    [
      'the former name in D1',
      { EC2: { AutoscaledFleet: faulty, Subfleets: [] } },
      { autoscaled, subfleets: [] },
    ],
  ];
  for (const [name, body, status] of read) {
    it(`reads ${name}`, () => assert.deepEqual(parseFleetStatus(body), status));
  }

  const refused: [unknown, string][] = [
    [[], 'answer: expected an object, got an array'],
    [{}, 'EC2: expected an object, but it is missing'],
    [{ AutoscaledFleet: sizes }, 'AutoscaledFleet.UnhealthyFleetSize: expected a number, but it is missing'],
    [
      { AutoscaledFleet: { ...faulty, ServingFleetSize: -1 } },
      'AutoscaledFleet.ServingFleetSize: expected a count, got -1',
    ],
    [{ EC2: { AutoscaledFleet: unhealthy } }, 'EC2.Subfleets: expected an array, but it is missing'],
    [
      { EC2: { AutoscaledFleet: unhealthy, Subfleets: [{ ...blue, RunningInstances: [1] }] } },
      'EC2.Subfleets[0].RunningInstances[0]: expected a string, got a number',
    ],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () =>
      assert.throws(() => parseFleetStatus(body), { name: 'WireFieldError', message }));
  }
});

describe('renderFleetStatus', () => {
  it('writes D0 without subfleets', () =>
    assert.deepEqual(renderFleetStatus({ autoscaled, subfleets }, 'd0'), { AutoscaledFleet: faulty }));
  for (const dialect of ['d1', 'd2'] as const) {
    it(`writes ${dialect}`, () => {
      const body = { EC2: { AutoscaledFleet: unhealthy, Subfleets: [blue] } };
      assert.deepEqual(renderFleetStatus({ autoscaled, subfleets }, dialect), body);
      const none = { EC2: { AutoscaledFleet: unhealthy, Subfleets: [] } };
      assert.deepEqual(renderFleetStatus({ autoscaled, subfleets: null }, dialect), none);
    });
  }
});
