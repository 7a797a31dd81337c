// UDP on the drained ports: only TCP is refused, so a QUIC client goes on coming.
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';
import { waitingPorts } from '../sockets.ts';

export const udp: Check = {
  id: 'udp',
  title: 'UDP and QUIC',
  place: 'host',
  look: ({ host, config }) => {
    if (host.text('/proc/self/net/udp').kind !== 'seen') return notRun('/proc/net/udp cannot be read');
    return judgeUdp(waitingPorts(host, '/proc/self/net', 'udp', config.ports));
  },
};

export function judgeUdp(ports: readonly number[]): Finding {
  if (ports.length === 0) return ok('no UDP socket waits on the drained ports');
  return warning(
    `UDP sockets wait on ${someOf(ports.map(String))}: clients of UDP and QUIC are not refused while the instance drains`,
    `ss -ulnp 'sport = :${ports[0]}'; drain those by the balancer's TCP health check, or announce no HTTP/3 (Alt-Svc)`,
  );
}
