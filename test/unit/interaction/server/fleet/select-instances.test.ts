// Which instances an operator's words select.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFleetInstance } from '../../../../../src/interaction/server/fleet/parse-fleet-instance.ts';
import {
  type Selection,
  selectInstances,
} from '../../../../../src/interaction/server/fleet/select-instances.ts';

const fleet = [
  { id: 'i-1', name: 'web', tags: { role: 'web-1', empty: '' } },
  { id: 'i-2', tags: { Name: 'web', role: 'web-2' } },
  { id: 'i-3', subfleet: 'blue', tags: { role: 'db' } },
  { id: 'i-4', tags: { 'clonesquad:subfleet-name': 'green' } },
].map(parseFleetInstance);
const nothing: Selection = { ids: [], names: [], subfleets: [], tags: {} };

describe('selectInstances', () => {
  const cases: [string, Partial<Selection>, string][] = [
    ['nothing', {}, ''],
    ['ids', { ids: ['i-3', 'i-1', 'i-1', 'i-9'] }, 'i-1 i-3'],
    ['all', { ids: ['all'] }, 'i-1 i-2 i-3 i-4'],
    ['names, of the tag too', { names: ['web', 'none'] }, 'i-1 i-2'],
    ['an empty name', { names: [''] }, ''],
    ['subfleets', { subfleets: ['blue', 'green'] }, 'i-3 i-4'],
    ['an empty subfleet', { subfleets: [''] }, ''],
    ['the main fleet', { subfleets: null }, 'i-1 i-2'],
    ['a tag', { tags: { role: 'db' } }, 'i-3'],
    ['a tag with part of the value', { tags: { role: 'web' } }, ''],
    ['a tag that is absent', { tags: { role: null } }, 'i-4'],
    ['a tag of any value', { tags: { role: '*' } }, 'i-1 i-2 i-3'],
    ['a tag of the empty value', { tags: { empty: '' } }, 'i-1'],
    ['a tag of any value, the empty one too', { tags: { empty: '*' } }, 'i-1'],
    ['a pattern for the beginning', { tags: { role: 'we.*' } }, 'i-1 i-2'],
    ['a pattern for the beginning only', { tags: { role: '1.*' } }, ''],
    ['a pattern with alternatives', { tags: { role: 'db|x*z' } }, 'i-3'],
    ['two patterns', { tags: { role: 'w.*', empty: 'x*' } }, 'i-1'],
    ['the main fleet, by the tag', { tags: { 'clonesquad:subfleet-name': null } }, 'i-1 i-2'],
    ['a subfleet, by the tag', { tags: { 'clonesquad:subfleet-name': 'blue' } }, 'i-3'],
    ['all tags', { tags: { role: 'web.*', empty: null } }, 'i-2'],
    ['a tag named as a member of every object', { tags: { constructor: '*' } }, ''],
    ['a tag nobody has to be absent', { tags: { toString: null } }, 'i-1 i-2 i-3 i-4'],
    [
      'the union',
      { ids: ['i-4'], names: ['web'], subfleets: ['blue'], tags: { role: 'db' } },
      'i-1 i-2 i-3 i-4',
    ],
  ];
  for (const [name, selection, expected] of cases) {
    it(name, () => assert.equal(selectInstances(fleet, { ...nothing, ...selection }).join(' '), expected));
  }

  it('refuses a pattern that is none', () => {
    assert.throws(() => selectInstances(fleet, { ...nothing, tags: { role: '*web' } }), {
      name: 'TagPatternError',
      message: 'Tags.role: not a regular expression',
    });
  });

  it('gives up on a pattern that takes forever', () => {
    const slow = [parseFleetInstance({ id: 'i-1', tags: { role: 'a'.repeat(60) } })];
    assert.throws(() => selectInstances(slow, { ...nothing, tags: { role: '(a*)*b' } }), {
      name: 'TagPatternError',
      message: 'Tags: take more than 100 ms to match',
    });
  });
});
