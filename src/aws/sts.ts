// Whose credentials these are: the account, when IMDS does not tell it.
import type { Limits } from './deadline.ts';
import { callQueryApi, element, type QueryApi, QueryApiError } from './query-api.ts';

export type CallerIdentity = { readonly accountId: string; readonly arn: string; readonly userId: string };

/** STS GetCallerIdentity, which needs no permission. Throws QueryApiError, TransportError or CredentialsError. */
export async function getCallerIdentity(api: QueryApi, limits: Limits): Promise<CallerIdentity> {
  const { content } = await callQueryApi(
    api,
    'sts',
    { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    limits,
  );
  const { Account, Arn, UserId } = element(content, 'GetCallerIdentityResult');
  if (typeof Account !== 'string' || typeof Arn !== 'string' || typeof UserId !== 'string') {
    throw new QueryApiError('GetCallerIdentity', 200, undefined, 'the answer lacks Account, Arn or UserId');
  }
  return { accountId: Account, arn: Arn, userId: UserId };
}
