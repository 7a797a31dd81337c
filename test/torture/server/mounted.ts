// A small disk of a test's own: a tmpfs in a mount namespace, which lasts while its holder does and is seen by nobody else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryDirectory } from '../../fixtures/programs.ts';

export interface SmallDisk {
  /** As those inside see it. */
  readonly path: string;
  /** The same directory, seen from outside. */
  readonly outside: string;
  /** A command that runs another one inside, and becomes it. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

/** Needs CAP_SYS_ADMIN: as root, or under `unshare -rm`. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const { path, close } = temporaryDirectory();
  const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 tmpfs "$1" && echo ready && exec cat`;
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const [first] = await Promise.race([once(holder.stdout, 'data'), ended]);
  if (String(first) !== 'ready\n') {
    close();
    throw new Error('no file system could be mounted: run as root, or under `unshare -rnm`');
  }
  return {
    path,
    outside: join(`/proc/${holder.pid}/root`, path),
    enter: ['nsenter', '-t', String(holder.pid), '-m', '--'],
    async close() {
      holder.stdin.end();
      await ended;
      close();
    },
  };
}
