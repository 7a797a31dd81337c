// `cs-interact unstoppable` and `unstartable`: which instances a command line means, in the words of the wire.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runAgainst } from './scripted-api.ts';

const record = {
  StartDate: '2026-01-01 10:00:00.000001+00:00',
  EndDate: '2026-01-01 12:00:00+00:00',
  TTL: 1767268800,
  Excluded: false,
  InstanceName: 'web-1',
  SubfleetName: null,
};
const answer = JSON.stringify({ 'i-0aa': record });

const selections: Readonly<Record<string, readonly [args: string[], query: object, body: object]>> = {
  'by id': [['--instance-id', 'i-0aa', 'i-0aa'], {}, { InstanceIds: ['i-0aa', 'i-0aa'] }],
  'by name, commas and all': [['--name', 'a,b'], {}, { InstanceNames: ['a,b'] }],
  'by subfleet': [['--subfleet', 's'], {}, { SubfleetNames: ['s'] }],
  'the main fleet': [['--main-fleet'], {}, { Tags: { 'clonesquad:subfleet-name': null } }],
  'by tags': [['--tag', 'a=b=c', '--tag', 'd='], {}, { Tags: { a: 'b=c', d: null } }],
  'all of them': [['--all'], { instanceids: 'all' }, {}],
  'out of scaling': [['--all', '--excluded'], { instanceids: 'all' }, { Excluded: true }],
  'for a while': [['--all', '--for', 'hours=1,minutes=30'], { instanceids: 'all', ttl: '5400' }, {}],
};

describe('unstoppable add', () => {
  for (const [name, [args, query, body]] of Object.entries(selections)) {
    it(name, async () => {
      const script = { 'POST control/instances/unstoppable': answer };
      const { status, stderr, asked } = await runAgainst(script, ['unstoppable', 'add', ...args]);
      assert.deepEqual([status, stderr], [0, '']);
      assert.deepEqual(
        asked.map((call) => [call.path, call.query, JSON.parse(call.body)]),
        [['control/instances/unstoppable', { mode: 'add', ...query }, body]],
      );
    });
  }

  it('is an error when the group does not know an id, which the API keeps to itself', async () => {
    const script = { 'POST control/instances/unstoppable': answer };
    const args = ['unstoppable', 'add', '--instance-id', 'i-0aa', 'i-0bb'];
    const { status, stderr } = await runAgainst(script, args);
    assert.equal(status, 1);
    assert.match(stderr, /^unstoppable add: i-0bb: not taken up/);
  });

  const refused: Readonly<Record<string, readonly [string[], RegExp]>> = {
    nothing: [[], /say which instances/],
    'a tag without a value': [['--tag', 'a'], /KEY=VALUE or KEY=/],
    'a fraction of a second': [['--all', '--for', '1.5s'], /not a whole number of seconds/],
  };
  for (const [name, [args, words]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const { status, stderr, asked } = await runAgainst({}, ['unstoppable', 'add', ...args]);
      assert.deepEqual([status, asked], [2, []]);
      assert.match(stderr, words);
    });
  }
});

it('unstartable delete says what to forget', async () => {
  const script = { 'POST control/instances/unstartable': '{}' };
  const { status, stdout, asked } = await runAgainst(script, [
    'unstartable',
    'delete',
    '--instance-id',
    'i-0aa',
  ]);
  assert.deepEqual([status, stdout], [0, '[]']);
  assert.deepEqual(asked[0]?.query, { mode: 'delete' });
});

it('unstoppable list changes nothing and shows a table', async () => {
  const script = { 'GET control/instances/unstoppable': answer };
  const { stdout, asked } = await runAgainst(script, ['unstoppable', 'list'], { isTerminal: true });
  assert.deepEqual(asked[0]?.query, {});
  assert.deepEqual(stdout.split('\n'), [
    'INSTANCE  UNTIL                      SINCE                             EXCLUDED  SUBFLEET  NAME',
    'i-0aa     2026-01-01 12:00:00+00:00  2026-01-01 10:00:00.000001+00:00  no        -         web-1',
  ]);
});
