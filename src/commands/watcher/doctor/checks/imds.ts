// The instance metadata service: who this is, and the credentials of its role, come from there.
import type { ImdsAnswer } from '../../../../aws/imds.ts';
import type { InstanceIdentity } from '../../../../aws/instance-metadata.ts';
import type { AgentConfig } from '../../../../watcher/config/agent-config.ts';
import { usualRegion } from '../../context-source.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';

export const imds: Check = {
  id: 'imds',
  title: 'instance metadata',
  place: 'aws',
  look: async ({ aws, config, env }) => {
    const identity = await aws.identity();
    const isSilent = identity.kind === 'unknown' && identity.cause === 'timeout';
    const told = { ...config, region: config.region ?? usualRegion(env) ?? null };
    return judgeMetadata(identity, told, isSilent && (await aws.answersWithoutToken()));
  },
};

/** `answersOtherwise`: the service answers what needs no session token, so that only the token does not arrive. */
export function judgeMetadata(
  identity: ImdsAnswer<InstanceIdentity>,
  { instanceId, region, apiUrl }: Pick<AgentConfig, 'instanceId' | 'region' | 'apiUrl'>,
  answersOtherwise: boolean,
): Finding {
  if (identity.kind === 'value') {
    const { instanceId: id, region: where, accountId } = identity.value;
    return ok(`version 2 answers: ${id} in ${where}, account ${accountId}`);
  }
  const reason = identity.kind === 'absent' ? 'it has no identity document' : identity.reason;
  if (answersOtherwise) {
    return problem(
      `the token of version 2 does not arrive here, though the service answers otherwise: the hop limit is too low for a container`,
      modify(instanceId, '--http-put-response-hop-limit 2'),
    );
  }
  if (apiUrl !== null || (instanceId !== null && region !== null)) {
    const told =
      apiUrl === null ? 'who this is: instance and region are given' : 'finding the API: --api-url names it';
    return notRun(`${reason}; not needed for ${told}`);
  }
  const elsewhere = 'not on EC2? give --instance-id and --region';
  if (identity.kind === 'unknown' && identity.cause === 'disabled') {
    return warning(reason, `unset AWS_EC2_METADATA_DISABLED; ${elsewhere}`);
  }
  const isOff = identity.kind === 'unknown' && ['refused', 'unreachable', 'timeout'].includes(identity.cause);
  const enabled = modify(instanceId, '--http-endpoint enabled');
  return problem(
    `${reason}: it is not known which instance this is`,
    isOff
      ? `${enabled}; no firewall rule may keep root from 169.254.169.254; ${elsewhere}`
      : `ask it by hand: curl -sX PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token; ${elsewhere}`,
  );
}

function modify(instanceId: string | null, change: string): string {
  return `aws ec2 modify-instance-metadata-options --instance-id ${instanceId ?? 'INSTANCE-ID'} ${change}`;
}
