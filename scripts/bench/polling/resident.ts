// What a process holds in memory, as the kernel adds it up.
import { readFileSync } from 'node:fs';

export interface Resident {
  readonly allMb: number;
  /** Its own alone, changed since it was mapped. */
  readonly privateDirtyMb: number;
  /** Pages of files, and others as they were read, that no other process maps at the moment. */
  readonly privateCleanMb: number;
}

/** In units of 10^6 bytes. */
export function residentOf(pid: number): Resident {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string): number =>
    (Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)![1]) * 1024) / 1e6;
  return {
    allMb: megabytes('Rss'),
    privateDirtyMb: megabytes('Private_Dirty'),
    privateCleanMb: megabytes('Private_Clean'),
  };
}
