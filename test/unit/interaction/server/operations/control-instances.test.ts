// `control/instances/...`: the lists, what is asked of them, and how it is refused.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import { answerControlInstances } from '../../../../../src/interaction/server/operations/control-instances.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { makeCall, nowMs, openStore } from './make-call.ts';

async function filled(test: TestContext): Promise<Store> {
  const store = await openStore(test);
  const fleet = createFleet(store, () => nowMs);
  await fleet.put(parseFleetInstance({ id: 'i-1', name: 'web', tags: { role: 'web' } }));
  await fleet.put(parseFleetInstance({ id: 'i-2', subfleet: 'blue', tags: { role: 'db' } }));
  await fleet.put(parseFleetInstance({ id: 'i-3', state: 'stopped' }));
  await fleet.put(parseFleetInstance({ id: 'i-4', state: 'terminated' }));
  return store;
}

interface Asked {
  readonly query?: string;
  /** Makes it a POST; null is one without a body. */
  readonly body?: object | string | null;
  readonly path?: string;
  readonly nowMs?: number;
}

async function ask(store: Store, { query = '', body, path, nowMs }: Asked) {
  const answer = await answerControlInstances(
    makeCall(store, {
      query: Object.fromEntries(new URLSearchParams(query)),
      path: path ?? '/control/instances/unstoppable',
      ...(body === undefined ? {} : { body: isDocument(body) ? JSON.stringify(body) : body }),
      ...(nowMs === undefined ? {} : { nowMs }),
    }),
  );
  assert.ok('status' in answer);
  return answer;
}

function isDocument(body: object | string | null): body is object {
  return typeof body === 'object' && body !== null;
}

async function idsOf(store: Store, asked: Asked): Promise<string> {
  const answer = await ask(store, asked);
  assert.equal(answer.status, 200, answer.body);
  return Object.keys(JSON.parse(answer.body)).join(' ');
}

describe('a record', () => {
  it('says since when and until when', async (test) => {
    const store = await filled(test);
    const { body } = await ask(store, { query: 'mode=add&instanceids=i-1,i-2&excluded=true' });
    const record = {
      StartDate: '2020-11-20 14:52:01+00:00',
      EndDate: '2020-11-20 15:52:01+00:00',
      TTL: Date.parse('2020-11-20T15:52:01Z') / 1000,
      Excluded: true,
    };
    assert.deepEqual(JSON.parse(body), {
      'i-1': { ...record, InstanceName: 'web', SubfleetName: null },
      'i-2': { ...record, InstanceName: null, SubfleetName: 'blue' },
    });
    assert.equal((await ask(store, {})).body, body, 'and is still there');
    const unstartable = { path: '/control/instances/unstartable' };
    assert.equal((await ask(store, unstartable)).body, '{}', 'in that list only');
    const hourLater = nowMs + 3_600_000;
    assert.equal((await ask(store, { nowMs: hourLater })).body, '{}', 'and gone when its time is over');
  });

  it('is replaced by a later one', async (test) => {
    const store = await filled(test);
    await ask(store, { query: 'mode=add&instanceids=i-1&excluded=true&ttl=60' });
    const { body } = await ask(store, { query: 'mode=add&instanceids=i-1&ttl=hours%3D2' });
    const { Excluded, EndDate } = JSON.parse(body)['i-1'];
    assert.deepEqual({ Excluded, EndDate }, { Excluded: false, EndDate: '2020-11-20 16:52:01+00:00' });
  });

  it('can be taken off when its instance is gone', async (test) => {
    const store = await filled(test);
    await ask(store, { query: 'mode=add&instanceids=all' });
    await createFleet(store, () => nowMs).remove('i-2');
    const { body } = await ask(store, {});
    assert.deepEqual(JSON.parse(body)['i-2'].SubfleetName, null);
    assert.equal(await idsOf(store, { query: 'mode=add&instanceids=i-1' }), 'i-1 i-2 i-3');
    assert.equal(await idsOf(store, { query: 'mode=delete&instanceids=i-2' }), 'i-1 i-3');
    assert.equal(await idsOf(store, { query: 'mode=delete&instanceids=all' }), '');
  });

  const ttls: [string, string][] = [
    ['90', '2020-11-20 14:53:31+00:00'],
    ['minutes=1,seconds=30', '2020-11-20 14:53:31+00:00'],
    ['nonsense', '2020-11-20 15:52:01+00:00'],
    ['', '2020-11-20 15:52:01+00:00'],
  ];
  for (const [ttl, endDate] of ttls) {
    it(`of ttl '${ttl}' ends ${endDate}`, async (test) => {
      const query = `mode=add&instanceids=i-1&ttl=${encodeURIComponent(ttl)}`;
      const { body } = await ask(await filled(test), { query });
      assert.equal(JSON.parse(body)['i-1'].EndDate, endDate);
    });
  }

  it('of a negative ttl is over at once', async (test) => {
    assert.equal(await idsOf(await filled(test), { query: 'mode=add&instanceids=i-1&ttl=-5' }), '');
  });
});

describe('which instances', () => {
  const cases: [string, Asked, string][] = [
    ['none', { query: 'mode=add' }, ''],
    ['all that are not gone', { query: 'mode=add&instanceids=all' }, 'i-1 i-2 i-3'],
    ['unknown ids are dropped', { query: 'mode=add&instanceids=i-1,i-9' }, 'i-1'],
    ['the union', { query: 'mode=add&instanceids=i-3&instancenames=web&subfleetnames=blue' }, 'i-1 i-2 i-3'],
    ['the main fleet', { query: 'mode=add&subfleetnames=' }, 'i-1 i-3'],
    ['parameters of no operation', { query: 'mode=add&InstanceIds=i-1' }, ''],
    ['a document', { query: 'mode=add', body: { InstanceIds: ['i-1'], SubfleetNames: ['blue'] } }, 'i-1 i-2'],
    ['the main fleet, by document', { query: 'mode=add', body: { SubfleetNames: null } }, 'i-1 i-3'],
    ['names, by document', { query: 'mode=add', body: { InstanceNames: ['web'] } }, 'i-1'],
    ['a tag', { query: 'mode=add', body: { Tags: { role: 'd.*' } } }, 'i-2'],
    ['a tag that some do not have', { query: 'mode=add', body: { Tags: { role: 'web' } } }, 'i-1'],
    ['a tag to be absent', { query: 'mode=add', body: { Tags: { role: null } } }, 'i-3'],
    [
      'a parameter before a member',
      { query: 'mode=add&instanceids=i-3', body: { InstanceIds: ['i-1'] } },
      'i-3',
    ],
    ['an empty parameter', { query: 'mode=add&instanceids=', body: { InstanceIds: ['i-1'] } }, 'i-1'],
    ['a document without a mode', { body: { InstanceIds: ['i-1'] } }, ''],
  ];
  for (const [name, asked, expected] of cases) {
    it(name, async (test) => assert.equal(await idsOf(await filled(test), asked), expected));
  }

  const exclusions: [Asked, boolean][] = [
    [{ query: 'mode=add&instanceids=i-1&excluded=True' }, true],
    [{ query: 'mode=add&instanceids=i-1&excluded=yes' }, false],
    [{ query: 'mode=add&instanceids=i-1', body: { Excluded: true } }, true],
    [{ query: 'mode=add&instanceids=i-1&excluded=false', body: { Excluded: true } }, false],
    [{ query: 'mode=add&instanceids=i-1&excluded=', body: { Excluded: true } }, true],
  ];
  for (const [asked, excluded] of exclusions) {
    it(`${JSON.stringify(asked)} excludes: ${excluded}`, async (test) => {
      const { body } = await ask(await filled(test), asked);
      assert.equal(JSON.parse(body)['i-1'].Excluded, excluded);
    });
  }
});

describe('refusals', () => {
  const parse = (reason: string) => ({ status: 400, body: `Failed to parse JSON body: ${reason}!` });
  const mode = (given: string) => ({
    status: 400,
    body: `Invalid mode '${given}'! (Must be one of ['add', 'delete'])`,
  });
  const state = (word: string) => ({ status: 404, body: `Unknown control state '${word}'!` });
  const cases: [string, Asked, object][] = [
    ['a mode that is none', { query: 'mode=remove' }, mode('remove')],
    ['a mode in capitals', { query: 'mode=Add' }, mode('Add')],
    ['an empty mode', { query: 'mode=' }, mode('')],
    ['an empty body', { query: 'mode=add', body: null }, parse('it is empty')],
    ['a body that is no JSON', { query: 'mode=oops', body: '{' }, parse('it is not JSON')],
    ['an array', { query: 'mode=add', body: [] }, parse('body: expected an object, got an array')],
    [
      'ids that are no list',
      { body: { InstanceIds: 'i-1' } },
      parse('InstanceIds: expected an array, got a string'),
    ],
    ['an id that is none', { body: { InstanceIds: [1] } }, parse('InstanceIds[0]: expected a string')],
    [
      'names that are null',
      { body: { InstanceNames: null } },
      parse('InstanceNames: expected an array, got null'),
    ],
    [
      'a flag that is none',
      { body: { Excluded: 'true' } },
      parse('Excluded: expected a boolean, got a string'),
    ],
    ['tags that are none', { body: { Tags: [] } }, parse('Tags: expected an object, got an array')],
    ['a tag that is no text', { body: { Tags: { a: 1 } } }, parse('Tags.a: expected a string, got a number')],
    [
      'a pattern that is none',
      { query: 'mode=add', body: { Tags: { role: '*b' } } },
      parse('Tags.role: not a regular expression'),
    ],
    [
      'a ttl of half a second',
      { query: 'mode=add&instanceids=i-1&ttl=seconds%3D0.5' },
      { status: 400, body: "Invalid ttl 'seconds=0.5'! (Must be whole seconds)" },
    ],
    ['a slash at the end', { path: '/control/instances/unstoppable/' }, state('')],
    ['a capital', { path: '/control/instances/Unstoppable' }, state('Unstoppable')],
    ['more behind', { path: '/control/instances/unstoppablexyz' }, state('unstoppablexyz')],
    ['more below', { path: '/control/instances/unstoppable/x', body: null }, state('x')],
  ];
  for (const [name, asked, expected] of cases) {
    it(name, async (test) => {
      const store = await filled(test);
      assert.deepEqual(await ask(store, asked), expected);
      assert.equal(await store.state.get('ec2.control.state'), null, 'and nothing was changed');
    });
  }
});

it('loses nothing of what many add at once', async (test) => {
  const store = await filled(test);
  await Promise.all(
    ['i-1', 'i-2', 'i-3'].flatMap((id) => [
      ask(store, { query: `mode=add&instanceids=${id}` }),
      ask(store, { query: `mode=add&instanceids=${id}`, path: '/control/instances/unstartable' }),
    ]),
  );
  assert.equal(await idsOf(store, {}), 'i-1 i-2 i-3');
  assert.equal(await idsOf(store, { path: '/control/instances/unstartable' }), 'i-1 i-2 i-3');
});
