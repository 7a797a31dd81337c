// Whether an agent runs here, seen without touching its lock.
import { join } from 'node:path';
import type { AgentConfig } from '../../../watcher/config/agent-config.ts';
import { type HostFiles, seen } from './host-files.ts';
import { type RunningProgram, runningAgents } from './processes.ts';
import type { Subject } from './subject.ts';

export interface AgentPresence {
  /** The process that holds the lock of this runtime directory; null when nobody does, or when it cannot be told. */
  readonly pid: number | null;
  /** Its systemd unit. */
  readonly unit: string | null;
  /** Its options as it was started with them, joined; empty when it has none. */
  readonly args: string;
  /** Agents of this network namespace that do not hold that lock. */
  readonly others: readonly RunningProgram[];
}

/** Looks at the lock file in the runtime directory, and at the processes. */
export function findAgent(
  { host, uid, config }: Pick<Subject, 'host' | 'uid'> & { readonly config: Pick<AgentConfig, 'runtimeDir'> },
  ownPid = process.pid,
): AgentPresence {
  const here = runningAgents(host, uid, ownPid);
  const lock = host.stats(join(config.runtimeDir, 'lock'));
  // The runtime directory is root's alone. Whoever may not look into it takes the one agent that runs for its holder.
  const hidden = lock.kind === 'hidden' ? (here[0]?.pid ?? null) : null;
  const pid = lock.kind === 'seen' ? lockHolder(host, lock.value, here) : hidden;
  return {
    pid,
    unit: pid === null ? null : unitOf(host, pid),
    args: here.find((one) => one.pid === pid)?.args ?? '',
    others: here.filter((one) => one.pid !== pid),
  };
}

/**
 * The process that holds an flock on the file, by the kernel's list of locks. File systems in layers give stat another device
 * than that list has: there an agent of ours is believed by the inode alone.
 */
function lockHolder(
  host: HostFiles,
  { dev, ino }: { readonly dev: number; readonly ino: number },
  agents: readonly RunningProgram[],
): number | null {
  for (const line of host.lines('/proc/locks')) {
    const [, kind, , , holder, file = ''] = line.trim().split(/\s+/);
    const [major = '', minor = '', inode = ''] = file.split(':');
    if (kind !== 'FLOCK' || Number(inode) !== ino) continue;
    const pid = Number(holder);
    if (deviceNumber(major, minor) === dev || agents.some((one) => one.pid === pid)) return pid;
  }
  return null;
}

/** As stat(2) gives it: glibc's makedev, for numbers that fit into 32 bits. */
function deviceNumber(major: string, minor: string): number {
  const [high, low] = [Number.parseInt(major, 16), Number.parseInt(minor, 16)];
  return (low & 0xff) + high * 0x100 + (low & 0xfff00) * 0x1000;
}

function unitOf(host: HostFiles, pid: number): string | null {
  const [, unit] = /\/([^/\n]+\.service)(?:\/|\n|$)/.exec(seen(host.text(`/proc/${pid}/cgroup`)) ?? '') ?? [];
  return unit ?? null;
}
