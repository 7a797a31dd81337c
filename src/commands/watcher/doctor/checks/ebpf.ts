// Proxies and filters in eBPF that take packets ahead of netfilter, as far as their traces show.
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';
import { networkDevices } from '../network-devices.ts';

const PINS = '/sys/fs/bpf';

export const ebpf: Check = {
  id: 'ebpf',
  title: 'eBPF before netfilter',
  place: 'host',
  look: ({ host, uid }) => {
    const devices = networkDevices(host);
    if (devices === null) return notRun('/proc/net/dev cannot be read');
    const isHidden = host.names(PINS).kind === 'hidden';
    return judgeEbpf(tracesOfEbpf(host, devices), isHidden && uid !== 0);
  },
};

export function judgeEbpf(traces: readonly string[], isHidden: boolean): Finding {
  if (traces.length > 0) {
    return warning(
      `${someOf(traces)}: connections that eBPF takes ahead of netfilter are not refused`,
      'bpftool net; with Cilium drain by its own means, or let kube-proxy serve the drained ports',
    );
  }
  return isHidden
    ? notRun(`${PINS} may not be looked at`, 'run it as root')
    : ok('no trace of a proxy in eBPF; what hangs on a device unpinned is not seen: bpftool net');
}

/** Devices and pinned objects of the proxies that are known to go ahead of netfilter. */
export function tracesOfEbpf(host: HostFiles, devices: readonly string[]): string[] {
  const names = [PINS, `${PINS}/tc/globals`, `${PINS}/xdp`].flatMap((directory) =>
    (seen(host.names(directory)) ?? []).map((name) => `${directory}/${name}`),
  );
  return [
    ...devices.filter((name) => /^(cilium_|bpf(in|out)\.cali)/.test(name)).map((name) => `device ${name}`),
    ...names.filter((path) => /\/(cilium|calico|cali_|katran|xdp\/)/.test(path)),
  ];
}
