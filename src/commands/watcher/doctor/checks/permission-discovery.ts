// lambda:InvokeFunction on the Discovery function of the group.
import { adviceOnPolicyRefusal } from '../../../../interaction/client/policy-refusal.ts';
import type { Resolution } from '../../../../watcher/context/instance-context.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';

export const permissionDiscovery: Check = {
  id: 'permission-invoke-function',
  title: 'lambda:InvokeFunction',
  place: 'aws',
  look: async ({ aws, config }) =>
    config.apiUrl === null
      ? judgeDiscoveryPermission(await aws.resolution())
      : ok('not needed: --api-url names the API'),
};

export function judgeDiscoveryPermission(resolution: Resolution): Finding {
  switch (resolution.kind) {
    case 'ready':
      return ok(`allowed on CloneSquad-Discovery-${resolution.context.group}`);
    case 'refused': {
      const { denied } = resolution;
      return denied?.action === 'lambda:InvokeFunction'
        ? problem(denied.said, adviceOnPolicyRefusal(denied.said, denied))
        : notRun(`not known: ${resolution.message}`);
    }
    default:
      return notRun(`not known: ${resolution.message}`);
  }
}
