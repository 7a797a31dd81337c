// The build ships the manual pages, of this version and of these definitions.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { manPages } from '../../scripts/man-pages.ts';

const DIRECTORY = join(import.meta.dirname, '../../dist/share/man');

for (const [path, expected] of manPages(manifest.version, new Date(0))) {
  test(`dist/share/man/${path}`, () => {
    assert.equal(undated(readFileSync(join(DIRECTORY, path), 'utf8')), undated(expected));
  });
}

/** Only the day of the build varies. */
function undated(page: string): string {
  return page.replace(/^(\.TH .*) \d{4}-\d\d-\d\d /, '$1 DATE ');
}
