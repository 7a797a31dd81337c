// One key at a time: `configuration/(.*)` and `scheduler/(.*)`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { findOperation } from '../../../../../src/interaction/contract/operations.ts';
import { normaliseCommand } from '../../../../../src/interaction/server/gateway/command-path.ts';
import { answerConfigurationKey } from '../../../../../src/interaction/server/operations/configuration-key.ts';
import { answerSchedulerKey } from '../../../../../src/interaction/server/operations/scheduler-key.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { type CallOptions, makeCall, nowMs, openStore, told } from './make-call.ts';

const nowS = nowMs / 1000;
const dialects: readonly Dialect[] = ['d0', 'd1', 'd2'];
const operations = [
  {
    name: 'configuration',
    answer: answerConfigurationKey,
    table: (store: Store) => store.configuration,
    unknown: "400 Unknown configuration key 'a.key'!",
  },
  {
    name: 'scheduler',
    answer: answerSchedulerKey,
    table: (store: Store) => store.scheduler,
    unknown: '400 Unknown configuration key!',
  },
];

for (const { name, answer, table, unknown } of operations) {
  describe(`${name}/(.*)`, () => {
    const key = 'a.key';

    for (const dialect of dialects) {
      it(`writes, reads and deletes in ${dialect}`, async (test) => {
        const store = await openStore(test);
        const ask = async (options: CallOptions) =>
          told(await answer(makeCall(store, { dialect, argument: key, ...options })));
        assert.equal(await ask({}), unknown);
        assert.equal(await ask({ body: '3' }), '200 3');
        assert.equal(await ask({}), '200 3');
        assert.equal(await ask({ body: '\n' }), '200 ');
        assert.equal(await ask({}), unknown);
      });
    }

    const lines: readonly [what: string, body: string, value: string][] = [
      ['only the first line', 'one\ntwo\n', 'one'],
      ['the return of a CRLF', 'one\r\ntwo', 'one\r'],
      ['blanks', '  one  ', '  one  '],
      ['text as it is', 'true', 'true'],
      ['what is not ASCII', 'é€😀', 'é€😀'],
    ];
    for (const [what, body, value] of lines) {
      it(`keeps ${what}`, async (test) => {
        const store = await openStore(test);
        assert.deepEqual(await answer(makeCall(store, { argument: key, body })), {
          status: 200,
          body: value,
        });
        assert.equal((await table(store).get(key))?.value, value);
      });
    }

    it('fails without a body, as the running system does', async (test) => {
      const store = await openStore(test);
      await table(store).write([{ key, value: '1' }]);
      assert.deepEqual(await answer(makeCall(store, { argument: key, body: null })), { fault: true });
      assert.equal((await table(store).get(key))?.value, '1');
    });

    const expiries: readonly [ttl: string, expiresAtS: number | undefined][] = [
      ['60', nowS + 60],
      ['hours=1,minutes=30', nowS + 5400],
      ['milliseconds=2000', nowS + 2],
      ['0', undefined],
      ['soon', undefined],
    ];
    for (const [ttl, expiresAtS] of expiries) {
      it(`takes ttl ${ttl}`, async (test) => {
        const store = await openStore(test);
        assert.equal(
          told(await answer(makeCall(store, { argument: key, body: '1', query: { ttl } }))),
          '200 1',
        );
        assert.equal((await table(store).get(key))?.expiresAtS, expiresAtS);
      });
    }

    it('forgets at once what has expired already, and the expiry with the next value', async (test) => {
      const store = await openStore(test);
      const write = (ttl?: string) =>
        answer(makeCall(store, { argument: key, body: '1', query: ttl === undefined ? {} : { ttl } }));
      await write('60');
      await write();
      assert.deepEqual(await table(store).get(key), { key, value: '1' });
      assert.equal(told(await write('-5')), '200 1');
      assert.equal(await table(store).get(key), null);
    });

    for (const ttl of ['seconds=0.5', 'milliseconds=1', 'hours=0.0001']) {
      it(`refuses ttl ${ttl} and writes nothing`, async (test) => {
        const store = await openStore(test);
        await table(store).write([{ key, value: 'before' }]);
        const refusal = told(await answer(makeCall(store, { argument: key, body: '1', query: { ttl } })));
        assert.equal(refusal, `400 Can't write the key: ttl '${ttl}' is not a whole number of seconds.`);
        assert.deepEqual(await table(store).get(key), { key, value: 'before' });
      });
    }

    it('knows no ttl before D2', async (test) => {
      const store = await openStore(test);
      const query = { ttl: 'seconds=0.5' };
      assert.equal(
        told(await answer(makeCall(store, { dialect: 'd1', argument: key, body: '1', query }))),
        '200 1',
      );
      assert.deepEqual(await table(store).get(key), { key, value: '1' });
    });

    it('refuses a key that no table can hold', async (test) => {
      const store = await openStore(test);
      const argument = 'k'.repeat(2049);
      assert.equal(
        told(await answer(makeCall(store, { argument, body: '1' }))),
        "400 Can't write the key: a key is 2049 bytes long, at most 2048 are possible.",
      );
    });

    for (const path of [`/${name}/a%0Ab`, `/${name}/a%0A`, `/${name}%2F`]) {
      it(`finds no key in ${path}`, async (test) => {
        const store = await openStore(test);
        const found = findOperation(normaliseCommand(path), 'd2');
        const argument = found?.argument ?? 'none';
        assert.equal(told(await answer(makeCall(store, { argument }))), '400 Missing config key path.');
        assert.equal(
          told(await answer(makeCall(store, { argument, body: '1' }))),
          '400 Missing config key path.',
        );
      });
    }
  });
}

describe('configuration/(.*)', () => {
  it('shows the value in effect as Python prints it', async (test) => {
    const store = await openStore(test);
    await store.inventory.write([
      { key: 'catalogue:a', value: '{"a":{"DefaultValue":true}}' },
      { key: 'catalogue:b', value: '{"b":{"Value":2}}' },
      { key: 'catalogue:c', value: '{"c":{"DefaultValue":null}}' },
    ]);
    const ask = async (argument: string) => told(await answerConfigurationKey(makeCall(store, { argument })));
    assert.equal(await ask('a'), '200 True');
    assert.equal(await ask('b'), '200 2');
    assert.equal(await ask('c'), "400 Unknown configuration key 'c'!");
    await store.configuration.write([{ key: 'a', value: 'false' }]);
    assert.equal(await ask('a'), '200 false');
  });

  it('knows no key by the names that every object has', async (test) => {
    const store = await openStore(test);
    for (const argument of ['constructor', '__proto__', 'tostring']) {
      assert.equal(
        told(await answerConfigurationKey(makeCall(store, { argument }))),
        `400 Unknown configuration key '${argument}'!`,
      );
    }
  });
});
