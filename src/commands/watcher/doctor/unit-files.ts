// Where systemd reads the agent's unit from, whoever put it there: a person, install.sh or a package.
import { join } from 'node:path';
import { type HostFiles, seen } from './host-files.ts';

export const UNIT = 'cs-instance-watcher.service';

/** The first that has a unit wins, as for systemd. */
export const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
] as const;

/** The unit that systemd would use, a masked one included; null when there is none. */
export function unitFile(host: HostFiles): string | null {
  const files = UNIT_DIRECTORIES.map((directory) => join(directory, UNIT));
  return files.find((file) => host.stats(file).kind === 'seen' || isMasked(host, file)) ?? null;
}

export function isMasked(host: HostFiles, file: string): boolean {
  return seen(host.target(file)) === '/dev/null';
}

/** The drop-ins of all directories. */
export function dropIns(host: HostFiles): string[] {
  return UNIT_DIRECTORIES.flatMap((directory) => {
    const place = join(directory, `${UNIT}.d`);
    return (seen(host.names(place)) ?? []).map((name) => join(place, name));
  });
}
