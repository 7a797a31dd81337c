// The Python tool that this agent replaces may have left its iptables chain behind, which goes on refusing connections: what to
// tell the operator. The chain is not ours to remove.
import type { IptablesChainPresence } from '../../firewall/iptables.ts';

/** The chain of the Python tool; `CS-AGENT` belongs to CloneSquad's SSM agent and is none of our business. */
export const OLD_CHAIN = 'CS-INSTANCE-WATCHER';

/** What was found, and the commands that remove it. */
export interface OldChain {
  readonly detail: string;
  readonly remedy: string;
}

/** The chain, or null where it was not found. Of a part that could not be looked at (null) nothing is known. */
export function oldChainIn(found: IptablesChainPresence): OldChain | null {
  const programs = [];
  if (found.nft) programs.push('iptables-nft');
  if (found.legacy) programs.push('iptables-legacy');
  if (programs.length === 0) return null;
  return {
    detail:
      `chain ${OLD_CHAIN} of the Python cs-instance-watcher is in the filter table of ${programs.join(' and ')}: ` +
      'its rules refuse connections whatever this agent does',
    remedy: `stop that tool, then run as root: ${programs.map(removalCommands).join('; ')}`,
  };
}

/** The one line of warning, with the commands that remove the chain, or null where it was not found. */
export function oldChainWarning(found: IptablesChainPresence): string | null {
  const chain = oldChainIn(found);
  return chain === null ? null : `${chain.detail}; ${chain.remedy}`;
}

// The tool may have put in its jump more than once, and a chain with a jump to it cannot be deleted. `-D` removes one at a time.
function removalCommands(program: string): string {
  const jumps = `while ${program} -w -D INPUT -j ${OLD_CHAIN} 2>/dev/null; do :; done`;
  return `${jumps}; ${program} -w -F ${OLD_CHAIN}; ${program} -w -X ${OLD_CHAIN}`;
}
