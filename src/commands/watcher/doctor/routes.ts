// The routes of a network namespace, as /proc/net/route and /proc/net/ipv6_route have them.

const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;

/** Lines of /proc/net/route: the main table alone. */
export function hasDefaultRoute(lines: readonly string[]): boolean {
  return defaultRoutes(lines).length > 0;
}

/** The gateway of the default route; null where there is none, or none through a gateway. */
export function defaultGateway(lines: readonly string[]): string | null {
  const [route] = defaultRoutes(lines).filter(({ flags }) => (flags & RTF_GATEWAY) !== 0);
  return route === undefined ? null : toAddress(route.gateway);
}

/** Lines of /proc/net/ipv6_route: of all tables, so that only an absence proves something. */
export function hasDefaultRoute6(lines: readonly string[]): boolean {
  return lines.some((line) => {
    const [destination = '', length, , , , , , , flags = '0', device] = line.trim().split(/\s+/);
    const isDefault = /^0+$/.test(destination) && length === '00';
    return isDefault && device !== 'lo' && (Number.parseInt(flags, 16) & RTF_REJECT) === 0;
  });
}

function defaultRoutes(lines: readonly string[]): { readonly gateway: string; readonly flags: number }[] {
  return lines.flatMap((line) => {
    const [, destination, gateway = '', flags = '0', , , , mask] = line.trim().split(/\s+/);
    const bits = Number.parseInt(flags, 16);
    const isDefault = destination === '00000000' && mask === '00000000' && (bits & RTF_REJECT) === 0;
    return isDefault ? [{ gateway, flags: bits }] : [];
  });
}

/** The kernel prints the four bytes as a number of this machine, which is little-endian. */
function toAddress(hex: string): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((octet) => Number.parseInt(octet, 16))
    .join('.');
}
