// The group, its Discovery function, and where that says that the API is.
import type { ApiRoute } from '../../../../interaction/client/api-address.ts';
import type { Resolution } from '../../../../watcher/context/instance-context.ts';
import type { Attempt } from '../ask-api.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';

export const discovery: Check = {
  id: 'discovery',
  title: 'discovery',
  place: 'aws',
  look: async ({ aws, config }) => {
    const [resolution, routes, credentials, identity] = await Promise.all([
      aws.resolution(),
      aws.routes(),
      aws.credentials(),
      aws.identity(),
    ]);
    const fromMetadata = identity.kind === 'value' ? identity.value.instanceId : null;
    return judgeDiscovery({
      resolution,
      routes,
      instanceId: config.instanceId ?? fromMetadata,
      hasCredentials: credentials.kind === 'got',
      apiUrl: config.apiUrl,
    });
  },
};

export interface DiscoveryFacts {
  readonly resolution: Resolution;
  readonly routes: Attempt<readonly ApiRoute[]> | null;
  readonly instanceId: string | null;
  readonly hasCredentials: boolean;
  readonly apiUrl: string | null;
}

export function judgeDiscovery({
  resolution,
  routes,
  instanceId,
  hasCredentials,
  apiUrl,
}: DiscoveryFacts): Finding {
  if (resolution.kind === 'not-managed') {
    return warning(
      `${resolution.message}: it is in no group, the ports stay open`,
      `aws ec2 create-tags --resources ${instanceId ?? 'INSTANCE-ID'} --tags Key=clonesquad:group-name,Value=GROUP`,
    );
  }
  if (resolution.kind !== 'ready') {
    if (!hasCredentials) return notRun('not tried: see credentials');
    if (apiUrl !== null) return problem(resolution.message, 'give --region, or set AWS_REGION');
    if (instanceId === null) return notRun('not tried: see instance metadata');
    if (resolution.kind === 'refused' && resolution.denied !== undefined) {
      return notRun(`not allowed: see ${resolution.denied.action}`);
    }
    return problem(
      resolution.message,
      resolution.kind === 'refused'
        ? 'check the tag clonesquad:group-name against the GroupName of the CloneSquad stack; or give --api-url'
        : 'a subnet without a way to the internet needs VPC endpoints for Lambda, and for EC2 and STS where they are asked; behind a proxy set HTTPS_PROXY',
    );
  }
  if (apiUrl !== null) return ok(`not asked: --api-url ${apiUrl}`);
  if (routes?.kind === 'failed') {
    return problem(
      `the answer of CloneSquad-Discovery-${resolution.context.group} cannot be used: ${routes.error.message}`,
      'deploy the CloneSquad stack again, or give --api-url',
    );
  }
  const ways = (routes?.value ?? []).map(({ label, url }) => `${url} (${label.replace('-', ' ')})`);
  return ok(`group ${resolution.context.group}: ${ways.join(', then ')}`);
}
