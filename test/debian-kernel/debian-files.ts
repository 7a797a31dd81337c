// Debian's own kernel and tools for the guest, as their packages hold them: fetched with apt, unpacked, never installed.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DebianArchive } from '../../scripts/packaging/debian-archive.ts';
import { makeWhole } from '../../scripts/packaging/whole-directory.ts';

/** Debian 12's kernel: what cloud images of that release boot. */
const SERIES = '6.1.';

/** What the guest has beside the programs under test; the C++ library is theirs. */
const TOOLS = ['busybox-static', 'iproute2', 'nftables', 'libstdc++6'];

export interface Kernel {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
}

/**
 * The kernel and, beside it, the tools with all that they need: the packages of one architecture unpacked in `directory`,
 * fetched first when it is not there. It stays until the directory is removed.
 * @throws Error that says what to do, when apt cannot fetch it
 */
export function unpackedDebian(directory: string, debianArchitecture: string): Kernel {
  if (!existsSync(directory)) fetchInto(directory, debianArchitecture);
  const releases = readdirSync(join(directory, 'lib/modules'));
  const release = releases[0];
  if (releases.length !== 1 || release === undefined || !release.startsWith(SERIES)) {
    throw new Error(
      `${directory} holds ${releases.join(', ') || 'no kernel'}, not one ${SERIES}x: remove it and run again`,
    );
  }
  return {
    release,
    image: join(directory, 'boot', `vmlinuz-${release}`),
    modules: join(directory, 'lib/modules', release),
  };
}

function fetchInto(directory: string, debianArchitecture: string): void {
  try {
    makeWhole(directory, (work) => {
      const apt = new DebianArchive(join(work, 'apt'), debianArchitecture);
      apt.fetch(kernelPackage(apt, `linux-image-cloud-${debianArchitecture}`));
      apt.fetchWithDependencies(TOOLS);
      const unpacked = join(work, 'unpacked');
      apt.unpackInto(unpacked);
      return unpacked;
    });
  } catch (error) {
    throw new Error(`cannot fetch Debian's packages: ${(error as Error).message.trim()}`, { cause: error });
  }
}

/** The package of the newest kernel, which the meta package depends on by its exact name. */
function kernelPackage(apt: DebianArchive, metaPackage: string): string {
  const name = /^Depends: (?:.*, )?(linux-image-\d[^\s,]*)/m.exec(apt.show(metaPackage))?.[1];
  if (!name?.startsWith(`linux-image-${SERIES}`)) {
    throw new Error(
      `${metaPackage} is ${name ?? 'unknown'} here, not Linux ${SERIES}x: this needs Debian 12's sources`,
    );
  }
  return name;
}
