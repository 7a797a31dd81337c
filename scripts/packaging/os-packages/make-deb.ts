// The Debian package. The same inputs give the same bytes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ARCH_NAMES } from '../arch.ts';
import { type Entry, entriesOf } from '../gates/entries.ts';
import { CONFIGURATION, compressed, makeInstalledRoot, putFile, setTimes } from './installed-root.ts';
import { maintainerScript } from './maintainer-scripts.ts';
import {
  DESCRIPTION,
  GLIBC_FLOOR,
  LIBSTDCXX_FLOOR,
  MAINTAINER,
  PACKAGE,
  type PackageInputs,
  packageVersion,
  SUMMARY,
} from './package-inputs.ts';

/** Where Debian 11 and 12 have packaged units; on later ones it is the same directory as below /usr. */
const UNIT_DIRECTORY = 'lib/systemd/system';
const BLOCK_BYTES = 1024;

/** Makes it and returns its path. Needs dpkg-deb. Throws when that fails. */
export function makeDeb(inputs: PackageInputs): string {
  const { arch, version, epochSeconds, outDir } = inputs;
  mkdirSync(outDir, { recursive: true });
  const work = mkdtempSync(join(outDir, '.deb-'));
  try {
    const root = join(work, 'root');
    makeInstalledRoot(inputs, root, UNIT_DIRECTORY);
    putFile(root, `usr/share/doc/${PACKAGE}/copyright`, copyright(epochSeconds));
    putFile(root, `usr/share/doc/${PACKAGE}/changelog.gz`, compressed(changelog(inputs)));
    const entries = entriesOf(root);
    putFile(root, 'DEBIAN/control', control(inputs, installedKiB(root, entries)));
    putFile(root, 'DEBIAN/conffiles', `${CONFIGURATION}\n`);
    putFile(root, 'DEBIAN/md5sums', md5sums(root, entries));
    for (const name of ['postinst', 'prerm', 'postrm'] as const)
      putFile(root, `DEBIAN/${name}`, maintainerScript(`deb-${name}`), 0o755);
    setTimes(root, epochSeconds);
    const name = `${PACKAGE}_${packageVersion(version)}_${ARCH_NAMES[arch].debian}.deb`;
    // One kind of compression whatever this system's default is: each release of Debian and Ubuntu since 2014 reads xz.
    const options = ['--root-owner-group', '-Zxz', '-z6'];
    execFileSync('dpkg-deb', [...options, '--build', root, join(work, name)], {
      env: { ...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(epochSeconds) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(join(work, name), join(outDir, name));
    return join(outDir, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function control({ arch, version }: PackageInputs, installedSize: number): string {
  return `Package: ${PACKAGE}
Version: ${packageVersion(version)}
Architecture: ${ARCH_NAMES[arch].debian}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedSize}
Depends: libc6 (>= ${GLIBC_FLOOR}), libstdc++6 (>= ${LIBSTDCXX_FLOOR})
Section: admin
Priority: optional
Description: ${SUMMARY}
${DESCRIPTION.map((line) => ` ${line}`).join('\n')}
`;
}

/** As dpkg-gencontrol counts: files by whole blocks, one block for each of the rest. */
function installedKiB(root: string, entries: readonly Entry[]): number {
  const blocks = ({ path, kind }: Entry): number =>
    kind === 'file' ? Math.ceil(statSync(join(root, path)).size / BLOCK_BYTES) : 1;
  return entries.reduce((sum, entry) => sum + blocks(entry), 0);
}

function md5sums(root: string, entries: readonly Entry[]): string {
  return entries
    .filter(({ path, kind }) => kind === 'file' && `/${path}` !== CONFIGURATION)
    .map(({ path }) => {
      const sum = createHash('md5')
        .update(readFileSync(join(root, path)))
        .digest('hex');
      return `${sum}  ${path}\n`;
    })
    .join('');
}

function changelog({ version, epochSeconds }: PackageInputs): string {
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
  return `${PACKAGE} (${packageVersion(version)}) stable; urgency=medium

  * See /usr/lib/${PACKAGE}/CHANGELOG.md.

 -- ${MAINTAINER}  ${date}
`;
}

function copyright(epochSeconds: number): string {
  return `Copyright (C) ${new Date(epochSeconds * 1000).getUTCFullYear()} the authors of ${PACKAGE}

${PACKAGE} as a whole is under the GNU General Public License, version 3 or (at your option)
any later version. On Debian systems the text of version 3 is in /usr/share/common-licenses/GPL-3.

What it contains of others, each part with its copyright and the full text of its licence:
/usr/lib/${PACKAGE}/share/licenses/THIRD_PARTY_NOTICES.
`;
}
