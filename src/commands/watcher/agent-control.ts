// The running agent's side of the control socket: who may open it, what answers there, and what ends with the agent.
import { randomUUID } from 'node:crypto';
import type { Firewall } from '../../firewall/firewall.ts';
import { lookAtTable } from '../../firewall/look.ts';
import { hostClock } from '../../watcher/clock.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { type ControlServer, startControlServer } from '../../watcher/control/control-server.ts';
import type { ControlSubject } from '../../watcher/control/control-subject.ts';
import type { SummaryWatch } from '../../watcher/control/summary-watch.ts';
import { recordedState } from '../../watcher/domain/plan.ts';
import type { Reporter } from '../../watcher/ports.ts';

export interface AgentControl {
  readonly config: Pick<AgentConfig, 'runtimeDir'>;
  /** Without it, the socket in the runtime directory may be another agent's. */
  readonly holdsLock: boolean;
  readonly subject: ControlSubject;
  readonly summaries: SummaryWatch;
  readonly reporter: Pick<Reporter, 'degraded'>;
}

/** Opens the control socket; that it cannot be opened is lasting trouble. */
export function openAgentControl({
  config,
  holdsLock,
  subject,
  summaries,
  reporter,
}: AgentControl): ControlServer {
  const onTrouble = (problem: string | null): void => reporter.degraded('control socket', problem);
  if (!holdsLock) {
    onTrouble('not opened without the lock; status, wait, override and simulate cannot reach the agent');
    return { close: async () => {} };
  }
  return startControlServer({
    runtimeDir: config.runtimeDir,
    subject,
    summaries,
    clock: hostClock,
    newId: randomUUID,
    onTrouble,
  });
}

/**
 * A lease ends with the agent: a table that was there for nothing else goes. What it kept open stays open until the next start,
 * and scripts hear then that a simulation is over. Call it once the loop has ended.
 */
export async function endLease(
  summaries: SummaryWatch,
  firewall: Pick<Firewall, 'inspect' | 'remove'>,
  reporter: Reporter,
): Promise<void> {
  const state = summaries.latest?.state;
  if (state === undefined || state.lease === null) return;
  reporter.changeBegan(randomUUID());
  reporter.announce({ event: 'lease-ended', lease: state.lease, why: 'agent' });
  if (!recordedState(state).isTableLeased) return;
  const { table } = await lookAtTable(firewall);
  // Nothing of ours: without ports, within --refuse-delay, or where it could not be put in place.
  if (table === 'absent' || table === 'foreign') return;
  try {
    await firewall.remove();
    reporter.tableRemoved();
  } catch (error) {
    reporter.degraded('firewall', (error as Error).message);
  }
}
