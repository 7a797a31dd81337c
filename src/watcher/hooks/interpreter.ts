// Meets a script's interpreter before the script is started: Node.js waits for execve on the thread that everything else of the
// agent waits for, so a file system that hangs is to be found by a thread that nobody waits for.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Linux's value on x86-64 and arm64; Node.js has no name for it. */
export const O_PATH = 0o10000000;
/** As much as execve looks at (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;
/** An interpreter may be a script itself, so often. */
const MAX_INTERPRETERS = 5;
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');

/** The first bytes of a file that an O_PATH descriptor has pinned. Rejects with the file system's error. */
export async function readHead(pinnedFd: number): Promise<Buffer> {
  const file = await open(`/proc/self/fd/${pinnedFd}`, constants.O_RDONLY);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Reads from the interpreters that a script's first bytes lead to. Returns the one that is no program: execve would not run it,
 * and for that the C library has /bin/sh run the script, whatever it is written in. What else is wrong is execve's to say: null.
 */
export async function findUnfitInterpreter(scriptHead: Buffer): Promise<string | null> {
  let head = scriptHead;
  for (let met = 0; met < MAX_INTERPRETERS; met += 1) {
    const path = /^#![ \t]*([^ \t\n\0]+)/.exec(head.toString())?.[1];
    if (path === undefined) return null;
    const next = await headOf(resolve('/', path)).catch(() => null);
    if (next === null) return null;
    if (!isElf(next) && !next.toString('latin1').startsWith('#!')) return path;
    head = next;
  }
  return null;
}

/** Whether a file that begins so is a program. */
export function isElf(head: Buffer): boolean {
  return head.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC);
}

/** Of an executable file; null of anything else, which to open can act, or last (a device, a FIFO). */
async function headOf(path: string): Promise<Buffer | null> {
  const pinned = await open(path, O_PATH);
  try {
    const stats = await pinned.stat();
    return stats.isFile() && (stats.mode & 0o111) !== 0 ? await readHead(pinned.fd) : null;
  } finally {
    await pinned.close();
  }
}
