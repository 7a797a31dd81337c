import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionLimit } from '../../../../src/watcher/control/connection-limit.ts';

for (const [name, descriptors, expected] of [
  ['as usual', 1024, 64],
  ['not known', null, 64],
  ['little is left for clients', 64, 16],
  ['still some where there is nothing to give', 32, 4],
] as const) {
  test(`${name}: of ${descriptors} descriptors ${expected} are for clients`, () => {
    assert.equal(connectionLimit(descriptors), expected);
  });
}
