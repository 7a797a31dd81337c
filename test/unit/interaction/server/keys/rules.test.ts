// Rules and their wildcards, against what a request is made into before it is matched.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAllowed, ruleProblem } from '../../../../../src/interaction/server/keys/rules.ts';
import { matchesWildcard } from '../../../../../src/interaction/server/keys/wildcard.ts';

describe('matchesWildcard', () => {
  const cases: [string, string, boolean][] = [
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'aa', false],
    ['*', '', true],
    ['*', 'a/b?c\nd', true],
    ['a*', 'a', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abcb', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*a', 'ba-a', true],
    ['**', 'x', true],
    ['?', '', false],
    ['?', '\u{1f600}', true],
    ['a?c', 'a/c', true],
    ['a?c', 'ac', false],
    ['*?', '', false],
    ['*?', 'a', true],
    ['a.c', 'abc', false],
    ['[a-c]', 'b', false],
    ['*.*', 'app.disable', true],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () =>
      assert.equal(matchesWildcard(pattern, text), expected));
  }

  it('takes time in proportion to both, where a backtracking match would never end', {
    timeout: 10_000,
  }, () => {
    assert.equal(matchesWildcard(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000)), false);
  });
});

describe('isAllowed', () => {
  const cases: [string[], string[], string, boolean][] = [
    [[], [], 'GET/metadata', false],
    [['*'], [], 'POST/configuration', true],
    [['*'], ['*'], 'GET/', false],
    [['GET/*'], [], 'GET/', true],
    [['GET/*'], [], 'GET/fleet/status', true],
    [['GET/*'], [], 'POST/metadata', false],
    [['*/metadata'], [], 'POST/metadata', true],
    [['GET/configuration/*'], [], 'GET/configuration', false],
    [['GET/configuration*'], ['*/configuration/secret'], 'GET/configuration/secret', false],
    [['GET/configuration*'], ['*/configuration/secret'], 'GET/configuration/secrets', true],
  ];
  for (const [allow, deny, asked, expected] of cases) {
    it(`${JSON.stringify({ allow, deny })} ${expected ? 'allows' : 'does not allow'} ${asked}`, () => {
      const [method, ...command] = asked.split('/');
      assert.equal(isAllowed({ allow, deny }, method!, command.join('/')), expected);
    });
  }
});

describe('ruleProblem', () => {
  for (const rule of ['*', 'GET/', '*/metadata', 'POST/configuration/*', 'GET/*', 'GET/configuration/a?c'])
    it(`finds none in ${rule}`, () => assert.equal(ruleProblem(rule), null));
  for (const rule of [
    '',
    'metadata',
    'get/metadata',
    'DELETE/x',
    'GET//x',
    '/metadata',
    'GET/Fleet',
    'G*/x',
    'GET*',
  ])
    it(`finds one in ${JSON.stringify(rule)}`, () => assert.ok(ruleProblem(rule)));
});
