// The release made again, from a copy of the sources in another place and with other habits, has the same bytes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { releaseEpochSeconds } from '../../scripts/packaging/release-date.ts';
import { thisRelease } from './packages.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const BUILD_DEADLINE_MS = 1_800_000;
const ARTEFACT = /\.(?:tar\.xz|deb|rpm)$/;

/** What a clean clone has, changes that are not committed included; and what setup and the network would bring. */
const COPY = `
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\\0' "$file"
  done | tar --create --null --files-from=- | tar --extract --directory="$1"
  cp -al node_modules "$1/"
  mkdir "$1/build"
  [ ! -d build/cache ] || cp -a build/cache "$1/build/"`;

const { directory: made } = thisRelease();
const parent = join(PROJECT, 'build/packaging');
mkdirSync(parent, { recursive: true });
const work = mkdtempSync(join(parent, 'another-place-'));
const again = join(work, 'build/package');

before(
  () => {
    execFileSync('bash', ['-euo', 'pipefail', '-c', COPY, 'bash', work], { cwd: PROJECT });
    execFileSync('sh', ['-c', 'umask 077; exec scripts/package all'], {
      cwd: work,
      env: {
        ...process.env,
        SOURCE_DATE_EPOCH: String(releaseEpochSeconds(process.env, PROJECT)),
        TZ: 'Pacific/Kiritimati',
        LC_ALL: 'C.UTF-8',
        XZ_DEFAULTS: '-0',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  },
  { timeout: BUILD_DEADLINE_MS },
);
after(() => rmSync(work, { recursive: true, force: true }));

for (const arch of ['x64', 'arm64'])
  test(`every file of tree-${arch} is the same`, () =>
    assert.deepEqual(sums(join(again, `tree-${arch}`)), sums(join(made, `tree-${arch}`))));

test('every artefact is the same', () => {
  const artefacts = Object.entries(sums(made, 'here')).filter(([name]) => ARTEFACT.test(name));
  assert.ok(artefacts.length >= 6, `scripts/package all has made ${artefacts.length} artefacts`);
  assert.deepEqual(
    Object.entries(sums(again, 'here')).filter(([name]) => ARTEFACT.test(name)),
    artefacts,
  );
});

/** SHA-256 by path, sorted. */
function sums(directory: string, depth: 'here' | 'below' = 'below'): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: depth === 'below', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [
        path.slice(directory.length + 1),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  );
}
