// What a process costs and holds, as /proc has it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** By which /proc counts processor time; the same on every architecture that Linux runs Node.js on. */
const TICKS_PER_SECOND = 100;

export interface ProcessFigures {
  readonly atMs: number;
  /** User and system time so far, of all threads. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** The most that were resident since the peak was reset. */
  readonly peakBytes: number;
  readonly descriptors: number;
  readonly children: number;
}

export function readFigures(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command, in parentheses, may hold anything; field 3 comes after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return {
    atMs: performance.now(),
    cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
    residentBytes: bytes('VmRSS'),
    peakBytes: bytes('VmHWM'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    children: children === '' ? 0 : children.split(' ').length,
  };
}

/** From now on the peak is what is resident from now on: proc(5), clear_refs. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
