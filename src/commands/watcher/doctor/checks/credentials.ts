// What requests are signed with, where it comes from and how long it lasts.
import { CredentialsError } from '../../../../aws/credentials.ts';
import { CREDENTIALS_ADVICE } from '../../../../watcher/context/resolve-context.ts';
import type { Attempt } from '../ask-api.ts';
import type { FoundCredentials } from '../aws-survey.ts';
import { type Check, type Finding, ok, problem, warning } from '../check.ts';

export const credentials: Check = {
  id: 'credentials',
  title: 'credentials',
  place: 'aws',
  look: async ({ aws, config }) => {
    const [found, identity] = await Promise.all([aws.credentials(), aws.identity()]);
    const fromMetadata = identity.kind === 'value' ? identity.value.instanceId : null;
    return judgeCredentials(found, config.instanceId ?? fromMetadata, Date.now());
  },
};

export function judgeCredentials(
  found: Attempt<FoundCredentials>,
  instanceId: string | null,
  nowMs: number,
): Finding {
  if (found.kind === 'failed') {
    const { error } = found;
    const isWithoutRole = error instanceof CredentialsError && error.code === 'none' && error.isUnconfigured;
    return problem(
      error.message,
      isWithoutRole
        ? `aws ec2 associate-iam-instance-profile --instance-id ${instanceId ?? 'INSTANCE-ID'} --iam-instance-profile Name=PROFILE; elsewhere than on EC2 ${CREDENTIALS_ADVICE}`
        : CREDENTIALS_ADVICE,
    );
  }
  const { configuredBy, roleName, credentials: key } = found.value;
  const lasts = lifetime(key.expiresAtMs, nowMs);
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) {
    return problem(
      `${sourceOf(configuredBy, roleName)} gives credentials that ${lasts}`,
      'date -u; renew them, or set the clock right',
    );
  }
  const told = `${sourceOf(configuredBy, roleName)}, ${lasts}`;
  return configuredBy === null
    ? ok(told)
    : warning(
        `${told}: set up for whoever runs doctor, which the service need not be`,
        'run doctor with the environment of the service: systemctl show -p Environment cs-instance-watcher',
      );
}

function sourceOf(configuredBy: string | null, roleName: string | null): string {
  if (configuredBy !== null) return configuredBy;
  return roleName === null ? 'the role of the instance' : `role ${roleName} of the instance`;
}

function lifetime(expiresAtMs: number | undefined, nowMs: number): string {
  if (expiresAtMs === undefined) return 'without an end';
  const minutes = Math.round((expiresAtMs - nowMs) / 60_000);
  const at = new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return minutes <= 0 ? `ended at ${at}` : `good for ${minutes} min, until ${at}`;
}
