// Firewalls that look at a packet before the drain table does: what they drop is never refused, so that clients wait.
import type { BaseChain } from '../../../../firewall/base-chains.ts';
import { FirewallError } from '../../../../firewall/errors.ts';
import type { LegacyTable } from '../../../../firewall/iptables.ts';
import { type Check, type Finding, notRun, ok, someOf, warning } from '../check.ts';

const OUR_TABLE = 'cs-instance-watcher';
/** Of our own chain at the hook prerouting. */
const OUR_PRIORITY = -150;

export const earlierFirewalls: Check = {
  id: 'earlier-firewalls',
  title: 'firewalls before us',
  place: 'host',
  look: async ({ kernel }) => {
    try {
      return judgeBaseChains(await kernel.baseChains(), (await kernel.legacyPrerouting()) ?? []);
    } catch (error) {
      if (!(error instanceof FirewallError)) throw error;
      return notRun(`cannot be read: ${error.message}`, 'see nf_tables here');
    }
  },
};

/** `legacy` are the tables of iptables-legacy with rules that see packets before ours does; what they do is not known. */
export function judgeBaseChains(chains: readonly BaseChain[], legacy: readonly LegacyTable[]): Finding {
  const earlier = chains.filter(
    ({ table, hook, priority, refuses }) =>
      refuses &&
      table !== OUR_TABLE &&
      (hook === 'ingress' || (hook === 'prerouting' && priority < OUR_PRIORITY)),
  );
  if (earlier.length === 0) {
    const unseen = legacy
      .map(({ family, table }) => `${family}tables-legacy -t ${table} -S PREROUTING`)
      .join('; ');
    return ok(`none that drops or rejects${unseen === '' ? '' : `, but for what this shows: ${unseen}`}`);
  }
  const names = earlier.map(
    ({ family, table, name, hook, priority }) => `${family} ${table} ${name} (${hook}, ${priority})`,
  );
  return warning(
    `${someOf(names)} may drop or reject first: a client dropped there waits in place of a quick refusal`,
    `see whether the drained ports are concerned: ${earlier
      .slice(0, 4)
      .map(({ family, table, name }) => `nft list chain ${family} ${table} ${name}`)
      .join('; ')}`,
  );
}
