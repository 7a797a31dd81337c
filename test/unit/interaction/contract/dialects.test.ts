// Each dialect's metadata, read into the model and written from it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseFleetMetadata,
  parseInstanceMetadata,
  renderFleetMetadata,
  renderInstanceMetadata,
} from '../../../../src/interaction/contract/dialects.ts';
import type { InstanceMetadata } from '../../../../src/interaction/contract/instance-metadata.ts';

const flat = {
  InstanceId: 'i-0cf5683a31b52e9c1',
  InstanceName: 'web-1',
  InstanceType: 't3.medium',
  AvailabilityZone: 'eu-west-3a',
  LocatedInAZWithIssues: false,
  State: 'draining',
  Status: 'ok',
  SubfleetName: 'blue',
  SpotInstance: true,
  SpotDetails: { InterruptedAt: null, RebalanceRecommendedAt: null },
  Tags: [
    { Key: 'Name', Value: 'web-1' },
    { Key: 'clonesquad:group-name', Value: 'test' },
  ],
  TargetGroups: { NbOfTargetGroups: 0, Arns: [] },
};

const nested = {
  InstanceId: 'i-0cf5683a31b52e9c1',
  LocatedInAZWithIssues: true,
  Instance: {
    AvailabilityZone: 'eu-west-3a',
    State: 'bounced',
    Status: 'ok',
    Tags: [{ Key: 'Name', Value: 'web-1' }],
  },
};

const flatModel: InstanceMetadata = {
  dialect: 'flat',
  instanceId: 'i-0cf5683a31b52e9c1',
  instanceName: 'web-1',
  instanceType: 't3.medium',
  availabilityZone: 'eu-west-3a',
  locatedInAzWithIssues: false,
  state: 'draining',
  status: 'ok',
  subfleetName: 'blue',
  spotInstance: true,
  spotDetails: { interruptedAt: null, rebalanceRecommendedAt: null },
  tags: { Name: 'web-1', 'clonesquad:group-name': 'test' },
  targetGroups: 0,
  targetGroupArns: [],
};

const nestedModel: InstanceMetadata = {
  dialect: 'd0',
  instanceId: 'i-0cf5683a31b52e9c1',
  instanceName: null,
  instanceType: null,
  availabilityZone: 'eu-west-3a',
  locatedInAzWithIssues: true,
  state: 'bounced',
  status: 'ok',
  subfleetName: null,
  spotInstance: null,
  spotDetails: null,
  tags: { Name: 'web-1' },
  targetGroups: null,
  targetGroupArns: [],
};

function without(field: keyof typeof flat): object {
  const { [field]: _, ...rest } = flat;
  return rest;
}

describe('parseInstanceMetadata', () => {
  const accepted: [string, unknown, InstanceMetadata][] = [
    ['flat', flat, flatModel],
    ['nested', nested, nestedModel],
    ['unknown members', { ...flat, Excluded: 1, New: { a: [] } }, flatModel],
    ['main fleet', { ...flat, SubfleetName: null }, { ...flatModel, subfleetName: null }],
    ['no SubfleetName, as older servers', without('SubfleetName'), { ...flatModel, subfleetName: null }],
    ['no TargetGroups, as before v0.8.4', without('TargetGroups'), { ...flatModel, targetGroups: null }],
    ['no Arns', { ...flat, TargetGroups: { NbOfTargetGroups: 2 } }, { ...flatModel, targetGroups: 2 }],
    [
      'target groups',
      { ...flat, TargetGroups: { NbOfTargetGroups: 1, Arns: ['arn:a'] } },
      { ...flatModel, targetGroups: 1, targetGroupArns: ['arn:a'] },
    ],
    ['no SpotDetails', without('SpotDetails'), { ...flatModel, spotDetails: null }],
    [
      'an announced interruption',
      { ...flat, SpotDetails: { InterruptedAt: '2020-11-20 14:52:01+00:00' } },
      {
        ...flatModel,
        spotDetails: { interruptedAt: '2020-11-20 14:52:01+00:00', rebalanceRecommendedAt: null },
      },
    ],
    ['no Name tag', { ...flat, InstanceName: null }, { ...flatModel, instanceName: null }],
    [
      'any state',
      { ...flat, State: `../../x\n${'y'.repeat(1000)}` },
      { ...flatModel, state: `../../x\n${'y'.repeat(1000)}` },
    ],
    ['empty state', { ...flat, State: '' }, { ...flatModel, state: '' }],
    ['a state of 1 KiB', { ...flat, State: 'x'.repeat(1024) }, { ...flatModel, state: 'x'.repeat(1024) }],
    [
      'last value of a repeated tag',
      {
        ...flat,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'a', Value: '2' },
        ],
      },
      { ...flatModel, tags: { a: '2' } },
    ],
  ];
  for (const [name, body, metadata] of accepted) {
    it(`reads ${name}`, () => assert.deepEqual(parseInstanceMetadata(body), { ok: true, metadata }));
  }

  const refused: [unknown, string][] = [
    [null, 'answer: expected an object, got null'],
    [[], 'answer: expected an object, got an array'],
    ['running', 'answer: expected an object, got a string'],
    [{}, 'InstanceId: expected a string, but it is missing'],
    [{ ...flat, InstanceId: 7 }, 'InstanceId: expected a string, got a number'],
    [{ ...flat, InstanceName: 7 }, 'InstanceName: expected a string, got a number'],
    [{ ...flat, InstanceType: [] }, 'InstanceType: expected a string, got an array'],
    [without('AvailabilityZone'), 'AvailabilityZone: expected a string, but it is missing'],
    [{ ...flat, LocatedInAZWithIssues: 'false' }, 'LocatedInAZWithIssues: expected a boolean, got a string'],
    [{ ...flat, State: 5 }, 'State: expected a string, got a number'],
    [{ ...flat, State: null }, 'State: expected a string, got null'],
    [without('State'), 'State: expected a string, but it is missing'],
    [{ ...flat, State: 'x'.repeat(1025) }, 'State: 1025 bytes long, expected at most 1024'],
    [{ ...flat, State: 'é'.repeat(513) }, 'State: 1026 bytes long, expected at most 1024'],
    [{ ...flat, Status: {} }, 'Status: expected a string, got an object'],
    [{ ...flat, SubfleetName: false }, 'SubfleetName: expected a string, got a boolean'],
    [{ ...flat, SpotInstance: 'yes' }, 'SpotInstance: expected a boolean, got a string'],
    [{ ...flat, Tags: {} }, 'Tags: expected an array, got an object'],
    [{ ...flat, Tags: ['a'] }, 'Tags[0]: expected an object, got a string'],
    [
      { ...flat, Tags: [{ Key: 'a', Value: 'b' }, { Key: 'c' }] },
      'Tags[1].Value: expected a string, but it is missing',
    ],
    [{ ...flat, TargetGroups: 2 }, 'TargetGroups: expected an object, got a number'],
    [
      { ...flat, TargetGroups: { NbOfTargetGroups: '2' } },
      'TargetGroups.NbOfTargetGroups: expected a number, got a string',
    ],
    [
      { ...flat, TargetGroups: { NbOfTargetGroups: -1 } },
      'TargetGroups.NbOfTargetGroups: expected a count, got -1',
    ],
    [
      { ...flat, TargetGroups: { NbOfTargetGroups: 1, Arns: [1] } },
      'TargetGroups.Arns[0]: expected a string, got a number',
    ],
    [{ ...flat, SpotDetails: 1 }, 'SpotDetails: expected an object, got a number'],
    [
      { ...flat, SpotDetails: { InterruptedAt: 1 } },
      'SpotDetails.InterruptedAt: expected a string, got a number',
    ],
    [{ ...nested, Instance: 'x' }, 'Instance: expected an object, got a string'],
    [
      { ...nested, Instance: { ...nested.Instance, State: 1 } },
      'Instance.State: expected a string, got a number',
    ],
    [
      { ...nested, Instance: { ...nested.Instance, Tags: [{}] } },
      'Instance.Tags[0].Key: expected a string, but it is missing',
    ],
  ];
  for (const [body, problem] of refused) {
    it(`refuses: ${problem}`, () => assert.deepEqual(parseInstanceMetadata(body), { ok: false, problem }));
  }

  it('keeps a tag named __proto__ a tag', () => {
    const parsed = parseInstanceMetadata({ ...flat, Tags: [{ Key: '__proto__', Value: 'x' }] });
    assert.ok(parsed.ok);
    assert.deepEqual(Object.entries(parsed.metadata.tags), [['__proto__', 'x']]);
  });
});

describe('renderInstanceMetadata', () => {
  it('writes the flat object in D1 and D2', () => {
    assert.deepEqual(renderInstanceMetadata(flatModel, 'd1'), flat);
    assert.deepEqual(renderInstanceMetadata(flatModel, 'd2'), flat);
  });

  it('writes the nested object in D0', () =>
    assert.deepEqual(renderInstanceMetadata(nestedModel, 'd0'), nested));

  it('has SpotDetails for Spot instances only', () => {
    assert.ok(!('SpotDetails' in renderInstanceMetadata({ ...flatModel, spotInstance: false }, 'd2')));
  });

  for (const dialect of ['d1', 'd2'] as const) {
    for (const model of [
      flatModel,
      {
        ...flatModel,
        subfleetName: null,
        instanceName: null,
        targetGroups: 2,
        targetGroupArns: ['arn:a', 'arn:b'],
        spotInstance: false,
        spotDetails: null,
        tags: {},
      },
      { ...flatModel, targetGroups: null },
      { ...flatModel, spotDetails: { interruptedAt: 'a', rebalanceRecommendedAt: 'b' } },
    ]) {
      it(`comes back the same through ${dialect}: ${model.targetGroups} target groups`, () => {
        assert.deepEqual(parseInstanceMetadata(renderInstanceMetadata(model, dialect)), {
          ok: true,
          metadata: model,
        });
      });
    }
  }

  it('comes back through D0 with what D0 can say', () => {
    const told = { ...flatModel, ...{ instanceName: null, instanceType: null, subfleetName: null } };
    const metadata = { ...told, dialect: 'd0', spotInstance: null, spotDetails: null, targetGroups: null };
    assert.deepEqual(parseInstanceMetadata(renderInstanceMetadata(flatModel, 'd0')), { ok: true, metadata });
  });
});

describe('the fleet', () => {
  const { InstanceId: _, ...member } = nested;
  const other = { ...flatModel, instanceId: 'i-2', subfleetName: null };

  it('is an object by id in D0', () => {
    assert.deepEqual(renderFleetMetadata([nestedModel], 'd0'), { [nestedModel.instanceId]: member });
    assert.deepEqual(
      parseFleetMetadata({ [nestedModel.instanceId]: member, 'i-2': { ...member, InstanceId: 'x' } }),
      [nestedModel, { ...nestedModel, instanceId: 'i-2' }],
    );
  });

  for (const dialect of ['d1', 'd2'] as const) {
    it(`is an array in ${dialect}`, () => {
      const body = renderFleetMetadata([flatModel, other], dialect);
      assert.deepEqual(body, [flat, { ...flat, InstanceId: 'i-2', SubfleetName: null }]);
      assert.deepEqual(parseFleetMetadata(body), [flatModel, other]);
    });
  }

  it('can be empty', () => {
    assert.deepEqual([renderFleetMetadata([], 'd0'), renderFleetMetadata([], 'd2')], [{}, []]);
    assert.deepEqual([parseFleetMetadata({}), parseFleetMetadata([])], [[], []]);
  });

  const refused: [unknown, string][] = [
    [null, 'answer: expected an object, got null'],
    [[flat, 1], 'answer[1]: expected an object, got a number'],
    [[flat, without('InstanceId')], 'answer[1].InstanceId: expected a string, but it is missing'],
    [[{ ...flat, Tags: [{}] }], 'answer[0].Tags[0].Key: expected a string, but it is missing'],
    [{ 'i-1': 1 }, 'i-1: expected an object, got a number'],
    [
      { 'i-1': { ...member, Instance: {} } },
      'i-1.Instance.AvailabilityZone: expected a string, but it is missing',
    ],
    [
      { 'i-1': { ...member, LocatedInAZWithIssues: 0 } },
      'i-1.LocatedInAZWithIssues: expected a boolean, got a number',
    ],
  ];
  for (const [body, message] of refused) {
    it(`is refused: ${message}`, () =>
      assert.throws(() => parseFleetMetadata(body), { name: 'WireFieldError', message }));
  }
});
