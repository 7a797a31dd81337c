// execute-api:Invoke on the API, by what the API says to a poll.
import { adviceOnRuleRefusal, isOwnServer } from '../../../../interaction/client/own-server.ts';
import { adviceOnPolicyRefusal } from '../../../../interaction/client/policy-refusal.ts';
import type { ApiLook } from '../ask-api.ts';
import { type Check, type Finding, notRun, ok, problem } from '../check.ts';

export const permissionApi: Check = {
  id: 'permission-invoke-api',
  title: 'execute-api:Invoke',
  place: 'aws',
  look: async ({ aws }) => {
    const look = await aws.api();
    return look === null ? notRun('not tried: see discovery') : judgeApiPermission(look, await aws.apiArn());
  },
};

/** `resource` is the API's method as IAM names it, for a refusal that does not. */
export function judgeApiPermission({ answer, host }: ApiLook, resource: string): Finding {
  if (answer.kind !== 'unknown') return ok('allowed on GET/metadata');
  if (!isPolicyRefusal(answer)) return notRun('not told: see Interaction API');
  const said = answer.message;
  const hostname = host === null ? null : new URL(`http://${host}`).hostname;
  const isOwn = isOwnServer(hostname, said) && !/execute-api:Invoke/i.test(said);
  return problem(
    said,
    isOwn
      ? adviceOnRuleRefusal(said, 'GET/metadata')
      : adviceOnPolicyRefusal(said, { action: 'execute-api:Invoke', resource }),
  );
}

/** Whether the API was reached and a policy keeps it from answering. */
export function isPolicyRefusal(answer: ApiLook['answer']): boolean {
  return (
    answer.kind === 'unknown' &&
    answer.class === 'forbidden' &&
    /is not authorized to (perform|access)|explicit deny/i.test(answer.message)
  );
}
