// Everybody's chains in the packets' path, to find who refuses before us or after us: for `doctor`.
import { loadAddon } from './binding.ts';
import { toFirewallError } from './native-error.ts';

/** A chain of nf_tables that the kernel sends packets through, as `nft list ruleset` names its parts. */
export interface BaseChain {
  /** `inet`, `ip`, `ip6`, `arp`, `bridge` or `netdev`. */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress` or `egress`. */
  readonly hook: string;
  /** Chains of one hook are passed in the order of their priorities, the lowest first; the drain table's is -150. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** Whether it can refuse a packet: by its policy, or by a drop or a reject in one of its rules, in a chain that they lead to, or in a map of verdicts. */
  readonly refuses: boolean;
}

/**
 * Lists the base chains of all tables of this network namespace, ours among them; not those of dormant tables. Reads only.
 * @throws FirewallError `no-permission`, `no-nftables`, `kernel`; NativeLoadError when the addon cannot be loaded
 */
export async function listBaseChains(): Promise<readonly BaseChain[]> {
  const addon = loadAddon();
  try {
    return await addon.listBaseChains();
  } catch (error) {
    throw toFirewallError('listBaseChains', error);
  }
}
