// What every Store keeps to, whatever is behind it. Run by the tests beside it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type Change,
  type KeyValueTable,
  type Store,
  StoreError,
  type StoredEvent,
} from '../../../src/interaction/server/store/store.ts';

/** A place for stores: what one writes, those opened there later see. */
export interface StorePlace {
  /** `nowMs` is the clock of that store. */
  open(nowMs: () => number): Promise<Store>;
  close(): Promise<void>;
}

const startMs = Date.parse('2026-01-01T00:00:00Z');
const startS = startMs / 1000;

const texts: Readonly<Record<string, string>> = {
  'one letter': 'x',
  blanks: ' \t ',
  lines: 'one\r\ntwo\n',
  'beyond Latin': 'é–漢字',
  'beyond the first plane': '😀',
  'a NUL': 'a\0b',
  'SQL and quotes': `'; DROP TABLE item; -- "$(x)"`,
  'a partition': '[set]key',
  '300 KB': 'x'.repeat(300_000),
};

export function describeStoreContract(
  name: string,
  openPlace: () => Promise<StorePlace>,
  { isKept = true }: { readonly isKept?: boolean } = {},
): void {
  describe(name, () => {
    let place: StorePlace;
    let store: Store;
    let nowMs = startMs;
    before(async () => {
      place = await openPlace();
      store = await place.open(() => nowMs);
    });
    after(async () => {
      await store.close();
      await place.close();
    });
    /** Leaves nothing of an earlier test, expired or not. */
    const emptied = async (): Promise<KeyValueTable> => {
      nowMs = 0;
      const items = await store.configuration.items();
      await store.configuration.write(items.map(({ key }) => ({ key, value: null })));
      nowMs = startMs;
      return store.configuration;
    };

    describe('items', () => {
      for (const [kind, text] of Object.entries(texts)) {
        it(`keeps a value of ${kind}`, async () => {
          const table = await emptied();
          await table.write([{ key: 'k', value: text }]);
          assert.deepEqual(await table.get('k'), { key: 'k', value: text });
          assert.deepEqual(await table.items(), [{ key: 'k', value: text }]);
        });
        if (text.length > 1_000) continue;
        it(`keeps a key of ${kind}`, async () => {
          const table = await emptied();
          await table.write([{ key: text, value: 'v' }]);
          assert.deepEqual(await table.get(text), { key: text, value: 'v' });
          assert.deepEqual(await table.items(text), [{ key: text, value: 'v' }]);
          await table.write([{ key: text, value: null }]);
          assert.equal(await table.get(text), null);
        });
      }

      it('gives null for a key that is not there', async () => {
        const table = await emptied();
        assert.equal(await table.get('k'), null);
      });

      it('puts an item in place of the one of its key, expiry included', async () => {
        const table = await emptied();
        await table.write([{ key: 'k', value: '1', expiresAtS: startS + 10 }]);
        assert.deepEqual(await table.get('k'), { key: 'k', value: '1', expiresAtS: startS + 10 });
        await table.write([{ key: 'k', value: '2' }]);
        assert.deepEqual(await table.get('k'), { key: 'k', value: '2' });
      });

      it('deletes with null and with an empty value, and what is not there too', async () => {
        const table = await emptied();
        await table.write([
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
          { key: 'c', value: '3' },
        ]);
        await table.write([
          { key: 'a', value: null },
          { key: 'b', value: '' },
          { key: 'd', value: null },
        ]);
        assert.deepEqual(await table.items(), [{ key: 'c', value: '3' }]);
      });

      it('lists them in the order of code points', async () => {
        const table = await emptied();
        // UTF-16 has the last two the other way round; a collation would mix the first ones.
        const keys = ['', 'A', 'B', '[', 'a', 'ab', 'b', 'é', '\uff5e', '😀'].slice(1);
        await table.write([...keys].reverse().map((key) => ({ key, value: 'v' })));
        assert.deepEqual(
          (await table.items()).map(({ key }) => key),
          keys,
        );
      });

      it('lists those with a prefix, taken as it is', async () => {
        const table = await emptied();
        const keys = ['%', '%a', 'a', 'a*', 'a*b', 'ab', '😀', '😀a'];
        await table.write(keys.map((key) => ({ key, value: 'v' })));
        for (const [prefix, expected] of Object.entries({
          a: ['a', 'a*', 'a*b', 'ab'],
          'a*': ['a*', 'a*b'],
          '%': ['%', '%a'],
          '😀': ['😀', '😀a'],
          b: [],
          A: [],
        })) {
          assert.deepEqual(
            (await table.items(prefix)).map(({ key }) => key),
            expected,
            prefix,
          );
        }
      });

      it('makes more changes than one request holds, and lists more than one page', async () => {
        const table = await emptied();
        const value = 'x'.repeat(30_000);
        const changes = Array.from({ length: 60 }, (_, index) => ({ key: `k${100 + index}`, value }));
        await table.write(changes);
        assert.deepEqual(await table.items(), changes);
        await table.write(changes.map(({ key }) => ({ key, value: null })));
        assert.deepEqual(await table.items(), []);
      });

      it('takes the last of two changes of a key', async () => {
        const table = await emptied();
        await table.write([
          { key: 'k', value: '1' },
          { key: 'l', value: '1' },
          { key: 'k', value: '2' },
          { key: 'l', value: null },
        ]);
        assert.deepEqual(await table.items(), [{ key: 'k', value: '2' }]);
      });

      it('takes no changes for done', async () => {
        const table = await emptied();
        await table.write([]);
        assert.deepEqual(await table.items(), []);
      });

      it('keeps the tables apart', async () => {
        await emptied();
        const tables = [store.configuration, store.scheduler, store.state, store.inventory];
        for (const [index, table] of tables.entries()) {
          await table.write([{ key: 'where', value: String(index) }]);
        }
        for (const [index, table] of tables.entries()) {
          assert.equal((await table.get('where'))?.value, String(index));
          await table.write([{ key: 'where', value: null }]);
        }
      });

      const refused: Readonly<Record<string, Change>> = {
        'no key': { key: '', value: 'v' },
        'no key to delete': { key: '', value: null },
        'half a second': { key: 'k', value: 'v', expiresAtS: startS + 0.5 },
        'no number': { key: 'k', value: 'v', expiresAtS: Number.NaN },
      };
      for (const [kind, change] of Object.entries(refused)) {
        it(`refuses ${kind}, and makes none of the changes beside it`, async () => {
          const table = await emptied();
          await assert.rejects(table.write([{ key: 'beside', value: 'v' }, change]), StoreError);
          await assert.rejects(table.writeIf(null, change), StoreError);
          assert.deepEqual(await table.items(), []);
        });
      }

      it('makes the changes of many at the same time, each in its order', async () => {
        const table = await emptied();
        const writers = Array.from({ length: 100 }, (_, writer) => writer);
        await Promise.all(
          writers.map(async (writer) => {
            for (let turn = 1; turn <= 3; turn++) {
              await table.write([{ key: `w${writer}`, value: String(turn) }]);
              assert.equal((await table.get(`w${writer}`))?.value, String(turn), 'reads its own write');
            }
          }),
        );
        const values = (await table.items('w')).map(({ value }) => value);
        assert.deepEqual(
          values,
          writers.map(() => '3'),
        );
      });

      it('fails the one that cannot be made, not those beside it', async () => {
        const table = await emptied();
        const outcomes = await Promise.allSettled(
          ['a', '', 'c'].map((key) => table.write([{ key, value: 'v' }])),
        );
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          ['fulfilled', 'rejected', 'fulfilled'],
        );
        assert.equal((await table.items()).length, 2);
      });
    });

    describe('expiry', () => {
      it('is at its second', async () => {
        const table = await emptied();
        await table.write([{ key: 'k', value: 'v', expiresAtS: startS + 10 }]);
        nowMs = startMs + 9_999;
        assert.deepEqual(await table.items(), [{ key: 'k', value: 'v', expiresAtS: startS + 10 }]);
        nowMs = startMs + 10_000;
        assert.equal(await table.get('k'), null);
        assert.deepEqual(await table.items(), []);
        assert.deepEqual(await table.items('k'), []);
      });

      it('may have passed when the item is written', async () => {
        const table = await emptied();
        await table.write([{ key: 'k', value: 'v' }]);
        await table.write([{ key: 'k', value: 'w', expiresAtS: startS - 1 }]);
        assert.equal(await table.get('k'), null);
      });

      it('makes room for the key', async () => {
        const table = await emptied();
        await table.write([{ key: 'k', value: 'v', expiresAtS: startS }]);
        await table.write([{ key: 'k', value: 'w' }]);
        assert.deepEqual(await table.get('k'), { key: 'k', value: 'w' });
      });
    });

    describe('writeIf', () => {
      const stored: Readonly<Record<string, Change | null>> = {
        nothing: null,
        'the value': { key: 'k', value: 'expected', expiresAtS: startS + 10 },
        'another value': { key: 'k', value: 'other' },
        'the value, expired': { key: 'k', value: 'expected', expiresAtS: startS },
      };
      // [stored, expected, whether it is made]
      const cases: readonly (readonly [keyof typeof stored, string | null, boolean])[] = [
        ['nothing', null, true],
        ['nothing', 'expected', false],
        ['the value', null, false],
        ['the value', 'expected', true],
        ['another value', null, false],
        ['another value', 'expected', false],
        ['the value, expired', null, true],
        ['the value, expired', 'expected', false],
      ];
      const changes: readonly Change[] = [
        { key: 'k', value: 'new' },
        { key: 'k', value: 'new', expiresAtS: startS + 20 },
        { key: 'k', value: null },
      ];
      for (const [before, expected, isMade] of cases) {
        for (const change of changes) {
          const what = change.value === null ? 'deletes' : `puts${change.expiresAtS ? ' with expiry' : ''}`;
          it(`${isMade ? what : `leaves (${what})`} with ${before} stored and ${expected} expected`, async () => {
            const table = await emptied();
            const beside = { key: 'beside', value: 'v' };
            await table.write([beside, ...(stored[before] ? [stored[before]] : [])]);
            const previous = await table.get('k');
            assert.equal(await table.writeIf(expected, change), isMade);
            const { expiresAtS, ...rest } = change;
            const made = expiresAtS === undefined ? rest : change;
            assert.deepEqual(await table.get('k'), isMade ? (change.value === null ? null : made) : previous);
            assert.deepEqual(await table.get('beside'), beside);
          });
        }
      }

      it('lets one of many who expect the same have it', async () => {
        const table = await emptied();
        const attempts = Array.from({ length: 20 }, (_, index) =>
          table.writeIf(null, { key: 'k', value: String(index) }),
        );
        const made = (await Promise.all(attempts)).map((isMade, index) => (isMade ? String(index) : null));
        assert.deepEqual(
          made.filter((value) => value !== null),
          [(await table.get('k'))?.value],
        );
      });

      it('loses no addition of those who try again', async () => {
        const table = await emptied();
        const addOne = async (): Promise<void> => {
          for (;;) {
            const value = (await table.get('count'))?.value ?? null;
            if (await table.writeIf(value, { key: 'count', value: String(Number(value) + 1) })) return;
          }
        };
        await Promise.all(Array.from({ length: 12 }, addOne));
        assert.equal((await table.get('count'))?.value, '12');
      });
    });

    describe('events', () => {
      const event = (EventDate: string, rest: Partial<StoredEvent> = {}): StoredEvent => ({
        EventDate,
        InputType: 'json',
        Input: '{"a": "é"}',
        Attempts: 2,
        ...rest,
      });
      const first = event('2020-11-20 14:52:01+00:00');
      const second = event('2020-11-20 14:52:01.386000+00:00', { ExpirationTime: startS + 10 });
      const third = event('2021-01-01 00:00:00+00:00');
      const clean = async (): Promise<void> => {
        nowMs = 0;
        for (const { EventDate } of await store.events.events()) await store.events.remove(EventDate);
        nowMs = startMs;
      };

      it('lists them by date, whole', async () => {
        await clean();
        for (const one of [third, first, second]) assert.equal(await store.events.add(one), true);
        assert.deepEqual(await store.events.events(), [first, second, third]);
      });

      it('keeps no attribute that is undefined', async () => {
        await clean();
        await store.events.add(event('d', { Reason: undefined, ExpirationTime: undefined }));
        assert.deepEqual(await store.events.events(), [event('d')]);
      });

      it('adds none of a date that is taken, unless that has expired', async () => {
        await clean();
        await store.events.add(second);
        const other = event(second.EventDate, { Input: 'other' });
        assert.equal(await store.events.add(other), false);
        assert.deepEqual(await store.events.events(), [second]);
        nowMs = startMs + 10_000;
        assert.deepEqual(await store.events.events(), []);
        assert.equal(await store.events.add(other), true);
        assert.deepEqual(await store.events.events(), [other]);
      });

      it('acknowledges one that is there, twice if asked', async () => {
        await clean();
        await store.events.add(first);
        await store.events.add(third);
        assert.equal(await store.events.setAckDate(first.EventDate, 'x'), true);
        assert.equal(await store.events.setAckDate(first.EventDate, `2020 "'é`), true);
        assert.deepEqual(await store.events.events(), [{ ...first, AckDate: `2020 "'é` }, third]);
      });

      it('acknowledges none that is not there or has expired', async () => {
        await clean();
        await store.events.add(second);
        assert.equal(await store.events.setAckDate(first.EventDate, 'x'), false);
        nowMs = startMs + 10_000;
        assert.equal(await store.events.setAckDate(second.EventDate, 'x'), false);
        assert.deepEqual(await store.events.events(), []);
      });

      it('removes one, and what is not there too', async () => {
        await clean();
        await store.events.add(first);
        await store.events.add(third);
        await store.events.remove(first.EventDate);
        await store.events.remove(first.EventDate);
        assert.deepEqual(await store.events.events(), [third]);
      });

      it('refuses one without a date, and half a second', async () => {
        await clean();
        await assert.rejects(store.events.add(event('')), StoreError);
        await assert.rejects(store.events.add(event('d', { ExpirationTime: 0.5 })), StoreError);
        assert.deepEqual(await store.events.events(), []);
      });
    });

    describe('its end', () => {
      it('comes after what was asked for, refuses what is asked for later, and may come twice', async () => {
        const otherPlace = await openPlace();
        after(() => otherPlace.close());
        const other = await otherPlace.open(() => nowMs);
        const writing = other.configuration.write([{ key: 'k', value: 'v' }]);
        await Promise.all([writing, other.close()]);
        await other.close();
        await assert.rejects(other.configuration.get('k'), StoreError);
        await assert.rejects(other.configuration.items(), StoreError);
        await assert.rejects(other.configuration.write([{ key: 'k', value: 'w' }]), StoreError);
        await assert.rejects(other.configuration.writeIf(null, { key: 'l', value: 'w' }), StoreError);
        await assert.rejects(other.events.add({ EventDate: 'd' }), StoreError);
      });

      if (isKept) {
        it('keeps what was written', async () => {
          const table = await emptied();
          const item = { key: 'kept', value: 'é', expiresAtS: startS + 10 };
          await table.write([item]);
          await store.events.add({ EventDate: 'kept', Input: 'x' });
          await store.close();
          store = await place.open(() => nowMs);
          assert.deepEqual(await store.configuration.get('kept'), item);
          assert.deepEqual(
            (await store.events.events()).filter(({ EventDate }) => EventDate === 'kept'),
            [{ EventDate: 'kept', Input: 'x' }],
          );
        });
      }
    });
  });
}
