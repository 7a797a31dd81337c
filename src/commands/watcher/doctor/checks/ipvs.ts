// IPVS and virtual addresses that are not local: what is balanced on from here is no connection to this host.
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';
import { withProc } from '../processes.ts';
import type { PortRange } from '../../../../watcher/domain/port-ranges.ts';

export const ipvs: Check = {
  id: 'ipvs',
  title: 'IPVS and NAT elsewhere',
  place: 'host',
  look: ({ host, config }) => {
    const text = host.text('/proc/net/ip_vs');
    if (text.kind === 'hidden') return notRun('/proc/net/ip_vs may not be read', 'run it as root');
    return withProc(host, () => judgeIpvs(virtualServices(host.lines('/proc/net/ip_vs'), config.ports)));
  },
};

export function judgeIpvs(services: readonly string[]): Finding {
  if (services.length === 0)
    return ok('no virtual service on a drained port (NAT of an address that is not local is not seen)');
  return warning(
    `IPVS serves ${someOf(services)}: where the virtual address is not one of this host, its clients are not refused`,
    'ip address show to VIRTUAL-ADDRESS; set the weight of this node to 0 in a script in draining/',
  );
}

/** Virtual TCP services on the ports, as `ADDRESS:PORT` in the kernel's hexadecimal form made readable. */
export function virtualServices(lines: readonly string[], ranges: readonly PortRange[]): string[] {
  return lines.flatMap((line) => {
    const [, address, hexPort = ''] = /^TCP\s+(\[?[0-9A-Fa-f:]+\]?):([0-9A-Fa-f]{4})\s/.exec(line) ?? [];
    const port = Number.parseInt(hexPort, 16);
    if (address === undefined || !ranges.some(({ first, last }) => first <= port && port <= last)) return [];
    const dotted = /^[0-9A-Fa-f]{8}$/.test(address)
      ? (address.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.')
      : address;
    return [`${dotted}:${port}`];
  });
}
