// Whether the connections that a drain waits for can be counted: what cannot be counted is never called drained.
import { FirewallError } from '../../../../firewall/errors.ts';
import type { ConnectionCount } from '../../../../firewall/ruleset.ts';
import { type Check, type Finding, notRun, ok, warning } from '../check.ts';

export const connections: Check = {
  id: 'connections',
  title: 'connections',
  place: 'host',
  look: async ({ kernel, config, uid }) => {
    if (config.ports.length === 0) return notRun('no ports are given');
    try {
      return judgeCount(await kernel.connections(config.ports, config.includeLoopback), uid);
    } catch (error) {
      if (!(error instanceof FirewallError)) throw error;
      return notRun(`cannot be counted: ${error.message}`, 'see nf_tables here');
    }
  },
};

export function judgeCount(count: ConnectionCount, uid: number): Finding {
  if (!count.known) {
    if (uid !== 0) return notRun(`not counted: ${count.reason}`, 'run it as root');
    return warning(
      `cannot be counted, so that no drain is ever called complete: ${count.reason}`,
      'modprobe -a tcp_diag inet_diag nf_conntrack_netlink; without them set --drain-timeout',
    );
  }
  const idle = count.idle === 0 ? '' : `, and ${count.idle} idle for over an hour`;
  return ok(`${count.total} now to the drained ports${idle}`);
}
