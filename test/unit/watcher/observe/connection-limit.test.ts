import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionLimit } from '../../../../src/watcher/observe/connection-limit.ts';

for (const [name, descriptors, expected] of [
  ['as usual', 1024, 64],
  ['not known', null, 64],
  ['three servers more have as many', 256, 52],
  ['little is left for clients', 80, 8],
  ['some also where there is nothing to give', 32, 4],
] as const) {
  test(`${name}: of ${descriptors} descriptors ${expected} are for a server's clients`, () => {
    assert.equal(connectionLimit(descriptors), expected);
  });
}
