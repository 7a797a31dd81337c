// The tarball: the same bytes for the same tree, whatever machine packs it.
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Packs `tree` as `name`/ into DIRECTORY/NAME.tar.xz, everything root's and dated by `epochSeconds`; its path is the answer. */
export function packTarball(tree: string, name: string, epochSeconds: number, directory: string): string {
  const file = join(directory, `${name}.tar.xz`);
  const tar = [
    ...['tar', '--create', '--format=gnu', '--sort=name', '--owner=0', '--group=0', '--numeric-owner'],
    ...[`--mtime=@${epochSeconds}`, '--mode=u+rwX,go+rX,go-w', `--transform=s,^${basename(tree)},${name},`],
    ...['-C', dirname(tree), basename(tree)],
  ];
  // Two threads on any machine: one alone would make other bytes.
  const script = 'set -o pipefail; file=$1; shift; "$@" | xz -6 --threads=2 > "$file"';
  const whole = `${file}.new`;
  try {
    execFileSync('bash', ['-c', script, 'bash', whole, ...tar], {
      // Nothing else: both programs take options from variables (TAR_OPTIONS, XZ_DEFAULTS, XZ_OPT).
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(whole, file);
  } finally {
    rmSync(whole, { force: true });
  }
  return file;
}
