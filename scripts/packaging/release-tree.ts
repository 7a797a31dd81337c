// The tree of a release: the programs, and what an instance, its administrators and the licences need beside them.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layOutPrograms } from '../build/program-tree.ts';
import { packagedUnit } from '../../src/watcher/config/systemd-unit.ts';
import type { Arch } from './arch.ts';
import { CHECKSUM_FILE, sha256 } from './gates/checksums.ts';
import { entriesOf } from './gates/entries.ts';
import { debianLibraries } from './licences/debian-libraries.ts';
import { noticesText } from './licences/notices.ts';
import { sbomDocument } from './licences/sbom.ts';
import type { PinnedRuntime } from './runtime.ts';

const ROOT = join(import.meta.dirname, '../..');
const INSTALLED_PROGRAM = '/opt/cs-instance-watcher/current/bin/cs-instance-watcher';

/** From the source to the tree; directories are copied whole. */
const COPIES: readonly (readonly [from: string, to: string])[] = [
  ['scripts/packaging/install.sh', 'install.sh'],
  ['LICENSE', 'LICENSE'],
  ['CHANGELOG.md', 'CHANGELOG.md'],
  ['README.md', 'README.md'],
  // As the README and they themselves refer to one another.
  ['docs', 'docs'],
  ['scripts/packer', 'scripts/packer'],
  ['docs/systemd/locked-down.conf', 'share/systemd/locked-down.conf'],
  ['docs/systemd/wait-for-drain.service', 'share/systemd/wait-for-drain.service'],
  ['scripts/packaging/files/cs-instance-watcher.json', 'share/config/cs-instance-watcher.json'],
  ['scripts/packaging/files/cs-instance-watcher.conf', 'share/modules-load.d/cs-instance-watcher.conf'],
];

export interface Release {
  readonly arch: Arch;
  readonly version: string;
  readonly epochSeconds: number;
  /** Path of the addon as it was compiled for `arch`. */
  readonly addon: string;
  /** What it was compiled against. */
  readonly sysroot: string;
  readonly runtime: PinnedRuntime;
}

/** Makes `tree` anew. Throws a LicenceError for what may not be shipped. */
export async function makeReleaseTree(tree: string, release: Release): Promise<void> {
  const { arch, version, epochSeconds, addon, sysroot, runtime } = release;
  rmSync(tree, { recursive: true, force: true });
  const metafile = await layOutPrograms(tree, { arch, addon, runtime: runtime.binary, root: sysroot });
  for (const [from, to] of COPIES) {
    const target = join(tree, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, from), target, { recursive: true });
  }
  put(tree, 'VERSION', `${version}\n`);
  put(tree, 'share/systemd/cs-instance-watcher.service', packagedUnit(INSTALLED_PROGRAM));

  const libraries = debianLibraries(arch, sysroot);
  const inputs = { metafiles: [metafile], libraries, runtime, root: ROOT };
  put(tree, 'share/licenses/THIRD_PARTY_NOTICES', noticesText(inputs));
  copyFileSync(runtime.licenceFile, join(tree, 'share/licenses/node-LICENSE'));
  const bill = sbomDocument({ ...inputs, arch, version, tree, createdAt: new Date(epochSeconds * 1000) });
  put(tree, 'share/sbom.spdx.json', `${JSON.stringify(bill, null, 2)}\n`);
  put(tree, CHECKSUM_FILE, checksumsOf(tree));
  settleModes(tree);
}

function put(tree: string, path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

/** Whatever modes the files had where they come from, and whatever the umask is. */
function settleModes(tree: string): void {
  chmodSync(tree, 0o755);
  for (const { kind, path } of entriesOf(tree)) {
    const mayRun = kind === 'directory' || /^(?:bin|runtime)\/|^(?:install|scripts\/.*)\.sh$/.test(path);
    chmodSync(join(tree, path), mayRun ? 0o755 : 0o644);
  }
}

/** Of every file in it, as `sha256sum -c` reads them. */
function checksumsOf(tree: string): string {
  return entriesOf(tree)
    .filter(({ kind, path }) => kind === 'file' && path !== CHECKSUM_FILE)
    .map(({ path }) => `${sha256(readFileSync(join(tree, path)))}  ${path}\n`)
    .join('');
}
