// What iptables has of chains and rules, which are not ours: only whether it is there, without starting an iptables program.
import { loadAddon } from './binding.ts';
import { toFirewallError } from './native-error.ts';

/** Where a chain was found in iptables' IPv4 table `filter`; null: no permission to look, so it may be there. */
export interface IptablesChainPresence {
  /** In nf_tables, by `iptables-nft`. */
  readonly nft: boolean | null;
  /** In the kernel's own ip_tables, by `iptables-legacy`. */
  readonly legacy: boolean | null;
}

/**
 * Looks for a user chain by its name (1 to 28 bytes) in this network namespace. Reads only, and loads no module of ip_tables.
 * @throws FirewallError `bad-argument`; `kernel` when a table can be read but not understood; NativeLoadError when the addon cannot be loaded
 */
export async function findIptablesChain(name: string): Promise<IptablesChainPresence> {
  const addon = loadAddon();
  try {
    return await addon.findIptablesChain(name);
  } catch (error) {
    throw toFirewallError('findIptablesChain', error);
  }
}

/** A table of the kernel's own ip_tables or ip6_tables, which `iptables-legacy` makes. */
export interface LegacyTable {
  readonly family: 'ip' | 'ip6';
  /** At prerouting `raw` has priority -300, `mangle` -150, which is the drain table's. */
  readonly table: 'raw' | 'mangle';
}

/**
 * Lists the tables `raw` and `mangle` whose chain PREROUTING has rules, which see a packet before the drain table may. Neither what
 * the rules do nor the chain's policy is looked at. Null: no permission to look. Reads only, and loads no module of ip_tables.
 * @throws FirewallError `kernel`; NativeLoadError when the addon cannot be loaded
 */
export async function listLegacyPrerouting(): Promise<readonly LegacyTable[] | null> {
  const addon = loadAddon();
  try {
    return await addon.listLegacyPrerouting();
  } catch (error) {
    throw toFirewallError('listLegacyPrerouting', error);
  }
}
