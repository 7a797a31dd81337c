// The kernel of this host as the checks ask it: through the addon, each time by a handle of its own that changes nothing.
import { listBaseChains } from '../../../firewall/base-chains.ts';
import type { Firewall } from '../../../firewall/firewall.ts';
import { findIptablesChain, listLegacyPrerouting } from '../../../firewall/iptables.ts';
import { tryKernel } from '../../../firewall/kernel-trial.ts';
import { openFirewall } from '../../../firewall/native-firewall.ts';
import type { Kernel } from './subject.ts';

export const hostKernel: Kernel = {
  tryTable: tryKernel,
  features: () => asking((firewall) => firewall.probe()),
  inspect: () => asking((firewall) => firewall.inspect()),
  connections: (ports, includeLoopback) => asking((firewall) => firewall.connections(ports, includeLoopback)),
  findIptablesChain,
  baseChains: listBaseChains,
  legacyPrerouting: listLegacyPrerouting,
};

async function asking<T>(ask: (firewall: Firewall) => Promise<T>): Promise<T> {
  // Plain: a look must not become the owner of a table.
  const firewall = openFirewall({ ownership: 'plain' });
  try {
    return await ask(firewall);
  } finally {
    firewall.close();
  }
}
