// The tarball: the same bytes for the same tree, whatever machine packs it.
import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';

/** Packs `tree` as `name`/ into DIRECTORY/NAME.tar.xz, everything root's and dated by `epochSeconds`; its path is the answer. */
export function packTarball(tree: string, name: string, epochSeconds: number, directory: string): string {
  const file = join(directory, `${name}.tar.xz`);
  const tar = [
    ...['tar', '--create', '--format=gnu', '--sort=name', '--owner=0', '--group=0', '--numeric-owner'],
    ...[`--mtime=@${epochSeconds}`, '--mode=u+rw,go+r,go-w', `--transform=s,^${basename(tree)},${name},`],
    ...['-C', dirname(tree), basename(tree)],
  ];
  // Two threads on any machine: one alone would make other bytes.
  const script = 'set -o pipefail; file=$1; shift; "$@" | xz -6 --threads=2 > "$file"';
  execFileSync('bash', ['-c', script, 'bash', file, ...tar]);
  return file;
}
