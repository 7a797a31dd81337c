// ec2:DescribeInstances, needed only where the instance does not publish its tags.
import type { InstanceTag } from '../../../../aws/instance-metadata.ts';
import { adviceOnPolicyRefusal } from '../../../../interaction/client/policy-refusal.ts';
import type { Resolution } from '../../../../watcher/context/instance-context.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';

export const permissionTags: Check = {
  id: 'permission-describe-instances',
  title: 'ec2:DescribeInstances',
  place: 'aws',
  look: async ({ aws, config }) => {
    if (config.apiUrl !== null) return ok('not needed: --api-url names the API');
    const tag = config.instanceId === null ? await aws.groupTag() : null;
    return judgeTagPermission(tag, await aws.resolution());
  },
};

/** `tag` is null where the metadata is not asked, as with --instance-id. */
export function judgeTagPermission(tag: InstanceTag | null, resolution: Resolution): Finding {
  if (tag?.kind === 'value' || tag?.kind === 'absent') return ok('not needed: the metadata has the tags');
  if (resolution.kind === 'ready' || resolution.kind === 'not-managed') return ok('allowed');
  const denied = resolution.kind === 'refused' ? resolution.denied : undefined;
  if (denied?.action === 'ec2:DescribeInstances')
    return problem(denied.said, adviceOnPolicyRefusal(denied.said, denied));
  // The function is asked for once the tags are known.
  if (denied !== undefined) return ok('allowed');
  return notRun(`not known: ${resolution.message}`);
}
