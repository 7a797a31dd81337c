// How many clients the control socket takes at a time: never so many that the agent itself lacks descriptors.
import { readFileSync } from 'node:fs';

const MOST = 64;
const LEAST = 4;
/** What the agent opens for itself: the runtime's and the kernel's sockets, listeners, a poll, a script with its pipes, files. */
const OWN_DESCRIPTORS = 48;

/** For a process that may have so many descriptors; null where that is not known or without a limit. */
export function connectionLimit(descriptors: number | null = ownLimit()): number {
  return descriptors === null ? MOST : Math.min(MOST, Math.max(LEAST, descriptors - OWN_DESCRIPTORS));
}

function ownLimit(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
