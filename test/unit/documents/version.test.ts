// The version stands in package.json alone; what has to repeat it says the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import lock from '../../../package-lock.json' with { type: 'json' };
import manifest from '../../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../../..');

test('the lock file is of this version', () => {
  assert.deepEqual([lock.version, lock.packages[''].version], [manifest.version, manifest.version]);
});

test('the changelog begins with what is not released, or with this version and its day', () => {
  const [, heading = ''] = /^## (.*)$/m.exec(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')) ?? [];
  const [version, day] = heading.split(' ');
  assert.ok(
    heading === 'Unreleased' || (version === manifest.version && /^\(\d{4}-\d\d-\d\d\)$/.test(day ?? '')),
    heading,
  );
});
