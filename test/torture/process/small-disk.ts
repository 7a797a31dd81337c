// A disk of a few kilobytes that can be filled, freed and made read-only: a tmpfs of its own.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = '128k';
const CHUNK = Buffer.alloc(4096, 'x');

export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts it at `path`, which is made when it is not there. */
  static mount(path: string): SmallDisk {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', path]);
    return new SmallDisk(path);
  }

  /** Takes what is free; the last bytes of a page in use stay. */
  fill(): void {
    const file = openSync(this.#filler, 'w');
    try {
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  setReadOnly(isReadOnly: boolean): void {
    execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.path]);
  }

  /** Also while somebody has files open in it. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.path]);
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }
}
