// Servers in network namespaces that have an interface of their own (awsvpc, macvlan, ipvlan, SR-IOV): their clients do not
// come through this one. A namespace behind a bridge of the host is no such thing: its published ports are refused here.
import { networkInterfaces } from 'node:os';
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';
import { processIds, withProc } from '../processes.ts';
import { waitingPorts } from '../sockets.ts';
import type { PortRange } from '../../../../watcher/domain/port-ranges.ts';
import { defaultGateway } from '../routes.ts';

export interface NamespaceFacts {
  /** One process of it. */
  readonly pid: number;
  readonly ports: readonly number[];
  /** Its way out leads through an address of this host, or one of no network, as Calico's. */
  readonly isBehindHost: boolean;
}

export const namespaces: Check = {
  id: 'namespaces',
  title: 'network namespaces',
  place: 'host',
  look: ({ host, config, uid }) => {
    const local = new Set(
      Object.values(networkInterfaces()).flatMap((addresses) =>
        (addresses ?? []).map(({ address }) => address),
      ),
    );
    return withProc(host, () => {
      const { found, hidden } = lookAtNamespaces(host, config.ports, local);
      return judgeNamespaces(found, hidden, uid);
    });
  },
};

export function judgeNamespaces(found: readonly NamespaceFacts[], hidden: number, uid: number): Finding {
  const own = found.filter(({ ports, isBehindHost }) => ports.length > 0 && !isBehindHost);
  if (own.length > 0) {
    const told = own.map(({ pid, ports }) => `${someOf(ports.map(String))} (pid ${pid})`);
    return warning(
      `servers on drained ports in network namespaces with an interface of their own: ${someOf(told)}; their clients are not refused here`,
      `run the agent in that namespace too, or drain by the task's own health check; look: nsenter -t ${own[0]?.pid} -n ip -br address`,
    );
  }
  if (hidden > 0 && uid !== 0) {
    return notRun(`the namespaces of ${hidden} processes may not be looked at`, 'run it as root');
  }
  const behind = found.filter(({ ports }) => ports.length > 0).length;
  return ok(
    behind === 0
      ? 'no server on a drained port in another namespace'
      : `${behind} with servers on drained ports, reached through this host`,
  );
}

/** One look at each network namespace that a process is in, but ours. `local` are the addresses of this host. */
export function lookAtNamespaces(
  host: HostFiles,
  ports: readonly PortRange[],
  local: ReadonlySet<string>,
): { readonly found: readonly NamespaceFacts[]; readonly hidden: number } {
  const known = new Set([seen(host.target('/proc/self/ns/net'))]);
  const found: NamespaceFacts[] = [];
  let hidden = 0;
  for (const pid of processIds(host)) {
    const namespace = host.target(`/proc/${pid}/ns/net`);
    if (namespace.kind === 'hidden') hidden += 1;
    if (namespace.kind !== 'seen' || known.has(namespace.value)) continue;
    known.add(namespace.value);
    const net = `/proc/${pid}/net`;
    const gateway = defaultGateway(host.lines(`${net}/route`));
    found.push({
      pid,
      ports: waitingPorts(host, net, 'tcp', ports),
      // Without a way out nothing of the outside comes in by an interface of its own.
      isBehindHost: gateway === null || local.has(gateway) || gateway.startsWith('169.254.'),
    });
  }
  return { found, hidden };
}
