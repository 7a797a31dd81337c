// Debian's ufw on a host that has files of its own: its directories are in a mount namespace, one a command.
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultWorld } from './fault-world.ts';
import { type Deed, run } from './others.ts';

/** Which of the two iptables it runs. */
export type Backend = 'nft' | 'legacy';

const OWN_DIRECTORIES = ['ufw', 'default', 'alternatives'] as const;
const PROGRAMS = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

/** In a mount namespace of its own, whose directories are those of $1. */
const ENTER = `for name in ${OWN_DIRECTORIES.join(' ')}; do mount --bind "$1/$name" "/etc/$name"; done
mount -t tmpfs tmpfs /run
shift
exec ufw "$@"`;

/** A ufw whose files are in a directory of the test's. Needs the Debian package ufw. */
export class Ufw {
  readonly #directory: string;

  constructor(directory: string, backend: Backend) {
    this.#directory = directory;
    for (const name of OWN_DIRECTORIES)
      cpSync(join('/etc', name), join(directory, name), { recursive: true, verbatimSymlinks: true });
    for (const name of PROGRAMS) {
      const link = join(directory, 'alternatives', name);
      rmSync(link, { force: true });
      const [family, action] = name.split('-');
      symlinkSync(`/usr/sbin/${family}-${backend}${action ? `-${action}` : ''}`, link);
    }
  }

  run(world: FaultWorld, ...args: readonly string[]): Promise<Deed> {
    return run(world, 'unshare', ['--mount', 'sh', '-ec', ENTER, 'sh', this.#directory, ...args]);
  }
}
