// The packaged runtime takes the packaged code caches, whoever runs it and however little they may do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { PROGRAMS } from '../../scripts/build/bundle.ts';
import { V8_OPTIONS } from '../../scripts/build/v8-options.ts';
import { temporaryDirectory } from '../fixtures/programs.ts';
import { thisRelease } from './packages.ts';

/** Root; nobody; one of those that systemd gives to DynamicUser=yes. */
const USERS = [0, 65_534, 61_184];

const temporary = temporaryDirectory();
const judge = join(temporary.path, 'cache-accepted.cjs');
const tree = join(temporary.path, 'tree');

before(async () => {
  chmodSync(temporary.path, 0o755);
  cpSync(join(thisRelease().directory, 'tree-x64'), tree, { recursive: true });
  await build({
    entryPoints: [resolve(import.meta.dirname, '../fixtures/cache-accepted.ts')],
    outfile: judge,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});
after(() => temporary.close());

for (const uid of USERS)
  for (const program of PROGRAMS)
    test(`the cache of ${program} is accepted for user ${uid}, who has no capability`, () => {
      const node = [
        join(tree, 'runtime/node'),
        ...V8_OPTIONS[program],
        judge,
        join(tree, 'lib', `${program}.cjs`),
      ];
      const as = [
        `--reuid=${uid}`,
        `--regid=${uid}`,
        '--clear-groups',
        '--bounding-set=-all',
        '--no-new-privs',
      ];
      assert.equal(execFileSync('setpriv', [...as, ...node], { encoding: 'utf8', env: {} }), 'true');
    });
