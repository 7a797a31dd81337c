// What the Python tool left in iptables, which goes on refusing whatever this agent does.
import type { IptablesChainPresence } from '../../../../firewall/iptables.ts';
import { OLD_CHAIN, oldChainIn } from '../../old-chain.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';

export const oldChain: Check = {
  id: 'old-chain',
  title: `chain ${OLD_CHAIN}`,
  place: 'host',
  look: async ({ kernel }) => judgeOldChain(await kernel.findIptablesChain(OLD_CHAIN)),
};

export function judgeOldChain(found: IptablesChainPresence): Finding {
  const chain = oldChainIn(found);
  if (chain !== null) return problem(chain.detail, chain.remedy);
  const hidden = (['nft', 'legacy'] as const).filter((part) => found[part] === null);
  return hidden.length > 0
    ? notRun(`iptables (${hidden.join(' and ')}) may not be looked at`, 'run it as root')
    : ok('none of the Python tool, in iptables-nft or iptables-legacy');
}
