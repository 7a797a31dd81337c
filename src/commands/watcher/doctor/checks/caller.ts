// Whether AWS takes these credentials at all: STS needs no permission to say whose they are.
import { CredentialsError } from '../../../../aws/credentials.ts';
import type { CallerIdentity } from '../../../../aws/sts.ts';
import { QueryApiError } from '../../../../aws/query-api.ts';
import type { Attempt } from '../ask-api.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';

export const caller: Check = {
  id: 'permission-get-caller-identity',
  title: 'sts:GetCallerIdentity',
  place: 'aws',
  look: async ({ aws }) => {
    const [found, identity] = await Promise.all([aws.caller(), aws.identity()]);
    return judgeCaller(found, identity.kind === 'value' ? identity.value.accountId : null);
  },
};

/** `knownAccountId` is what the identity document says: then the agent asks STS nothing. */
export function judgeCaller(found: Attempt<CallerIdentity>, knownAccountId: string | null): Finding {
  if (found.kind === 'got') {
    const { arn, accountId } = found.value;
    const foreign =
      knownAccountId === null || knownAccountId === accountId
        ? ''
        : `, though the instance is in account ${knownAccountId}, where its group is looked for`;
    return ok(`needs no permission: ${arn}${foreign}`);
  }
  const { error } = found;
  if (error instanceof QueryApiError) {
    return problem(
      error.message,
      'check which credentials these are, and that no service control policy denies sts:GetCallerIdentity',
    );
  }
  if (error instanceof CredentialsError) return notRun('not tried: see credentials');
  const isNeeded =
    knownAccountId === null ? '' : '; the agent does without: the identity document has the account';
  return notRun(`${error.message}${isNeeded}`);
}
