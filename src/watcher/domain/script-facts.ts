// What an operator's script is told of why it runs, beside what the runner knows of the transition itself.
import type { AgentState } from './agent-state.ts';
import { prevailing } from './prevailing.ts';

/** The `CS_*` variables of every transition in this state; empty stands for what there is not. */
export function scriptFacts(state: AgentState): Record<string, string> {
  const { instanceId, lease } = state;
  const listed = prevailing(state).reasons.map(({ source, detail }) => `${source}:${detail}`);
  const override = lease?.kind === 'override' ? lease : null;
  return {
    CS_INSTANCE_ID: instanceId ?? '',
    CS_REASON: listed[0] ?? '',
    CS_REASONS: listed.join(' '),
    CS_OVERRIDE: override?.verdict ?? '',
    CS_OVERRIDE_REASON: override?.reason ?? '',
    CS_SIMULATED: String(lease?.kind === 'simulation'),
  };
}
