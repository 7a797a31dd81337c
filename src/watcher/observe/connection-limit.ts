// How many clients each of the agent's servers takes at a time: never so many that the agent itself lacks descriptors.
import { readFileSync } from 'node:fs';

/** Balancers, monitoring and people that ask one instance are a handful. */
const MOST = 64;
const LEAST = 4;
/** What the agent opens for itself: the runtime's and the kernel's sockets, a poll, a script with its pipes, files. */
const OWN_DESCRIPTORS = 48;
/** The control socket, and those for health, agent checks and metrics. */
const SERVERS = 4;

/** Of one server, in a process that may have so many descriptors; null where that is not known or without a limit. */
export function connectionLimit(descriptors: number | null = ownLimit()): number {
  if (descriptors === null) return MOST;
  return Math.min(MOST, Math.max(LEAST, Math.floor((descriptors - OWN_DESCRIPTORS) / SERVERS)));
}

function ownLimit(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
