// The lists of instances not to be stopped or started, read into the model and written from it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ControlRecord,
  parseControlRecords,
  renderControlRecords,
} from '../../../../src/interaction/contract/control-record.ts';

const wire = {
  StartDate: '2020-11-17 10:50:59.462776+00:00',
  EndDate: '2020-11-17 11:50:59+00:00',
  TTL: 1_605_613_859,
  Excluded: false,
  InstanceName: 'web-1',
  SubfleetName: null,
};
const record: ControlRecord = {
  instanceId: 'i-1',
  startDate: wire.StartDate,
  endDate: wire.EndDate,
  expiresAtS: wire.TTL,
  excluded: false,
  instanceName: 'web-1',
  subfleetName: null,
};
const unnamed = { ...wire, InstanceName: null, SubfleetName: 'blue', Excluded: true };
const unnamedRecord = {
  ...record,
  instanceId: 'i-2',
  instanceName: null,
  subfleetName: 'blue',
  excluded: true,
};

describe('control records', () => {
  it('are read and written', () => {
    const body = { 'i-1': wire, 'i-2': unnamed };
    assert.deepEqual(parseControlRecords(body), [record, unnamedRecord]);
    assert.deepEqual(renderControlRecords([record, unnamedRecord]), body);
  });

  it('can be none', () => {
    assert.deepEqual(parseControlRecords({}), []);
    assert.deepEqual(renderControlRecords([]), {});
  });

  const refused: [unknown, string][] = [
    [[], 'answer: expected an object, got an array'],
    [{ 'i-1': null }, 'i-1: expected an object, got null'],
    [{ 'i-1': { ...wire, TTL: 1.5 } }, 'i-1.TTL: expected a count, got 1.5'],
    [{ 'i-1': { ...wire, Excluded: 'true' } }, 'i-1.Excluded: expected a boolean, got a string'],
    [{ 'i-1': { ...wire, InstanceName: 1 } }, 'i-1.InstanceName: expected a string, got a number'],
  ];
  for (const [body, message] of refused) {
    it(`are refused: ${message}`, () =>
      assert.throws(() => parseControlRecords(body), { name: 'WireFieldError', message }));
  }
});
