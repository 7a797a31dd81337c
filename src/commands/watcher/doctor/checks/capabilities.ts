// What the process may do, whatever its uid: the agent that runs, and this one where none does.
import { findAgent } from '../agent-presence.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';
import { type HostFiles, seen } from '../host-files.ts';

export interface CapabilityFacts {
  /** Effective sets; null where they cannot be read. */
  readonly own: bigint | null;
  readonly agent: {
    readonly pid: number;
    readonly unit: string | null;
    readonly effective: bigint | null;
  } | null;
  /** Whether the agent filters another network namespace than this one; null where that cannot be told. */
  readonly isAgentElsewhere: boolean | null;
  readonly uid: number;
  readonly isBake: boolean;
}

const CAP_NET_ADMIN = 12n;

export const capabilities: Check = {
  id: 'capabilities',
  title: 'capabilities',
  place: 'host',
  look: (subject) => {
    const { host, uid, isBake } = subject;
    const { pid, unit } = findAgent(subject);
    const [here, there] = [host.target('/proc/self/ns/net'), host.target(`/proc/${pid}/ns/net`)].map(seen);
    return judgeCapabilities({
      own: effectiveSet(host, 'self'),
      agent: pid === null ? null : { pid, unit, effective: effectiveSet(host, pid) },
      isAgentElsewhere: pid === null || !here || !there ? null : here !== there,
      uid,
      isBake,
    });
  },
};

export function judgeCapabilities({ own, agent, isAgentElsewhere, uid, isBake }: CapabilityFacts): Finding {
  if (agent !== null) {
    const who = `the agent (pid ${agent.pid}${agent.unit === null ? '' : `, ${agent.unit}`})`;
    const dropIn = (line: string): string =>
      `systemctl edit ${agent.unit ?? 'cs-instance-watcher'} and add: [Service] ${line}`;
    if (isAgentElsewhere === true) {
      return problem(
        `${who} filters another network namespace than this one: no client is refused`,
        dropIn('PrivateNetwork=no'),
      );
    }
    if (agent.effective === null) return notRun(`what ${who} may do cannot be read`, 'run it as root');
    return hasNetAdmin(agent.effective)
      ? ok(`${who} has CAP_NET_ADMIN in effect`)
      : problem(`${who} has no CAP_NET_ADMIN in effect`, dropIn('AmbientCapabilities=CAP_NET_ADMIN'));
  }
  if (own === null) return notRun('/proc/self/status cannot be read');
  if (hasNetAdmin(own)) return ok('CAP_NET_ADMIN in effect');
  if (isBake) return notRun('none here, where the image is made: look again on an instance');
  return uid === 0
    ? problem(
        'no CAP_NET_ADMIN in effect, though this is root',
        'give it to the service or the container: AmbientCapabilities=CAP_NET_ADMIN, --cap-add NET_ADMIN',
      )
    : notRun('an ordinary user has none, and no agent runs whose own could be read', 'run it as root');
}

function hasNetAdmin(effective: bigint): boolean {
  return ((effective >> CAP_NET_ADMIN) & 1n) === 1n;
}

function effectiveSet(host: HostFiles, pid: number | 'self'): bigint | null {
  const [, hex] = /^CapEff:\s*([0-9a-f]+)$/m.exec(seen(host.text(`/proc/${pid}/status`)) ?? '') ?? [];
  return hex === undefined ? null : BigInt(`0x${hex}`);
}
