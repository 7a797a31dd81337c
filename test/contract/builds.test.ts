// One list of sources, two ways to build it: cmake-js makes what is shipped, node-gyp must make the same.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

const BUILD = join(import.meta.dirname, '../../build');

test('cmake-js and node-gyp build addons of the same shape, and both load', () => {
  const require = createRequire(import.meta.url);
  const [cmake, gyp] = ['cmake/Release', 'Release'].map((directory) => {
    const addon = require(join(BUILD, directory, 'addon.node')) as Record<string, unknown>;
    return Object.entries(addon).map(([name, value]) => `${name}: ${typeof value}`);
  });
  assert.ok(cmake !== undefined && cmake.length >= 5, 'the addon exports its functions');
  assert.deepEqual(gyp, cmake);
});
