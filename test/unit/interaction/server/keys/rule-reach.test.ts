// Which rules can be about anything at all.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesAnyOperation } from '../../../../../src/interaction/server/keys/rule-reach.ts';

describe('matchesAnyOperation', () => {
  const cases: [string, boolean][] = [
    ['*', true],
    ['GET/*', true],
    ['*/metadata', true],
    ['GET/', true],
    ['GET/allmetadatas', true],
    ['POST/debug/publishreportnow', true],
    ['GET/debug/publishreportnow', false],
    ['GET/config', false],
    ['GET/config*', true],
    ['GET/configuration', true],
    ['GET/configuration/a.b', true],
    ['GET/configuration/*', true],
    ['GET/configuration.*', false],
    ['POST/?cheduler/*.x', true],
    ['POST/control/instances/unstoppable', true],
    ['POST/control/instances/*', true],
    ['POST/control/instances/stopped', false],
    ['GET/fleet', false],
    ['*/fleet', true],
    ['*/f*s', true],
  ];
  for (const [rule, expected] of cases) {
    it(`${rule}: ${expected}`, () => assert.equal(matchesAnyOperation(rule), expected));
  }
});
