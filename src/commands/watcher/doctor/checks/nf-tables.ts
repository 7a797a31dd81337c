// Whether the packet filter of this very network namespace can be reached.
import { FirewallError } from '../../../../firewall/errors.ts';
import type { KernelFeatures } from '../../../../firewall/ruleset.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';
import type { Subject } from '../subject.ts';

export const nfTables: Check = {
  id: 'nf-tables',
  title: 'nf_tables here',
  place: 'host',
  look: async ({ kernel, uid, isBake, config }) => {
    try {
      return judgeFeatures(await kernel.features(), config);
    } catch (error) {
      return judgeFailure(error, uid === 0 && !isBake);
    }
  },
};

export function judgeFeatures(
  features: KernelFeatures,
  config: Pick<Subject['config'], 'tableOwnership'>,
): Finding {
  const isPlain = config.tableOwnership === 'plain' || !features.ownerPersist;
  const protection = isPlain
    ? 'the table is plain: when another program flushes it, the agent puts it back'
    : 'the kernel protects the table';
  const counting = features.elementCounters ? '' : '; refused connections are not counted';
  return ok(`reachable; ${protection}${counting}`);
}

/** Why it cannot be reached. `isEntitled`: who runs this is meant to be allowed to. */
export function judgeFailure(error: unknown, isEntitled: boolean): Finding {
  if (!(error instanceof FirewallError)) {
    const message = error instanceof Error ? error.message : String(error);
    return problem(message, 'install the program again, for this architecture');
  }
  switch (error.code) {
    case 'no-permission':
      return isEntitled
        ? problem('this process has no CAP_NET_ADMIN, though it is root', 'see capabilities')
        : notRun('this process may not look at it', 'run it as root, with CAP_NET_ADMIN');
    case 'no-nftables':
      return problem(`this kernel has no nf_tables: ${error.message}`, 'modprobe nf_tables');
    default:
      return problem(error.message, null);
  }
}
