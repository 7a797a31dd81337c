// What operators and imports may say of an instance, and how it is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';

describe('parseFleetInstance', () => {
  it('needs the id only', () => {
    assert.deepEqual(parseFleetInstance({ id: 'i-0ab' }), {
      id: 'i-0ab',
      name: null,
      type: 'unknown',
      az: 'unknown',
      azIssues: false,
      ec2State: 'running',
      scalingState: null,
      status: 'unknown',
      spot: false,
      spotInterruptedAt: null,
      spotRebalanceRecommendedAt: null,
      tags: {},
      targetGroups: 0,
      targetGroupArns: [],
    });
  });

  const accepted: [object, object][] = [
    [{ state: 'stopped' }, { ec2State: 'stopped', scalingState: null }],
    [{ state: 'running' }, { ec2State: 'running', scalingState: null }],
    [{ state: 'draining' }, { ec2State: 'running', scalingState: 'draining' }],
    [{ state: 'of-my-own' }, { ec2State: 'running', scalingState: 'of-my-own' }],
    [
      { ec2State: 'pending', scalingState: 'error' },
      { ec2State: 'pending', scalingState: 'error' },
    ],
    [{ subfleet: 'blue' }, { tags: { 'clonesquad:subfleet-name': 'blue' } }],
    [
      { subfleet: null, tags: { 'clonesquad:subfleet-name': 'blue' } },
      { tags: { 'clonesquad:subfleet-name': 'blue' } },
    ],
    [
      { subfleet: 'blue', tags: { a: 'b', 'clonesquad:subfleet-name': 'green' } },
      { tags: { a: 'b', 'clonesquad:subfleet-name': 'blue' } },
    ],
    [{ scalingState: null }, { ec2State: 'running', scalingState: null }],
    [{ targetGroupArns: ['a', 'b'] }, { targetGroups: 2, targetGroupArns: ['a', 'b'] }],
    [{ targetGroups: 3 }, { targetGroups: 3, targetGroupArns: [] }],
    [
      { spot: true, spotInterruptedAt: '2026-01-01T00:00:00Z' },
      { spot: true, spotInterruptedAt: '2026-01-01T00:00:00Z' },
    ],
  ];
  for (const [given, expected] of accepted) {
    it(`accepts ${JSON.stringify(given)}`, () => {
      const parsed = parseFleetInstance({ id: 'i-0ab', ...given });
      assert.deepEqual(parsed, { ...parseFleetInstance({ id: 'i-0ab' }), ...expected });
    });
  }

  it('takes what it gives', () => {
    const parsed = parseFleetInstance({ id: 'i-0ab', state: 'draining', tags: { a: 'b' }, az: 'eu-west-3a' });
    assert.deepEqual(parseFleetInstance(JSON.parse(JSON.stringify(parsed))), parsed);
  });

  const refused: [unknown, string][] = [
    [null, 'expected an object'],
    [[], 'expected an object'],
    [{}, 'id: expected an id such as i-0ab12'],
    [{ id: '../x' }, 'id: expected an id such as i-0ab12'],
    [{ id: 'i-0ab', State: 'running' }, 'State: no such field'],
    [{ id: 'i-0ab', name: 5 }, 'name: expected a string'],
    [{ id: 'i-0ab', type: 'x'.repeat(1025) }, 'type: longer than 1024 bytes'],
    [{ id: 'i-0ab', state: 5 }, 'state: expected a string'],
    [{ id: 'i-0ab', state: '' }, 'state: expected a string that is not empty'],
    [
      { id: 'i-0ab', state: 'running', ec2State: 'running' },
      'state: stands for ec2State and scalingState, so give it or them',
    ],
    [
      { id: 'i-0ab', ec2State: 'draining' },
      'ec2State: expected one of pending, running, stopping, stopped, shutting-down, terminated',
    ],
    [{ id: 'i-0ab', azIssues: 'no' }, 'azIssues: expected true or false'],
    [{ id: 'i-0ab', spot: 'yes' }, 'spot: expected true or false'],
    [
      { id: 'i-0ab', spotInterruptedAt: '2026-01-01T00:00:00Z' },
      'spotInterruptedAt: only an instance with "spot": true has one',
    ],
    [
      { id: 'i-0ab', spot: true, spotRebalanceRecommendedAt: 'soon' },
      'spotRebalanceRecommendedAt: expected a time such as 2030-01-31T12:00:00Z',
    ],
    [{ id: 'i-0ab', tags: [] }, 'tags: expected an object'],
    [{ id: 'i-0ab', tags: { a: 1 } }, 'tags.a: expected a string'],
    [{ id: 'i-0ab', targetGroups: -1 }, 'targetGroups: expected a count'],
    [{ id: 'i-0ab', targetGroups: '1' }, 'targetGroups: expected a count'],
    [{ id: 'i-0ab', targetGroups: 2, targetGroupArns: ['a'] }, 'targetGroups: 2, but targetGroupArns has 1'],
    [{ id: 'i-0ab', targetGroupArns: 'a' }, 'targetGroupArns: expected an array of strings'],
    [{ id: 'i-0ab', targetGroupArns: [1] }, 'targetGroupArns[0]: expected a string'],
  ];
  for (const [value, message] of refused) {
    it(`refuses: ${message}`, () => {
      assert.throws(() => parseFleetInstance(value), { name: 'FleetInstanceError', message });
    });
  }
});
