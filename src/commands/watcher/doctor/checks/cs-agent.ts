// CloneSquad's own agent, which works through SSM: what its chain means beside this one.
import type { IptablesChainPresence } from '../../../../firewall/iptables.ts';
import { type Check, type Finding, notRun, ok, warning } from '../check.ts';

const CHAIN = 'CS-AGENT';

export const csAgent: Check = {
  id: 'cs-agent',
  title: `chain ${CHAIN}`,
  place: 'host',
  look: async ({ kernel }) => judgeCsAgent(await kernel.findIptablesChain(CHAIN)),
};

export function judgeCsAgent(found: IptablesChainPresence): Finding {
  const programs = [
    ...(found.nft === true ? ['iptables-nft'] : []),
    ...(found.legacy === true ? ['iptables-legacy'] : []),
  ];
  if (programs.length > 0) {
    return warning(
      `in ${programs.join(' and ')}: CloneSquad's SSM agent has refused ports here by itself and never opens them again; its rules go by connection state and are not this agent's to touch`,
      `see what it refuses: ${programs.map((program) => `${program} -w -S ${CHAIN}`).join('; ')}; let one of the two do it: take the blocked ports out of CloneSquad's SSM settings`,
    );
  }
  return found.nft === null || found.legacy === null
    ? notRun('iptables may not be looked at', 'run it as root')
    : ok("none of CloneSquad's SSM agent");
}
