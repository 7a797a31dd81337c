// Whether the instance publishes its tags in its metadata: then no permission is needed to learn the group.
import type { InstanceTag } from '../../../../aws/instance-metadata.ts';
import { type Check, type Finding, notRun, ok } from '../check.ts';

export const instanceTags: Check = {
  id: 'instance-tags',
  title: 'instance tags',
  place: 'aws',
  look: async ({ aws, config }) => {
    if (config.apiUrl !== null) return notRun('not needed: --api-url names the API');
    if (config.instanceId !== null)
      return notRun('not asked: --instance-id may name another instance, so EC2 is asked for its tags');
    const identity = await aws.identity();
    const id = identity.kind === 'value' ? identity.value.instanceId : 'INSTANCE-ID';
    return judgeTag(await aws.groupTag(), id);
  },
};

export function judgeTag(tag: InstanceTag, instanceId: string): Finding {
  switch (tag.kind) {
    case 'value':
      return ok(`in the metadata: group ${tag.value}`);
    case 'absent':
      return ok('in the metadata, without a tag clonesquad:group-name');
    case 'not-enabled':
      return ok(
        `not in the metadata, so EC2 is asked for them; without that permission: aws ec2 modify-instance-metadata-options --instance-id ${instanceId} --instance-metadata-tags enabled`,
      );
    case 'unknown':
      return notRun(tag.reason);
  }
}
