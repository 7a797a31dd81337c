// VRF devices: connections through one have other local addresses and routes than the table's rules look up.
import { join } from 'node:path';
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';
import { networkDevices } from '../network-devices.ts';

const DEVICES = '/sys/class/net';

export const vrf: Check = {
  id: 'vrf',
  title: 'VRFs',
  place: 'host',
  look: ({ host }) => {
    const devices = networkDevices(host);
    return devices === null ? notRun('/sys/class/net cannot be read') : judgeVrfs(vrfDevices(host, devices));
  },
};

export function judgeVrfs(names: readonly string[]): Finding {
  return names.length === 0
    ? ok('none')
    : warning(
        `${someOf(names)}: connections through a VRF are not refused while the instance drains`,
        'let the health check of the balancer come through the main table, or stop the service of that VRF in a script in draining/',
      );
}

/** Names of the devices that are VRFs: /sys has no mark for them but that others are below them. */
export function vrfDevices(host: HostFiles, devices: readonly string[]): string[] {
  // The driver's own directory: without it there is none.
  if (host.names('/proc/sys/net/vrf').kind === 'absent') return [];
  const masters = devices.flatMap((device) => {
    const master = seen(host.target(join(DEVICES, device, 'master')));
    return master === null ? [] : [master.split('/').at(-1) as string];
  });
  const isOther = (name: string): boolean =>
    ['bridge', 'bonding'].some((kind) => host.stats(join(DEVICES, name, kind)).kind === 'seen');
  return [...new Set(masters)].filter((name) => !isOther(name)).sort();
}
