// The loader and V8's code cache, with a program of the test's own in the place of the real ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { PROGRAMS } from '../../../../scripts/build/bundle.ts';
import { cachePath, compileBundle } from '../../../../scripts/build/code-cache.ts';
import { writeCodeCaches } from '../../../../scripts/build/write-code-caches.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../../../scripts/build');
const ACCEPTED = resolve(import.meta.dirname, '../../../fixtures/cache-accepted.ts');

/** Tells all that a bundle of ours could want of its surroundings. */
const PROGRAM = `#!/usr/bin/env node
const { sep } = require('node:path');
function where() { return new Error('here').stack.split('\\n')[1].trim(); }
process.stdout.write(JSON.stringify({
  arguments: process.argv.slice(1), __filename, __dirname, sep, where: where(), exports: typeof module.exports,
}));
`;

const temporary = temporaryDirectory();
const lib = join(temporary.path, 'lib');
const bundle = join(lib, 'cs-interact.cjs');
const start = join(lib, 'start.cjs');

function makeLib(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const program of PROGRAMS) writeFileSync(join(directory, `${program}.cjs`), PROGRAM);
  writeCodeCaches(directory, [process.execPath]);
}

function run(...words: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    cwd: temporary.path,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Whether a runtime with these flags takes the cache. */
function isAccepted(...flags: readonly string[]): boolean {
  return run(...flags, ACCEPTED, bundle) as boolean;
}

before(async () => {
  makeLib(lib);
  await build({
    entryPoints: [join(SCRIPTS, 'start.ts')],
    outfile: start,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});
after(() => temporary.close());

describe('a program run by the loader', () => {
  const CACHES: Readonly<Record<string, () => void>> = {
    'from its cache': () => undefined,
    'from a cache cut short': () => truncateSync(cachePath(bundle), 100),
    'from what is no cache': () => writeFileSync(cachePath(bundle), 'no cache'.padEnd(4096)),
    'from an empty cache': () => writeFileSync(cachePath(bundle), ''),
    'without a cache': () => rmSync(cachePath(bundle)),
  };
  for (const [name, spoil] of Object.entries(CACHES)) {
    test(`${name} sees what Node.js itself would show it`, () => {
      makeLib(lib);
      spoil();
      assert.deepEqual(run(start, 'lib/cs-interact.cjs', 'one', '--two'), {
        ...{ arguments: [bundle, 'one', '--two'], __filename: bundle, __dirname: lib, sep: '/' },
        ...{ where: `at where (${bundle}:3:27)`, exports: 'object' },
      });
      assert.deepEqual(run(start, 'lib/cs-interact.cjs'), run(bundle));
    });
  }
});

describe('a cache', () => {
  before(() => makeLib(lib));

  test('is accepted by the runtime that it was made with', () => assert.equal(isAccepted(), true));

  test('is rejected where the flags of V8 are others', () => assert.equal(isAccepted('--no-opt'), false));

  test('is rejected for a bundle of another length', () => {
    const cache = readFileSync(cachePath(bundle));
    const longer = join(temporary.path, 'longer.cjs');
    writeFileSync(longer, `${PROGRAM}// longer\n`);
    assert.equal(compileBundle(longer, longer, cache).cachedDataRejected, true);
  });

  test('made in another place has the same bytes, and neither place in it', () => {
    const elsewhere = join(temporary.path, 'another/and/deeper');
    makeLib(elsewhere);
    for (const program of PROGRAMS) {
      const [one, other] = [lib, elsewhere].map((directory) =>
        readFileSync(cachePath(join(directory, `${program}.cjs`))),
      ) as [Buffer, Buffer];
      assert.ok(one.equals(other), `${program}: two caches differ`);
      assert.equal(one.includes(temporary.path), false, `${program}: names the place of the build`);
    }
  });
});
