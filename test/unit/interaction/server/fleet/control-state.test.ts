// The lists of protected instances in CloneSquad's State item.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  changeControlRecords,
  readControlState,
  readExcludedIds,
} from '../../../../../src/interaction/server/fleet/control-state.ts';
import { nowMs, openStore } from '../operations/make-call.ts';

const nowS = Math.floor(nowMs / 1000);
const record = { expiresAtS: nowS + 60, startDate: 'start', endDate: 'end', excluded: false };
const stored = (TTL: number, Excluded = false) => ({ TTL, StartDate: 'start', EndDate: 'end', Excluded });

describe('control state', () => {
  it('is kept as CloneSquad keeps it, until its last record is over', async (test) => {
    const { state } = await openStore(test);
    await changeControlRecords(state, 'unstoppable', nowMs, () => new Map([['i-1', record]]));
    await changeControlRecords(
      state,
      'unstartable',
      nowMs,
      () => new Map([['i-2', { ...record, expiresAtS: nowS + 90 }]]),
    );
    const item = await state.get('ec2.control.state');
    assert.deepEqual(JSON.parse(item!.value), {
      unstoppable: { 'i-1': stored(nowS + 60) },
      unstartable: { 'i-2': stored(nowS + 90) },
    });
    assert.equal(item?.expiresAtS, nowS + 90);
    await changeControlRecords(state, 'unstoppable', nowMs, () => new Map());
    await changeControlRecords(state, 'unstartable', nowMs, () => new Map());
    assert.equal(await state.get('ec2.control.state'), null);
  });

  it('is read compressed, without what is over', async (test) => {
    const { state } = await openStore(test);
    const document = { unstoppable: { 'i-1': stored(nowS), 'i-2': stored(nowS + 1) } };
    const value = gzipSync(JSON.stringify(document)).toString('base64');
    await state.write([{ key: 'ec2.control.state', value }]);
    assert.deepEqual(await readControlState(state, nowMs), {
      unstoppable: new Map([['i-2', { ...record, expiresAtS: nowS + 1 }]]),
      unstartable: new Map(),
    });
  });

  it('loses no record of many added at once', async (test) => {
    const { state } = await openStore(test);
    const ids = Array.from({ length: 30 }, (_, index) => `i-${index}`);
    await Promise.all(
      ids.map((id, index) =>
        changeControlRecords(state, index % 2 === 0 ? 'unstoppable' : 'unstartable', nowMs, (records) =>
          new Map(records).set(id, record),
        ),
      ),
    );
    const { unstoppable, unstartable } = await readControlState(state, nowMs);
    assert.deepEqual([...unstoppable.keys(), ...unstartable.keys()].sort(), ids.sort());
  });

  it('excludes by either list, while the record lasts', async (test) => {
    const { state } = await openStore(test);
    const document = {
      unstoppable: { 'i-1': stored(nowS + 1, true), 'i-2': stored(nowS + 1) },
      unstartable: { 'i-3': stored(nowS + 1, true), 'i-4': stored(nowS, true) },
    };
    await state.write([{ key: 'ec2.control.state', value: JSON.stringify(document) }]);
    assert.deepEqual(await readExcludedIds(state, nowMs), new Set(['i-1', 'i-3']));
  });

  const broken: [string, string][] = [
    ['no JSON', 'x'],
    ['[]', '[]'],
    ['a record that is none', '{"unstoppable":{"i-1":7}}'],
    ['a record without its time', '{"unstoppable":{"i-1":{"StartDate":"","EndDate":"","Excluded":true}}}'],
  ];
  for (const [name, value] of broken) {
    it(`is not overwritten when it is ${name}`, async (test) => {
      const { state } = await openStore(test);
      await state.write([{ key: 'ec2.control.state', value }]);
      const change = changeControlRecords(state, 'unstoppable', nowMs, () => new Map());
      await assert.rejects(change, { name: 'StoreError', message: /^item ec2\.control\.state/ });
      assert.equal((await state.get('ec2.control.state'))?.value, value);
    });
  }
});
