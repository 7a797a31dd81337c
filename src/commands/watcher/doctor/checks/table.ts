// What stands under the table's name in the kernel, and whether somebody is there to take it away again.
import { FirewallError } from '../../../../firewall/errors.ts';
import type { Inspection } from '../../../../firewall/ruleset.ts';
import { formatPortRange } from '../../../../watcher/domain/port-ranges.ts';
import { findAgent } from '../agent-presence.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';

const NAME = 'inet cs-instance-watcher';

export const table: Check = {
  id: 'table',
  title: 'drain table',
  place: 'host',
  look: async (subject) => {
    try {
      const { pid, others } = findAgent(subject);
      return judgeTable(await subject.kernel.inspect(), pid !== null || others.length > 0);
    } catch (error) {
      if (!(error instanceof FirewallError)) throw error;
      return notRun(`cannot be read: ${error.message}`, 'see nf_tables here');
    }
  },
};

export function judgeTable(found: Inspection, isAgentRunning: boolean): Finding {
  if (found.table === 'absent') return ok('none: new connections are accepted');
  if (found.table === 'foreign') {
    const comment = found.comment === null ? '' : ` (comment ${JSON.stringify(found.comment)})`;
    return problem(
      `table ${NAME} is there and not ours${comment}: the agent leaves it alone and cannot refuse anything`,
      `nft list table ${NAME}; when nobody needs it: nft delete table ${NAME}`,
    );
  }
  const ports = found.ruleset?.ports.map(formatPortRange).join(' ');
  const state = ports === undefined ? 'ours' : `ours: new connections to ${ports} are refused`;
  if (!isAgentRunning) {
    return warning(
      `${state}, and no agent runs that could open them`,
      'systemctl start cs-instance-watcher, or: cs-instance-watcher cleanup',
    );
  }
  if (found.difference !== null) {
    return warning(
      `${state}, but changed by somebody: ${found.difference}`,
      `nft monitor; the agent puts it back within a period`,
    );
  }
  return ok(`${state}, ${found.ownership}`);
}
