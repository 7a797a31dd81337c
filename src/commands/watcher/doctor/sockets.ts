// The sockets of a network namespace that wait for clients, as /proc/net/{tcp,udp} has them.
import type { PortRange } from '../../../watcher/domain/port-ranges.ts';
import type { HostFiles } from './host-files.ts';

const LISTENING = { tcp: '0A', udp: '07' } as const;

/**
 * The local ports in `ranges` that have a TCP listener, or a UDP socket that is not connected, in ascending order.
 * `net` is the directory of the namespace, such as `/proc/self/net`.
 */
export function waitingPorts(
  host: HostFiles,
  net: string,
  protocol: 'tcp' | 'udp',
  ranges: readonly PortRange[],
): number[] {
  const ports = new Set<number>();
  for (const file of [protocol, `${protocol}6`]) {
    for (const line of host.lines(`${net}/${file}`)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      if (state !== LISTENING[protocol]) continue;
      if (ranges.some(({ first, last }) => first <= port && port <= last)) ports.add(port);
    }
  }
  return [...ports].sort((a, b) => a - b);
}
