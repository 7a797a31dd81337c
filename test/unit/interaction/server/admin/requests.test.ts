// What operators may ask over the admin socket, kind by kind, and what is refused with which words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { bodyOf, openMemoryServer, startS } from './memory-server.ts';

const web = parseFleetInstance({ id: 'i-0ab', name: 'web', tags: { role: 'web' } });
const size = {
  MetricName: 'FleetSize',
  Unit: 'Count',
  StorageResolution: 60,
  Dimensions: [{ Name: 'GroupName', Value: 'test' }],
  Value: 12,
};
const credit = {
  Id: 'id1',
  Label: 'CPUCreditBalance',
  StatusCode: 'Complete',
  Timestamps: ['2020-11-20 14:50:00+00:00'],
  Values: [144],
  _MetricId: 'CPUCreditBalance/i-0ab',
  _SamplingTime: '2020-11-20 14:52:00+00:00',
};

/** Each of a good length, together longer than an item can be. */
const manyTags = Object.fromEntries(
  Array.from({ length: 410 }, (_, index) => [`t${index}`, 'x'.repeat(1000)]),
);
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

describe('refused requests', () => {
  const states = 'pending, running, stopping, stopped, draining, bounced, error, excluded';
  const path = '/instances/i-0ab';
  const refused: [string, string, unknown, number, string | RegExp][] = [
    ['GET', '/', undefined, 404, '/: no such path'],
    ['GET', '/instance', undefined, 404, '/instance: no such path'],
    ['GET', `${path}/tags`, undefined, 404, `${path}/tags: no such path`],
    ['GET', `${path}/state/x`, undefined, 404, `${path}/state/x: no such path`],
    ['OPTIONS', path, undefined, 405, `OPTIONS ${path}: no such request`],
    ['constructor', path, undefined, 405, `constructor ${path}: no such request`],
    ['GET', '/instances/%', undefined, 400, '%: not percent-encoded as it should be'],
    ['GET', '/instances/i-0ff', undefined, 404, 'i-0ff is not known'],
    ['DELETE', '/instances/i-0ff', undefined, 404, 'i-0ff is not known'],
    ['PATCH', '/instances/i-0ff', { status: 'ok' }, 404, 'i-0ff is not known'],
    ['PUT', '/instances/i-0ff/state', { state: 'draining' }, 404, 'i-0ff is not known'],
    ['PUT', `${path}/state`, { state: 'drainin' }, 400, `state: expected one of ${states}`],
    ['PUT', `${path}/state`, { state: 5 }, 400, 'state: expected a string'],
    ['PUT', `${path}/state`, {}, 400, 'state: expected a string'],
    ['PUT', `${path}/state`, { state: 'draining', for: '1h' }, 400, 'for: no such field'],
    ['PUT', `${path}/state`, { state: 'draining', ttl: '60' }, 400, 'ttl: expected whole seconds'],
    ['PUT', `${path}/state`, '{"state": "draining", "ttl": 0.5}', 400, 'ttl: expected whole seconds'],
    ['PUT', `${path}/state`, { state: 'draining', ttl: 0 }, 400, /^ttl: expected whole seconds/],
    ['PUT', `${path}/state`, { state: 'running', ttl: 60 }, 400, /^ttl: expected whole seconds/],
    ['PUT', `${path}/state`, null, 400, /^the body is not a JSON object: /],
    ['PUT', `${path}/state`, undefined, 400, /^the body is not a JSON object: /],
    [
      'PUT',
      `${path}/state`,
      { state: 'x'.repeat(1025), unlisted: true },
      400,
      'state: longer than 1024 bytes',
    ],
    ['POST', '/instances', web, 409, /^i-0ab is already known: .*--replace/],
    ['POST', '/instances', [web], 400, /^the body is not a JSON object: /],
    ['POST', '/instances', { id: 'i-0cd', state: 'x' }, 400, `state: expected one of ${states}`],
    ['POST', '/instances', { id: 'x' }, 400, 'id: expected an id such as i-0ab12'],
    ['PUT', path, { spot: 1 }, 400, 'spot: expected true or false'],
    [
      'PATCH',
      path,
      { state: 'running' },
      400,
      "state: cannot be changed so, set the instance's state instead",
    ],
    ['PATCH', path, { id: 'i-0cd' }, 400, 'id: cannot be changed so, add another instance instead'],
    ['PATCH', path, { colour: 'blue' }, 400, 'colour: no such field'],
    ['PATCH', path, { tags: ['a'] }, 400, 'tags: expected an object'],
    ['POST', '/events', '{', 400, 'the body is not JSON'],
    ['POST', '/events', {}, 400, 'EventType: expected what happened, in a word'],
    ['DELETE', '/events/2020-11-20', undefined, 404, 'there is no event of 2020-11-20'],
    ['PUT', '/metrics/sent', size, 400, 'the body is not a JSON array'],
    ['PUT', '/metrics/sent', [{ ...size, Unit: 5 }], 400, /Unit: expected a string/],
    ['POST', '/metrics/cached', { ...credit, Values: [] }, 400, /Values: expected one for each/],
    ['DELETE', '/metrics/sent?name=FleetSize', undefined, 404, 'there is no metric "FleetSize"'],
    // Stored, it would fail every later answer.
    [
      'POST',
      '/metrics/sent',
      JSON.stringify(size).replace(/"Value":\d+/, '"Value":1e999'),
      400,
      '[0].Value: expected a number, got one that is too large',
    ],
    [
      'POST',
      '/events',
      `{"EventType":"x","InputData":${deep}}`,
      400,
      'the body is nested more than 100 deep',
    ],
    ['POST', '/events', { EventType: 'x', InputData: '\ud800' }, 400, 'InputData: not Unicode text'],
    ['PUT', `${path}/state`, { state: '\ud800', unlisted: true }, 400, 'state: not Unicode text'],
    [
      'PATCH',
      path,
      { spot: true, spotInterruptedAt: '9999-12-31T23:59:59-05:00' },
      400,
      /^spotInterruptedAt: expected a time/,
    ],
    ['PATCH', path, { tags: manyTags }, 400, /^i-0ab: the value of 'instance:i-0ab' is \d+ bytes long/],
    [
      'PUT',
      '/catalogue',
      { 'a.b': { Value: 'x'.repeat(410_000) } },
      400,
      /^the value of 'catalogue:a\.b' is \d+ bytes/,
    ],
    ['GET', '/metrics/other', undefined, 404, '/metrics/other: no such path'],
    ['PUT', '/catalogue', { 'a.b': { Stable: 'yes' } }, 400, 'a.b.Stable: expected true or false'],
    ['DELETE', '/catalogue', undefined, 400, 'key: give the keys to remove'],
    ['DELETE', '/catalogue?key=a.b', undefined, 404, 'a.b is not known'],
  ];
  for (const [method, target, body, status, message] of refused) {
    it(`${method} ${target} ${JSON.stringify(body)?.slice(0, 40) ?? ''}`, async (test) => {
      const server = await openMemoryServer(test);
      await server.services.fleet.add(web);
      const before = await server.ask('GET', '/export');
      const answer = await server.ask(method, target, body);
      assert.equal(answer.status, status);
      const said = (answer.body as { message: string }).message;
      if (typeof message === 'string') assert.equal(said, message);
      else assert.match(said, message);
      assert.deepEqual(await server.ask('GET', '/export'), before, 'nothing changed');
    });
  }
});

describe('instances', () => {
  it('are added, replaced, shown and removed', async (test) => {
    const { ask } = await openMemoryServer(test);
    assert.deepEqual(bodyOf(await ask('POST', '/instances', { id: 'i-0ab', name: 'web' })), {
      ...web,
      tags: {},
    });
    assert.deepEqual(bodyOf(await ask('PUT', '/instances/i-0ab', web)), web);
    assert.deepEqual(bodyOf(await ask('PUT', '/instances/i-0cd', { state: 'stopped' })), {
      ...parseFleetInstance({ id: 'i-0cd' }),
      ec2State: 'stopped',
    });
    assert.equal((bodyOf(await ask('GET', '/instances')) as unknown[]).length, 2);
    assert.deepEqual(bodyOf(await ask('DELETE', '/instances/i-0ab')), web);
    assert.equal((await ask('GET', '/instances/i-0ab')).status, 404);
  });

  it('have a state for a while, or until told otherwise, or any name when insisted on', async (test) => {
    const { ask, passSeconds } = await openMemoryServer(test);
    await ask('PUT', '/instances/i-0ab', web);
    const scalingState = async () => {
      const { scalingState: state } = bodyOf(await ask('GET', '/instances/i-0ab')) as typeof web;
      return state;
    };
    await ask('PUT', '/instances/i-0ab/state', { state: 'draining', ttl: 60 });
    passSeconds(59);
    assert.equal(await scalingState(), 'draining');
    passSeconds(1);
    assert.equal(await scalingState(), null);
    const odd = { state: '../../x', unlisted: true };
    assert.deepEqual(bodyOf(await ask('PUT', '/instances/i-0ab/state', odd)), {
      ...web,
      scalingState: '../../x',
    });
    passSeconds(1_000_000);
    assert.equal(await scalingState(), '../../x');
    assert.deepEqual(bodyOf(await ask('PUT', '/instances/i-0ab/state', { state: 'running' })), web);
  });

  it('are changed without losing what is not mentioned, nor the end of their state', async (test) => {
    const { ask, passSeconds } = await openMemoryServer(test);
    const arns = ['arn:a', 'arn:b'];
    await ask('PUT', '/instances/i-0ab', { ...web, spot: true, targetGroupArns: arns, targetGroups: 2 });
    await ask('PUT', '/instances/i-0ab/state', { state: 'draining', ttl: 60 });
    const change = async (changes: unknown) => bodyOf(await ask('PATCH', '/instances/i-0ab', changes));
    const ends = { scalingStateEndsAtS: startS + 60 };
    const spotted = { ...web, spot: true, scalingState: 'draining', ...ends };
    const changed = { status: 'ok', azIssues: true, tags: { team: 'a', role: null } };
    const expected = { ...spotted, status: 'ok', azIssues: true, tags: { team: 'a' } };
    assert.deepEqual(await change(changed), { ...expected, targetGroups: 2, targetGroupArns: arns });
    assert.deepEqual(await change({ targetGroupArns: ['arn:c'] }), {
      ...expected,
      targetGroups: 1,
      targetGroupArns: ['arn:c'],
    });
    assert.deepEqual(await change({ targetGroups: 5 }), { ...expected, targetGroups: 5 });
    const at = '2020-11-20T14:50:00Z';
    assert.deepEqual(await change({ spotInterruptedAt: at }), {
      ...expected,
      targetGroups: 5,
      spotInterruptedAt: at,
    });
    assert.deepEqual(await change({ spot: false, name: null }), {
      ...expected,
      targetGroups: 5,
      spot: false,
      name: null,
    });
    const described = { tags: { team: 'a', 'clonesquad:subfleet-name': 'blue' } };
    const unspotted = { ...expected, targetGroups: 5, spot: false, name: null };
    assert.deepEqual(await change({ subfleet: 'blue' }), { ...unspotted, ...described });
    assert.deepEqual(await change({ subfleet: null }), unspotted);
    assert.deepEqual(bodyOf(await ask('GET', '/instances')), [unspotted]);
    assert.deepEqual(bodyOf(await ask('GET', '/instances/i-0ab')), unspotted);
    passSeconds(60);
    const { scalingStateEndsAtS: _, ...unending } = expected;
    assert.deepEqual(await change({}), {
      ...unending,
      targetGroups: 5,
      spot: false,
      name: null,
      scalingState: null,
    });
  });
});

describe('events', () => {
  it('are entered at their date or the present one, and end when they expire or are removed', async (test) => {
    const { ask, passSeconds } = await openMemoryServer(test);
    const date = '2020-11-17 10:50:59.462776+00:00';
    const event = { EventType: 'SpotInterruption', EventDate: date, ExpirationTime: startS + 300 };
    assert.deepEqual(bodyOf(await ask('POST', '/events', event)), event);
    assert.equal((await ask('POST', '/events', event)).status, 409);
    const now = bodyOf(await ask('POST', '/events', { EventType: 'x', InputData: { a: 1 } }));
    assert.deepEqual(now, {
      EventType: 'x',
      InputData: '{"a":1}',
      EventDate: '2020-11-20 14:52:01+00:00',
    });
    assert.deepEqual(bodyOf(await ask('GET', '/events')), [event, now]);
    passSeconds(300);
    assert.deepEqual(bodyOf(await ask('GET', '/events')), [now]);
    assert.deepEqual(
      bodyOf(await ask('DELETE', `/events/${encodeURIComponent('2020-11-20 14:52:01+00:00')}`)),
      now,
    );
    assert.deepEqual(bodyOf(await ask('GET', '/events')), []);
  });
});

describe('metrics', () => {
  const kinds: [string, Record<string, unknown>, string, Record<string, unknown>, string][] = [
    ['/metrics/sent', size, 'FleetSize', { MetricName: 'RunningInstances' }, 'RunningInstances'],
    ['/metrics/cached', credit, 'CPUCreditBalance/i-0ab', { Id: 'id2', _MetricId: 'alarm' }, 'alarm'],
  ];
  for (const [path, metric, name, difference, otherName] of kinds) {
    it(`of ${path} are replaced, added to and removed`, async (test) => {
      const { ask } = await openMemoryServer(test);
      const other = { ...metric, ...difference };
      assert.deepEqual(bodyOf(await ask('GET', path)), []);
      assert.deepEqual(bodyOf(await ask('PUT', path, [metric])), [metric]);
      assert.deepEqual(bodyOf(await ask('POST', path, other)), [other]);
      assert.deepEqual(bodyOf(await ask('GET', path)), [metric, other]);
      const deletion = `${path}?name=${encodeURIComponent(name)}`;
      assert.deepEqual(bodyOf(await ask('DELETE', deletion)), { removed: 1 });
      assert.deepEqual(bodyOf(await ask('GET', path)), [other]);
      await ask('POST', path, metric);
      assert.deepEqual(bodyOf(await ask('DELETE', path)), { removed: 2 });
      assert.equal((await ask('DELETE', `${path}?name=${otherName}`)).status, 404);
    });
  }
});

describe('the catalogue', () => {
  it('gets keys and loses them, all of those named or none', async (test) => {
    const { ask } = await openMemoryServer(test);
    const first = { DefaultValue: '-1', Description: 'How many', Format: 'Integer', Stable: true };
    assert.deepEqual(bodyOf(await ask('PUT', '/catalogue', { 'a.size': first, 'b.size': { Value: '2' } })), {
      'a.size': first,
      'b.size': { Stable: false, Value: '2' },
    });
    await ask('PUT', '/catalogue', { 'b.size': { Value: '3' } });
    assert.equal((await ask('DELETE', '/catalogue?key=a.size&key=c')).status, 404);
    assert.deepEqual(bodyOf(await ask('DELETE', '/catalogue?key=a.size&key=a.size')), { 'a.size': first });
    assert.deepEqual(bodyOf(await ask('GET', '/catalogue')), { 'b.size': { Stable: false, Value: '3' } });
  });
});
