// `cs-interact unstoppable` and `unstartable`: which instances a command line means, in the words of the wire.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runAgainst, type Scripted } from './scripted-api.ts';

const record = {
  StartDate: '2026-01-01 10:00:00.000001+00:00',
  EndDate: '2026-01-01 12:00:00+00:00',
  TTL: 1767268800,
  Excluded: false,
  InstanceName: 'web-1',
  SubfleetName: null,
};
const answer = JSON.stringify({ 'i-0aa': record });
const ofNames = JSON.stringify({ 'i-0aa': { ...record, InstanceName: 'a,b', SubfleetName: 's' } });

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
      const script = {
        'GET control/instances/unstoppable': '{}',
        'POST control/instances/unstoppable': ofNames,
      };
      const { status, stderr, asked } = await runAgainst(script, ['unstoppable', 'add', ...args]);
      assert.deepEqual([status, stderr], [0, '']);
      assert.deepEqual(
        asked.map((call) => [call.method, call.path, call.query]),
        [
          ['GET', 'control/instances/unstoppable', {}],
          ['POST', 'control/instances/unstoppable', { mode: 'add', ...query }],
        ],
      );
      assert.deepEqual(JSON.parse(asked[1]!.body), body);
    });
  }

  const forbidden = {
    status: 403,
    body: '{"Message":"User: u is not authorized to perform: execute-api:Invoke on resource: r"}',
  };
  const again = JSON.stringify({ 'i-0aa': { ...record, StartDate: '2026-01-01 10:30:00+00:00' } });
  const judged: Readonly<
    Record<string, readonly [args: string[], before: string | Scripted, after: string, stderr: string]>
  > = {
    'an id that the group does not know': [
      ['--instance-id', 'i-0aa', 'i-0bb'],
      '{}',
      answer,
      'nothing matches --instance-id i-0bb: check with cs-interact fleet list',
    ],
    'a mistyped name, whatever is in the list': [
      ['--name', 'wbe1', 'web-1'],
      answer,
      again,
      'nothing matches --name wbe1: check with cs-interact fleet list',
    ],
    'a mistyped subfleet': [
      ['--subfleet', 's'],
      '{}',
      '{}',
      'nothing matches --subfleet s: check with cs-interact fleet list',
    ],
    'tags that none has': [
      ['--tag', 'a=b', '--tag', 'd='],
      answer,
      answer,
      'nothing matches --tag a=b --tag d=: check with cs-interact fleet list',
    ],
    'an empty fleet, where the list cannot be read': [
      ['--all'],
      forbidden,
      '{}',
      'nothing matches --all: check with cs-interact fleet list',
    ],
    'nothing, when what is there begins anew': [['--tag', 'a=b'], answer, again, ''],
    'nothing, where the list cannot be read': [['--tag', 'a=b'], forbidden, answer, ''],
  };
  for (const [name, [args, before, after, stderr]] of Object.entries(judged)) {
    it(`says that nothing matched ${name}`, async () => {
      const script = {
        'GET control/instances/unstoppable': before,
        'POST control/instances/unstoppable': after,
      };
      const outcome = await runAgainst(script, ['unstoppable', 'add', ...args]);
      assert.deepEqual([outcome.status, outcome.stderr], [stderr === '' ? 0 : 1, stderr]);
    });
  }

  it('says when an instance is let go earlier than before', async () => {
    const sooner = { ...record, EndDate: '2026-01-01 11:00:00+00:00', TTL: record.TTL - 3600 };
    const script = {
      'GET control/instances/unstoppable': answer,
      'POST control/instances/unstoppable': JSON.stringify({ 'i-0aa': sooner }),
    };
    const { status, stderr } = await runAgainst(script, ['unstoppable', 'add', '--instance-id', 'i-0aa']);
    assert.deepEqual(
      [status, stderr],
      [0, 'i-0aa: ends at 2026-01-01 11:00:00+00:00 now, earlier than before (2026-01-01 12:00:00+00:00)'],
    );
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

describe('unstartable delete', () => {
  const remove = (before: string | Scripted, after: string) =>
    runAgainst({ 'GET control/instances/unstartable': before, 'POST control/instances/unstartable': after }, [
      'unstartable',
      'delete',
      '--name',
      'wbe1',
    ]);

  it('says what to forget', async () => {
    const { status, stdout, stderr, asked } = await remove(answer, '{}');
    assert.deepEqual([status, stdout, stderr], [0, '[]', '']);
    assert.deepEqual(asked[1]?.query, { mode: 'delete' });
  });

  it('says that there was nothing to forget', async () => {
    const { status, stderr } = await remove(answer, answer);
    assert.deepEqual(
      [status, stderr],
      [0, 'unstartable delete: nothing in the list matches --name wbe1: nothing was deleted'],
    );
  });

  it('goes on where the list cannot be read', async () => {
    const { status, stderr } = await remove({ status: 403, body: '{"Message":"no"}' }, '{}');
    assert.deepEqual([status, stderr], [0, '']);
  });
});

it('unstoppable list changes nothing and shows a table', async () => {
  const script = { 'GET control/instances/unstoppable': answer };
  const { stdout, asked } = await runAgainst(script, ['unstoppable', 'list'], { isTerminal: true });
  assert.deepEqual(asked[0]?.query, {});
  assert.deepEqual(stdout.split('\n'), [
    'INSTANCE  END                        START                             EXCLUDED  SUBFLEET  NAME',
    'i-0aa     2026-01-01 12:00:00+00:00  2026-01-01 10:00:00.000001+00:00  no        -         web-1',
  ]);
});
