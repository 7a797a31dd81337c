// Run in a copy of the project that has another version: makes the tree and the .deb of that version in build/package, with the
// addon whose path it is given.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { makeDeb } from '../../scripts/packaging/os-packages/make-deb.ts';
import { makeReleaseTree } from '../../scripts/packaging/release-tree.ts';
import { pinnedRuntime } from '../../scripts/packaging/runtime.ts';
import { sysroot } from '../../scripts/packaging/sysroot.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const CACHE = join(PROJECT, 'build/cache');
const outDir = join(PROJECT, 'build/package');
const tree = join(outDir, 'tree-x64');
const { version, devDependencies } = manifest;
const release = { arch: 'x64', version, epochSeconds: 1_700_000_000 } as const;

process.env.SOURCE_DATE_EPOCH = String(release.epochSeconds);
mkdirSync(outDir, { recursive: true });
await makeReleaseTree(tree, {
  ...release,
  addon: process.argv[2]!,
  sysroot: sysroot('x64', CACHE),
  runtime: pinnedRuntime('x64', devDependencies.node, CACHE),
});
makeDeb({ ...release, tree, outDir });
