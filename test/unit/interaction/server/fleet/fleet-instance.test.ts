// The questions that operations ask of an instance, in each dialect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  effectiveState,
  isExcludedByTag,
  isVisible,
  nameOf,
  subfleetOf,
} from '../../../../../src/interaction/server/fleet/fleet-instance.ts';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';

const instance = (fields: object) => parseFleetInstance({ id: 'i-0ab', ...fields });

describe('effectiveState', () => {
  const excluded = { tags: { 'clonesquad:excluded': 'true' } };
  const cases: [object, { d0: string; flat: string }][] = [
    [{}, { d0: 'running', flat: 'running' }],
    [{ ec2State: 'stopping' }, { d0: 'stopping', flat: 'stopping' }],
    [{ state: 'draining' }, { d0: 'draining', flat: 'draining' }],
    [
      { ec2State: 'stopping', scalingState: 'error' },
      { d0: 'error', flat: 'error' },
    ],
    [excluded, { d0: 'excluded', flat: 'running' }],
    [{ tags: { 'clonesquad:excluded': 'True' } }, { d0: 'excluded', flat: 'running' }],
    [{ tags: { 'clonesquad:excluded': 'no' } }, { d0: 'running', flat: 'running' }],
    [{ subfleet: 'blue' }, { d0: 'excluded', flat: 'running' }],
    [{ tags: { 'clonesquad:subfleet-name': 'blue' } }, { d0: 'excluded', flat: 'running' }],
    // An operator's command is never masked.
    [
      { ...excluded, state: 'draining' },
      { d0: 'draining', flat: 'draining' },
    ],
    [
      { subfleet: 'blue', state: 'bounced' },
      { d0: 'bounced', flat: 'bounced' },
    ],
  ];
  for (const [fields, { d0, flat }] of cases) {
    it(JSON.stringify(fields), () => {
      assert.equal(effectiveState(instance(fields), 'd0'), d0);
      assert.equal(effectiveState(instance(fields), 'd1'), flat);
      assert.equal(effectiveState(instance(fields), 'd2'), flat);
    });
  }
});

describe('isVisible', () => {
  const cases: [string, { d0: boolean; flat: boolean }][] = [
    ['pending', { d0: true, flat: true }],
    ['running', { d0: true, flat: true }],
    ['draining', { d0: true, flat: true }],
    ['stopping', { d0: false, flat: true }],
    ['stopped', { d0: false, flat: true }],
    ['shutting-down', { d0: false, flat: false }],
    ['terminated', { d0: false, flat: false }],
  ];
  for (const [state, { d0, flat }] of cases) {
    it(state, () => {
      assert.equal(isVisible(instance({ state }), 'd0'), d0);
      assert.equal(isVisible(instance({ state }), 'd1'), flat);
      assert.equal(isVisible(instance({ state }), 'd2'), flat);
    });
  }
});

describe('names', () => {
  const tags = { Name: 'tagged', 'clonesquad:subfleet-name': 'green' };
  it('are those entered, else those of the tags', () => {
    assert.equal(nameOf(instance({ name: 'entered', tags })), 'entered');
    assert.equal(nameOf(instance({ tags })), 'tagged');
    assert.equal(nameOf(instance({})), null);
    assert.equal(subfleetOf(instance({ subfleet: 'blue', tags })), 'blue');
    assert.equal(subfleetOf(instance({ tags })), 'green');
    assert.equal(subfleetOf(instance({})), null);
  });
});

describe('isExcludedByTag', () => {
  for (const value of ['1', 'true', 'True']) {
    it(value, () => assert.ok(isExcludedByTag(instance({ tags: { 'clonesquad:excluded': value } }))));
  }
  for (const value of ['', '0', 'TRUE', 'false']) {
    it(`not ${value}`, () =>
      assert.ok(!isExcludedByTag(instance({ tags: { 'clonesquad:excluded': value } }))));
  }
});
