// Documents merged into the tables by POST, in `configuration` and `scheduler` alike.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerConfiguration } from '../../../../../src/interaction/server/operations/configuration.ts';
import { answerScheduler } from '../../../../../src/interaction/server/operations/scheduler.ts';
import type { KeyValueTable, Store } from '../../../../../src/interaction/server/store/store.ts';
import { makeCall, openStore, told } from './make-call.ts';

const operations = [
  { name: 'configuration', answer: answerConfiguration, table: (store: Store) => store.configuration },
  { name: 'scheduler', answer: answerScheduler, table: (store: Store) => store.scheduler },
];

async function contentOf(table: KeyValueTable): Promise<Record<string, string>> {
  return Object.fromEntries((await table.items()).map(({ key, value }) => [key, value]));
}

for (const { name, answer, table } of operations) {
  describe(`POST ${name}`, () => {
    const stored: readonly [what: string, body: string, format: string, content: Record<string, string>][] = [
      [
        'scalars as Python prints them',
        '{"a":true,"b":1.5,"c":"x","d":17.0}',
        'json',
        { a: 'True', b: '1.5', c: 'x', d: '17.0' },
      ],
      ['lists as Python prints them', '{"a":[1,"x",null]}', 'json', { a: "[1, 'x', None]" }],
      ['an object as a parameter set', '{"set":{"a":1,"b":null},"empty":{}}', 'json', { '[set]a': '1' }],
      ['YAML', 'a: 2020-01-01\nset:\n  b: yes\n', 'yaml', { a: '2020-01-01', '[set]b': 'True' }],
      ['the last of a key spelt twice', '{"set":{"a":1},"[set]a":2}', 'json', { '[set]a': '2' }],
    ];
    for (const [what, body, format, content] of stored) {
      it(`stores ${what}`, async (test) => {
        const store = await openStore(test);
        const count =
          what === 'YAML' || body.includes('empty') || body.includes('[set]')
            ? 2
            : Object.keys(JSON.parse(body)).length;
        assert.equal(
          told(await answer(makeCall(store, { body, query: { format } }))),
          `200 Ok (${count} key(s) processed)`,
        );
        assert.deepEqual(await contentOf(table(store)), content);
      });
    }

    it('reads YAML up to a length, as it is slow to read', async (test) => {
      const store = await openStore(test);
      const body = `a: ${'x'.repeat(64 * 1024)}`;
      const refused = told(await answer(makeCall(store, { body, query: { format: 'yaml' } })));
      assert.match(
        refused,
        /^500 Can't parse YAML\/JSON document : it is longer than 65536 characters, .* $/,
      );
      assert.deepEqual(await table(store).items(), []);
      const json = makeCall(store, { body: JSON.stringify({ a: 'x'.repeat(64 * 1024) }) });
      assert.equal(told(await answer(json)), '200 Ok (1 key(s) processed)');
    });

    it('deletes what is null or empty, keeps the rest, and takes expiries away', async (test) => {
      const store = await openStore(test);
      await table(store).write([
        { key: 'a', value: '1' },
        { key: 'b', value: '1' },
        { key: 'c', value: '1' },
        { key: 'd', value: '1', expiresAtS: 4_000_000_000 },
      ]);
      const body = '{"a":null,"b":"","d":"1"}';
      assert.equal(told(await answer(makeCall(store, { body }))), '200 Ok (3 key(s) processed)');
      assert.deepEqual(await table(store).items(), [
        { key: 'c', value: '1' },
        { key: 'd', value: '1' },
      ]);
    });

    it('restores in D2 only: what the document lacks goes', async (test) => {
      const store = await openStore(test);
      const before = { a: '1', '[set]a': '1', '[set]b': '1', '[other]a': '1' };
      await table(store).write(Object.entries(before).map(([key, value]) => ({ key, value })));
      const call = { body: '{"set":{"b":2},"n":3}', query: { restore: 'True' } };
      assert.equal(
        told(await answer(makeCall(store, { ...call, dialect: 'd1' }))),
        '200 Ok (2 key(s) processed)',
      );
      assert.deepEqual(await contentOf(table(store)), { ...before, '[set]b': '2', n: '3' });
      assert.equal(told(await answer(makeCall(store, call))), '200 Ok (2 key(s) processed)');
      assert.deepEqual(await contentOf(table(store)), { '[set]b': '2', n: '3' });
    });

    const refused: readonly [what: string, body: string | null, format: string][] = [
      ['no body', null, 'json'],
      ['what is not JSON', '{"a":1', 'json'],
      ['a list', '[1]', 'json'],
      ['a scalar', 'null', 'json'],
      ['what is not YAML', 'a: [', 'yaml'],
      ['an empty key', '{"a":1,"":2}', 'json'],
      ['a key that is too long', JSON.stringify({ a: 1, ['k'.repeat(2049)]: 2 }), 'json'],
      ['a value that is too long', JSON.stringify({ a: 1, b: 'v'.repeat(410_000) }), 'json'],
      ['half a character', '{"a":1,"b":"\\ud800"}', 'json'],
    ];
    for (const [what, body, format] of refused) {
      it(`refuses ${what} and writes nothing`, async (test) => {
        const store = await openStore(test);
        await table(store).write([{ key: 'before', value: '1' }]);
        const query = { format, restore: 'true' };
        const answered = told(await answer(makeCall(store, { body, query })));
        assert.match(answered, /^500 Can't parse YAML\/JSON document : \S.* $/);
        assert.deepEqual(await contentOf(table(store)), { before: '1' });
      });
    }
  });
}

describe('scheduler', () => {
  it('counts in its own words in D0', async (test) => {
    const store = await openStore(test);
    const call = makeCall(store, { dialect: 'd0', body: '{"a":"cron(0 1 * * ? *),app.disable=1"}' });
    assert.equal(told(await answerScheduler(call)), '200 Ok (1 key processed)');
  });

  it('shows the table', async (test) => {
    const store = await openStore(test);
    await store.scheduler.write([{ key: 'night', value: 'cron(0 1 * * ? *),app.disable=1' }]);
    assert.equal(
      told(await answerScheduler(makeCall(store))),
      '200 {\n    "night": "cron(0 1 * * ? *),app.disable=1"\n}',
    );
    const yaml = (dialect: 'd0' | 'd1' | 'd2', format: string) =>
      answerScheduler(makeCall(store, { dialect, query: { format } })).then(told);
    for (const dialect of ['d0', 'd1', 'd2'] as const) {
      assert.equal(await yaml(dialect, 'yaml'), '200 night: cron(0 1 * * ? *),app.disable=1\n');
    }
    assert.match(await yaml('d1', 'YAML'), /^200 \{/);
    assert.match(await yaml('d2', 'YAML'), /^200 night/);
  });
});
