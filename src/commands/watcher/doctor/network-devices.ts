// The devices of this network namespace.
import { type HostFiles, seen } from './host-files.ts';

/** Their names, or null where they cannot be read. Not by /sys, which may still show the namespace it was mounted in. */
export function networkDevices(host: HostFiles): string[] | null {
  const text = seen(host.text('/proc/self/net/dev'));
  if (text === null) return null;
  return [...text.matchAll(/^\s*([^\s:]+):/gm)].map(([, name]) => name as string);
}
