// Target groups of AWS's load balancers, whose own reaction to an unhealthy target can break what a drain keeps.
import type { Answer } from '../../../../watcher/domain/answer.ts';
import { isLeftToTargetGroups } from '../../../../watcher/domain/decision.ts';
import { type Check, type Finding, notRun, ok, warning } from '../check.ts';

const KEEP_CONNECTIONS =
  'for each target group of an NLB: aws elbv2 modify-target-group-attributes --target-group-arn ARN --attributes Key=target_health_state.unhealthy.connection_termination.enabled,Value=false Key=target_health_state.unhealthy.draining_interval_seconds,Value=300';

export const targetGroups: Check = {
  id: 'target-groups',
  title: 'target groups',
  place: 'aws',
  look: async ({ aws, config }) => judgeTargetGroups((await aws.api())?.answer ?? null, config),
};

export function judgeTargetGroups(
  answer: Answer | null,
  config: { readonly force: boolean; readonly instanceState: string | null },
): Finding {
  const resets = 'an NLB resets established connections to a target that its health check finds unhealthy';
  if (answer?.kind !== 'known') {
    return config.force
      ? warning(`with --force, behind target groups: ${resets}`, KEEP_CONNECTIONS)
      : notRun('not known: see Interaction API');
  }
  const count = answer.targetGroups ?? 0;
  if (count === 0 && !config.force) return ok('none');
  const where = count === 0 ? 'none now, with --force' : `in ${count}`;
  const left = isLeftToTargetGroups(answer, config)
    ? '; of the main fleet and without --force, so AWS drains it and the agent leaves the ports open'
    : '';
  return warning(`${where}${left}: ${resets}, unless told not to`, KEEP_CONNECTIONS);
}
