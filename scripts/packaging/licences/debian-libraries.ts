// The two libraries beside the addon, as Debian packages in the sysroot: exact versions, and their licences.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCH_NAMES, type Arch } from '../arch.ts';
import { versionInSysroot } from '../sysroot.ts';
import { type Component, LicenceError } from './component.ts';
import { isCompatible } from './licence-expression.ts';

/** Of the library itself; the rest of the copyright file is about packaging and examples, which are not shipped. */
const LIBRARIES = [
  { package: 'libmnl0', file: 'native/libmnl.so.0', licence: 'LGPL-2.1-or-later' },
  { package: 'libnftnl11', file: 'native/libnftnl.so.11', licence: 'GPL-2.0-or-later' },
] as const;

const COMMON_LICENCE = /\/usr\/share\/common-licenses\/([A-Za-z]+-[\d.]*\d)/g;

/** Those in `sysroot`. Throws a LicenceError when one is not there, or has no licence text. */
export function debianLibraries(arch: Arch, sysroot: string): readonly Component[] {
  return LIBRARIES.map(({ package: name, file, licence }) => {
    if (!isCompatible(licence)) throw new LicenceError(`${name}: licence ${licence} is not compatible`);
    const { debian } = ARCH_NAMES[arch];
    const version = versionOf(name, sysroot);
    return {
      ...{ name, version, licence },
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${debian}`,
      licenceText: copyrightText(name, join(sysroot, 'usr/share')),
      files: [file],
    };
  });
}

function versionOf(name: string, sysroot: string): string {
  try {
    return versionInSysroot(sysroot, name);
  } catch (error) {
    throw new LicenceError(`${name}: is of no known version`, { cause: error });
  }
}

/** The copyright file and, in full, the licences that it only points to. */
function copyrightText(name: string, shareDirectory: string): string {
  try {
    const copyright = readFileSync(join(shareDirectory, 'doc', name, 'copyright'), 'utf8').trim();
    const common = new Set([...copyright.matchAll(COMMON_LICENCE)].map(([, licence]) => licence as string));
    const texts = [...common]
      .sort()
      .map((licence) => readFileSync(join(shareDirectory, 'common-licenses', licence), 'utf8').trimEnd());
    return [copyright, ...texts].join('\n\n');
  } catch (error) {
    throw new LicenceError(`${name}: has no licence text: ${(error as Error).message}`, { cause: error });
  }
}
