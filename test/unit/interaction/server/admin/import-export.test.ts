// Documents of everything: an export puts back what it was made of, a deployment's answers are taken as they come, and a
// document that is wrong anywhere changes nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderFleetMetadata } from '../../../../../src/interaction/contract/dialects.ts';
import { pythonJson } from '../../../../../src/interaction/contract/python-json.ts';
import type { FleetInstance } from '../../../../../src/interaction/server/fleet/fleet-instance.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { toInstanceMetadata } from '../../../../../src/interaction/server/fleet/to-metadata.ts';
import { bodyOf, type MemoryServer, openMemoryServer, startMs, startS } from './memory-server.ts';

const draining = parseFleetInstance({
  id: 'i-0ab',
  name: 'web',
  type: 'm5.large',
  az: 'eu-west-1a',
  azIssues: true,
  state: 'draining',
  status: 'ok',
  spot: true,
  spotInterruptedAt: '2020-11-20 14:50:01.123456+00:00',
  tags: { Name: 'web', 'clonesquad:subfleet-name': 'blue', clé: 'é' },
  targetGroupArns: ['arn:a', 'arn:b'],
});

const sentMetrics = [
  {
    MetricName: 'FleetSize',
    Unit: 'Count',
    StorageResolution: 60,
    Dimensions: [{ Name: 'GroupName', Value: 'test' }],
    Value: 12.5,
    Timestamp: '2020-11-20 14:52:00+00:00',
  },
  { MetricName: 'Alone', Unit: 'None', StorageResolution: 1, Dimensions: [], Value: null },
];

const metricCache = [
  {
    Id: 'id1',
    Label: 'CPUCreditBalance',
    StatusCode: 'Complete',
    Timestamps: ['2020-11-20 14:50:00+00:00'],
    Values: [144.25],
    _MetricId: 'CPUCreditBalance/i-0ab',
    _SamplingTime: '2020-11-20 14:52:00+00:00',
  },
];

async function fill({ services }: MemoryServer): Promise<void> {
  const { store, fleet } = services;
  await fleet.put(draining);
  await fleet.setState('i-0ab', 'draining', 120);
  await fleet.put(parseFleetInstance({ id: 'i-0cd', ec2State: 'stopping', scalingState: 'error' }));
  await fleet.put(parseFleetInstance({ id: 'i-0ef' }));
  await store.state.write([
    { key: 'ec2.instance.scaling.state.i-0gone', value: 'draining', expiresAtS: startS + 60 },
    { key: 'main.last_call_date', value: '2020-11-20 14:52:00+00:00' },
  ]);
  await store.configuration.write([
    { key: 'a', value: '1' },
    { key: '[a]inner', value: 'True', expiresAtS: startS + 3600 },
    { key: 'temporary', value: ' x\r', expiresAtS: startS + 60 },
  ]);
  await store.scheduler.write([{ key: 'daily', value: 'cron(0 7 * * ? *),a=b' }]);
  await store.events.add({ EventDate: '2020-11-17 10:50:59.462776+00:00', EventType: 'x', InputData: '{}' });
  await store.events.add({
    EventDate: '2020-11-18 10:50:59+00:00',
    EventType: 'y',
    ExpirationTime: startS + 300,
  });
}

const described = {
  'a.size': { DefaultValue: 1.0, Description: 'How many', Format: 'Integer', Stable: true },
  'b.list': { Stable: false, Value: 'x' },
};

describe('an export', () => {
  it('puts back all that it was made of, ends included', async (test) => {
    const from = await openMemoryServer(test);
    await fill(from);
    const further = `{"catalogue": {"a.size": {"DefaultValue": 17.0, "Stable": true}, "b": {"Value": 17}},
      "discovery": {"TimeZone": "UTC", "X-ratio": 1.0}}`;
    bodyOf(await from.ask('POST', '/import', further));
    bodyOf(await from.ask('POST', '/import', { sentMetrics, metricCache }));
    const exported = await from.ask('GET', '/export');
    const text = pythonJson(exported.body);
    assert.match(text, /"DefaultValue": 17\.0/, 'a float stays one');

    const to = await openMemoryServer(test);
    assert.deepEqual(bodyOf(await to.ask('POST', '/import', text)), {
      discovery: 2,
      catalogue: 2,
      configuration: 3,
      scheduler: 1,
      instances: 3,
      state: 2,
      sentMetrics: 2,
      metricCache: 1,
      events: 2,
    });
    assert.equal(pythonJson((await to.ask('GET', '/export')).body), text);
    assert.deepEqual(await to.services.store.state.items(), await from.services.store.state.items());
    const { configuration, inventory } = to.services.store;
    assert.deepEqual(await configuration.items(), await from.services.store.configuration.items());
    assert.deepEqual(await inventory.items(), await from.services.store.inventory.items());

    bodyOf(await from.ask('POST', '/import', text));
    assert.equal(
      pythonJson((await from.ask('GET', '/export')).body),
      text,
      'into itself, it changes nothing',
    );
  });

  it('of long ago does not bring back what has ended since', async (test) => {
    const from = await openMemoryServer(test);
    await fill(from);
    const { body } = await from.ask('GET', '/export');
    const to = await openMemoryServer(test);
    to.passSeconds(3600);
    bodyOf(await to.ask('POST', '/import', pythonJson(body)));
    assert.equal((await to.services.fleet.instance('i-0ab'))?.scalingState, null);
    assert.equal((await to.services.fleet.instance('i-0cd'))?.scalingState, 'error');
    assert.deepEqual(await to.services.store.configuration.items(), [{ key: 'a', value: '1' }]);
    assert.equal((await to.services.store.events.events()).length, 1);
  });

  it('has no snapshot of CloneSquad, but its instances', async (test) => {
    const server = await openMemoryServer(test);
    const metadata = renderFleetMetadata([toInstanceMetadata(draining, 'd2', startMs)], 'd2');
    const value = pythonJson({ data: { metadata } });
    await server.services.store.state.write([{ key: 'interact.precomputed', value }]);
    const exported = bodyOf(await server.ask('GET', '/export')) as Record<string, unknown>;
    assert.deepEqual(exported.state, []);
    assert.deepEqual(exported.instances, [draining]);
  });
});

describe('answers of a deployment', () => {
  const fleet = [
    draining,
    parseFleetInstance({ id: 'i-0cd', state: 'stopped', tags: { 'clonesquad:excluded': 'true' } }),
    parseFleetInstance({ id: 'i-0ef', tags: { 'clonesquad:excluded': 'true' } }),
  ];
  const imported: [string, 'd0' | 'd1' | 'd2', readonly (readonly [string, Partial<FleetInstance>])[]][] = [
    [
      'fleet/metadata',
      'd1',
      [
        ['i-0ab', draining],
        ['i-0cd', { ec2State: 'stopped', scalingState: null }],
        ['i-0ef', { ec2State: 'running', scalingState: null }],
      ],
    ],
    [
      'allmetadatas',
      'd0',
      [
        ['i-0ab', { ec2State: 'running', scalingState: 'draining', tags: draining.tags, azIssues: true }],
        // Excluded by its tags, which say so in every dialect.
        ['i-0ef', { ec2State: 'running', scalingState: null, tags: { 'clonesquad:excluded': 'true' } }],
      ],
    ],
  ];
  for (const [answer, dialect, expected] of imported) {
    it(`to ${answer} are instances`, async (test) => {
      const server = await openMemoryServer(test);
      const visible = fleet.filter(({ ec2State }) => dialect !== 'd0' || ec2State === 'running');
      const instances = renderFleetMetadata(
        visible.map((instance) => toInstanceMetadata(instance, dialect, startMs)),
        dialect,
      );
      bodyOf(await server.ask('POST', '/import', pythonJson({ instances })));
      const found = await server.services.fleet.instances();
      assert.deepEqual(
        found.map(({ id }) => id),
        expected.map(([id]) => id),
      );
      for (const [index, [, fields]] of expected.entries()) {
        assert.deepEqual({ ...found[index], ...fields }, found[index]);
      }
    });
  }

  it('to everything else are taken as they come', async (test) => {
    const server = await openMemoryServer(test);
    const dump = {
      'a.size': {
        ...described['a.size'],
        Key: 'a.size',
        Value: '5',
        ConfigurationOrigin: "DynamoDB configuration table 'x'",
        Status: "Key found in 'x'",
        Override: false,
      },
      'my.own': { Key: 'my.own', Value: '1', ConfigurationOrigin: 'x', Status: '[WARNING] y', Stable: false },
    };
    const document = {
      catalogue: dump,
      configuration: { a: '1', set: { b: 2, gone: null } },
      scheduler: { daily: 'cron(0 7 * * ? *)' },
      sentMetrics,
      metricCache,
      discovery: {
        discovery: { GroupName: 'test', TimeZone: 'UTC', InteractAPIGWUrl: 'https://elsewhere.example/v1/' },
        identity: { caller: 'x' },
      },
    };
    bodyOf(await server.ask('POST', '/import', document));
    const exported = bodyOf(await server.ask('GET', '/export')) as Record<string, unknown>;
    assert.deepEqual(exported.catalogue, { 'a.size': described['a.size'] });
    assert.deepEqual(exported.configuration, [
      { key: '[set]b', value: '2' },
      { key: 'a', value: '1' },
    ]);
    assert.deepEqual(exported.scheduler, [{ key: 'daily', value: 'cron(0 7 * * ? *)' }]);
    assert.deepEqual(exported.sentMetrics, sentMetrics);
    assert.deepEqual(exported.metricCache, metricCache);
    assert.deepEqual(
      exported.discovery,
      { GroupName: 'test', TimeZone: 'UTC' },
      'addresses are this server’s',
    );
  });

  it('of the Discovery Lambda has the same without a wrapping', async (test) => {
    const server = await openMemoryServer(test);
    bodyOf(await server.ask('POST', '/import', { discovery: { TimeZone: 'UTC', InteractQueue: 'x' } }));
    const exported = bodyOf(await server.ask('GET', '/export')) as Record<string, unknown>;
    assert.deepEqual(exported.discovery, { TimeZone: 'UTC' });
  });
});

describe('a fleet file of the version before', () => {
  const instance = {
    id: 'i-0ab',
    name: null,
    type: 'unknown',
    az: 'unknown',
    state: 'draining',
    status: 'unknown',
    subfleet: null,
    spot: false,
    tags: {},
    targetGroups: 2,
  };

  it('is taken as it is', async (test) => {
    const server = await openMemoryServer(test);
    const document = { version: 1, group: 'test', instances: [instance] };
    assert.deepEqual(bodyOf(await server.ask('POST', '/import', document)), { instances: 1 });
    const { scalingState, targetGroups } = (await server.services.fleet.instance('i-0ab'))!;
    assert.deepEqual({ scalingState, targetGroups }, { scalingState: 'draining', targetGroups: 2 });
  });
});

describe('a document', () => {
  it('changes nothing that it does not mention', async (test) => {
    const server = await openMemoryServer(test);
    await fill(server);
    const before = bodyOf(await server.ask('GET', '/export')) as Record<string, unknown[]>;
    const date = '2020-11-17 10:50:59.462776+00:00';
    const events = [{ EventDate: date, EventType: 'z' }];
    bodyOf(await server.ask('POST', '/import', { events, configuration: { a: '2' } }));
    const after = bodyOf(await server.ask('GET', '/export')) as Record<string, unknown[]>;
    assert.deepEqual(after, {
      ...before,
      events: [{ EventDate: date, EventType: 'z' }, before.events![1]],
      configuration: [before.configuration![0], { key: 'a', value: '2' }, before.configuration![2]],
    });
  });

  const entered = { version: 2, configuration: { a: '2' } };
  const refused: [string, unknown, number, RegExp][] = [
    ['no object', [], 400, /^the body is not a JSON object/],
    ['another version', { version: 3 }, 400, /^version: expected 1 or 2/],
    [
      'an unknown kind',
      { ...entered, metrics: [] },
      400,
      /^"metrics": nothing that can be imported, expected disc/,
    ],
    [
      'another group',
      { ...entered, group: 'x' },
      409,
      /is of the group "x", this server's is "test"; take the/,
    ],
    ['an instance without id', { ...entered, instances: [{}] }, 400, /^instances: \[0\]: id: expected an id/],
    [
      'an instance twice',
      { instances: [{ id: 'i-0' }, { id: 'i-0' }] },
      400,
      /^instances: i-0: more than once/,
    ],
    [
      'an instance of no fields',
      { ...entered, instances: [5] },
      400,
      /^instances: \[0\]: expected an object/,
    ],
    [
      'an end that is no second',
      { instances: [{ id: 'i-0', scalingStateEndsAtS: '1' }] },
      400,
      /^instances: \[0\]: scalingStateEndsAtS: expected whole seconds/,
    ],
    [
      'a wire instance without state',
      { ...entered, instances: [{ InstanceId: 'i-0' }] },
      400,
      /^instances: answer\[0\]\.\w+: expected .*, but it is missing/,
    ],
    [
      'a wire instance of no good id',
      {
        instances: {
          x: {
            LocatedInAZWithIssues: false,
            Instance: { AvailabilityZone: 'a', State: 'running', Status: 'ok', Tags: [] },
          },
        },
      },
      400,
      /^instances: x: id: expected an id/,
    ],
    ['an event without type', { ...entered, events: [{}] }, 400, /^events: \[0\]: EventType: expected/],
    ['events that are no list', { ...entered, events: {} }, 400, /^events: expected a list/],
    [
      'a metric without name',
      { ...entered, sentMetrics: [{}] },
      400,
      /^sentMetrics: .*MetricName: expected a string/,
    ],
    [
      'metrics that are no list',
      { ...entered, metricCache: {} },
      400,
      /^metricCache: expected a list of metrics/,
    ],
    [
      'a key of the catalogue that is none',
      { ...entered, catalogue: { '#x': 1 } },
      400,
      /^catalogue: "#x": not a/,
    ],
    ['a catalogue that is no object', { ...entered, catalogue: [] }, 400, /^catalogue: expected an object/],
    ['a discovery that is no object', { ...entered, discovery: 'x' }, 400, /^discovery: expected an object/],
    ['a table that is neither', { configuration: 'x' }, 400, /^configuration: expected an object or a list/],
    [
      'an item without value',
      { scheduler: [{ key: 'a' }] },
      400,
      /^scheduler: \[0\]: value: expected a string/,
    ],
    [
      'an item without key',
      { scheduler: [{ value: 'a' }] },
      400,
      /^scheduler: \[0\]: key: expected a string/,
    ],
    [
      'an item with more',
      { state: [{ key: 'a', value: 'b', ttl: 5 }] },
      400,
      /^state: \[0\]: ttl: no such field/,
    ],
    [
      'a fractional expiry',
      '{"state": [{"key": "a", "value": "b", "expiresAtS": 2000000000.5}]}',
      400,
      /^state: \[0\]: expiresAtS: expected whole seconds/,
    ],
    [
      'a number that is too large',
      `{"sentMetrics": [${JSON.stringify({ ...sentMetrics[1], Value: 7 }).replace(':7', ':1e999')}]}`,
      400,
      /^sentMetrics: a number is too large/,
    ],
    [
      'a snapshot that nothing could be read of',
      { state: [{ key: 'interact.precomputed', value: 'x' }] },
      400,
      /^state: item interact\.precomputed is not JSON/,
    ],
    [
      'controlled instances that nothing could be read of',
      { state: { 'ec2.control.state': '{"unstoppable":5}' } },
      400,
      /^state: item ec2\.control\.state: unstoppable: expected an object/,
    ],
    [
      "another group's discovery",
      { discovery: { GroupName: 'other' } },
      400,
      /^discovery: GroupName: expected "test", the group of this server/,
    ],
    ['an empty key', { configuration: { '': 'x' } }, 400, /^configuration: a key is empty/],
    [
      'a dump in the place of the table',
      { configuration: { a: { Value: '1', ConfigurationOrigin: 'Built-in defaults' } } },
      400,
      /^configuration: a: this is the dump with defaults and descriptions: import that as "catalogue"/,
    ],
  ];
  for (const [what, document, status, message] of refused) {
    it(`with ${what} is refused, and nothing of it written`, async (test) => {
      const server = await openMemoryServer(test);
      await fill(server);
      const before = await server.ask('GET', '/export');
      const answer = await server.ask('POST', '/import', document);
      assert.equal(answer.status, status);
      assert.match((answer.body as { message: string }).message, message);
      assert.deepEqual(await server.ask('GET', '/export'), before);
    });
  }
});
