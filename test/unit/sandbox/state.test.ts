import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toFault } from '../../../src/sandbox/fault.ts';
import { changedState, initialState } from '../../../src/sandbox/state.ts';

describe('a change of the state', () => {
  test('is laid over, and leaves the former state alone', () => {
    const before = initialState();
    const after = changedState(before, { instance: { tags: { a: 'b' } }, imds: { tagsEnabled: false } });
    assert.deepEqual([after.instance.tags, after.imds.tagsEnabled], [{ a: 'b' }, false]);
    assert.deepEqual(before, initialState());
    assert.equal(after.instance.region, before.instance.region);
  });

  test('announces what EC2 and Auto Scaling could, and takes it back with null', () => {
    const signals = {
      spotInterruption: { action: 'hibernate', time: '2026-11-22T10:00:00Z' },
      rebalanceNoticeTime: '2026-11-22T09:00:00Z',
      targetLifecycleState: 'Warmed:Stopped',
    };
    const announced = changedState(initialState(), { signals });
    assert.deepEqual(announced.signals, signals);
    assert.notEqual(announced.signals.spotInterruption, signals.spotInterruption, 'the state is its own');
    const cleared = changedState(announced, {
      signals: { spotInterruption: null, targetLifecycleState: null },
    });
    assert.deepEqual(cleared.signals, {
      ...initialState().signals,
      rebalanceNoticeTime: '2026-11-22T09:00:00Z',
    });
  });

  const time = '2026-11-22T10:00:00Z';
  const refused: readonly [change: unknown, message: RegExp][] = [
    [[], /^state: must be a JSON object/],
    [{ instances: {} }, /^instances: there is no such setting/],
    [{ constructor: {} }, /^constructor: there is no such setting/],
    [{ instance: 'x' }, /^instance: must be a JSON object/],
    [{ instance: { regio: 'x' } }, /^instance\.regio: there is no such setting/],
    [{ instance: { region: 1 } }, /^instance\.region: must be a string/],
    [{ instance: { tags: { a: 1 } } }, /^instance\.tags: must map names to strings/],
    [{ instance: { tags: null } }, /^instance\.tags: must be a JSON object/],
    [{ discovery: { dialect: 'd3' } }, /^discovery\.dialect: must be d0, d1 or d2/],
    [{ credentials: { lifetimeSeconds: Number.NaN } }, /^credentials\.lifetimeSeconds: must be a number/],
    [{ signals: null }, /^signals: must be a JSON object/],
    [{ signals: { spot: null } }, /^signals\.spot: there is no such setting/],
    [{ signals: { spotInterruption: 'stop' } }, /^signals\.spotInterruption: must be null or \{"action"/],
    [{ signals: { spotInterruption: [] } }, /^signals\.spotInterruption: /],
    [{ signals: { spotInterruption: { action: 'stop' } } }, /^signals\.spotInterruption: /],
    [{ signals: { spotInterruption: { action: 'reboot', time } } }, /^signals\.spotInterruption: /],
    [{ signals: { spotInterruption: { action: 'stop', time: 'soon' } } }, /^signals\.spotInterruption: /],
    [{ signals: { spotInterruption: { action: 'stop', time, by: 'me' } } }, /^signals\.spotInterruption: /],
    [{ signals: { rebalanceNoticeTime: '' } }, /^signals\.rebalanceNoticeTime: must be null or UTC such as/],
    [{ signals: { rebalanceNoticeTime: '2026-13-22T10:00:00Z' } }, /^signals\.rebalanceNoticeTime: /],
    [
      { signals: { targetLifecycleState: 'Terminating' } },
      /^signals\.targetLifecycleState: must be null or one of InService, /,
    ],
  ];
  for (const [change, message] of refused) {
    test(`${JSON.stringify(change)} is refused`, () => {
      assert.throws(() => changedState(initialState(), change), { name: 'SandboxChangeError', message });
    });
  }
});

describe('a fault', () => {
  test('is taken as given', () => {
    const fault = { kind: 'status', status: 503, body: '{}', latencyMs: 5, operation: 'GET', times: 2 };
    assert.deepEqual(toFault('imds', fault), fault);
  });
  const refused: readonly [fault: unknown, message: RegExp][] = [
    [null, /must be a JSON object/],
    [{}, /^fault\.kind: must be one of status, /],
    [{ kind: 'fire' }, /^fault\.kind/],
    [{ kind: 'status' }, /^fault\.status/],
    [{ kind: 'function-error' }, /^fault\.kind: function-error is for lambda only/],
    [{ kind: 'status', status: 99 }, /^fault\.status/],
    [{ kind: 'hang', latency: 1 }, /^fault\.latency: there is no such setting/],
    [{ kind: 'hang', latencyMs: '1' }, /^fault\.latencyMs: must be a number/],
  ];
  for (const [fault, message] of refused) {
    test(`${JSON.stringify(fault)} is refused`, () => {
      assert.throws(() => toFault('imds', fault), { message });
    });
  }
});
