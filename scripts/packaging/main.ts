// scripts/package: for each architecture the tree, the gates, then tarball, .deb and .rpm in build/package.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { compiledAddon } from './addon.ts';
import { type Arch, hostArch } from './arch.ts';
import { checkTree } from './gates/check-tree.ts';
import { sha256 } from './gates/checksums.ts';
import { makeDeb } from './os-packages/make-deb.ts';
import { makeRpm } from './os-packages/make-rpm.ts';
import { releaseEpochSeconds } from './release-date.ts';
import { makeReleaseTree } from './release-tree.ts';
import { isPinned, pinnedRuntime } from './runtime.ts';
import { sysroot } from './sysroot.ts';
import { packTarball } from './tarball.ts';

const ROOT = join(import.meta.dirname, '../..');
const OUT = join(ROOT, 'build/package');
const CACHE = join(ROOT, 'build/cache');
/** Where the builder, and the tools of the build, keep files. Root's home may be named (see checkTree), and nothing in it. */
const BUILDERS = ['', '.cache', '.cmake-js', '.config', '.npm'].map((name) => join(homedir(), name));
const CHOICES: Readonly<Record<string, readonly Arch[]>> = {
  x64: ['x64'],
  arm64: ['arm64'],
  all: ['x64', 'arm64'],
};

try {
  const architectures = CHOICES[process.argv[2] ?? hostArch()];
  if (architectures === undefined) throw new Error(`${process.argv[2]} is neither x64, arm64 nor all`);
  const { name, version, devDependencies } = manifest;
  const epochSeconds = releaseEpochSeconds(process.env, ROOT);
  // What is made from the programs' definitions is dated by it too.
  process.env.SOURCE_DATE_EPOCH = String(epochSeconds);
  mkdirSync(OUT, { recursive: true });
  const made: string[] = [];
  for (const arch of architectures) {
    const tree = join(OUT, `tree-${arch}`);
    const runtime = pinnedRuntime(arch, devDependencies.node, CACHE);
    const root = sysroot(arch, CACHE);
    const addon = compiledAddon(arch, root);
    await makeReleaseTree(tree, { arch, version, epochSeconds, addon, sysroot: root, runtime });
    const problems = [...checkTree(tree, arch, [ROOT, ...BUILDERS])];
    if (!isPinned(join(tree, 'runtime/node'), arch)) problems.push('runtime/node: is not the pinned one');
    if (problems.length > 0)
      throw new Error(`the ${arch} tree may not be shipped:\n  ${problems.join('\n  ')}`);
    say(`package: ${arch} has passed the gates`);
    const inputs = { tree, arch, version, epochSeconds, outDir: OUT };
    made.push(
      packTarball(tree, `${name}-${version}-linux-${arch}`, epochSeconds, OUT),
      makeDeb(inputs),
      makeRpm(inputs),
    );
  }
  for (const file of made) {
    const size = `${(statSync(file).size / 1_000_000).toFixed(1)} MB`;
    say(`${relative(ROOT, file)}  ${size}  sha256 ${sha256(readFileSync(file))}`);
  }
} catch (error) {
  process.stderr.write(`package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
