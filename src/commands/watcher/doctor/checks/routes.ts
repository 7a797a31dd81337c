// Whether a refusal can be sent: the RST goes by the main table, and to a client that it has no route to nothing is sent.
import { networkInterfaces } from 'node:os';
import { type Check, type Finding, notRun, ok, warning } from '../check.ts';
import { hasDefaultRoute, hasDefaultRoute6 } from '../routes.ts';

export interface RouteFacts {
  /** Whether the host has an address of this family that is not loopback's or link-local. */
  readonly hasIpv4: boolean;
  readonly hasIpv6: boolean;
  readonly isIpv4Default: boolean;
  readonly isIpv6Default: boolean;
}

export const routes: Check = {
  id: 'routes',
  title: 'routes to clients',
  place: 'host',
  look: ({ host }) => {
    if (host.text('/proc/self/net/route').kind !== 'seen') return notRun('/proc/net/route cannot be read');
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const global = addresses.filter(
      ({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/.test(address),
    );
    return judgeRoutes({
      hasIpv4: global.some(({ family }) => family === 'IPv4'),
      hasIpv6: global.some(({ family }) => family === 'IPv6'),
      isIpv4Default: hasDefaultRoute(host.lines('/proc/self/net/route')),
      isIpv6Default: hasDefaultRoute6(host.lines('/proc/self/net/ipv6_route')),
    });
  },
};

export function judgeRoutes({ hasIpv4, hasIpv6, isIpv4Default, isIpv6Default }: RouteFacts): Finding {
  if (!hasIpv4 && !hasIpv6) return ok('this host has no address but loopback');
  const lacking = [
    ...(hasIpv4 && !isIpv4Default ? ['IPv4'] : []),
    ...(hasIpv6 && !isIpv6Default ? ['IPv6'] : []),
  ];
  if (lacking.length === 0) return ok('the main table has a default route');
  const family = lacking[0] === 'IPv6' ? 'ip -6' : 'ip';
  return warning(
    `the main table has no default route for ${lacking.join(' and ')}: a client that no other route of it leads to waits in place of a quick refusal`,
    `${family} route get CLIENT; then ${family} route add default via GATEWAY`,
  );
}
