// Debian's own kernel, as the package holds it: fetched with apt, unpacked, never installed on this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Debian 12's kernel for cloud images: what an EC2 instance of that release boots. */
const META_PACKAGE = 'linux-image-cloud-amd64';
const SERIES = '6.1.';

export interface KernelPackage {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
}

/**
 * The kernel unpacked in `directory`, fetched first when it is not there. It stays until the directory is removed.
 * @throws Error that says what to do, when apt cannot fetch it
 */
export function unpackedKernel(directory: string): KernelPackage {
  if (!existsSync(directory)) fetchInto(directory);
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

/** The directory appears whole or not at all. */
function fetchInto(directory: string): void {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const work = mkdtempSync(join(dirname(directory), 'fetch-'));
  try {
    execFileSync('apt-get', ['download', '-qq', imagePackage()], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no .deb file');
    execFileSync('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
    renameSync(join(work, 'unpacked'), directory);
  } catch (error) {
    const hint = isRoot ? '' : '; as root, run: apt-get update';
    throw new Error(`cannot fetch Debian's kernel: ${(error as Error).message.trim()}${hint}`, {
      cause: error,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The package of the newest kernel, which the meta package depends on by its exact name. */
function imagePackage(): string {
  const shown = execFileSync('apt-cache', ['show', '--no-all-versions', META_PACKAGE], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const name = /^Depends: (?:.*, )?(linux-image-\S+-cloud-amd64)\b/m.exec(shown)?.[1];
  if (!name?.startsWith(`linux-image-${SERIES}`)) {
    throw new Error(
      `${META_PACKAGE} is ${name ?? 'unknown'} here, not Linux ${SERIES}x: this needs Debian 12's sources`,
    );
  }
  return name;
}
