// The tags of an instance as EC2 knows them, when the instance metadata does not publish them.
import type { Limits } from './deadline.ts';
import { callQueryApi, element, items, type QueryApi, QueryApiError } from './query-api.ts';

export type DescribedTags =
  | { readonly kind: 'found'; readonly tags: ReadonlyMap<string, string> }
  | { readonly kind: 'no-such-instance' };

/**
 * EC2 DescribeInstances of one instance. Throws QueryApiError (`isAccessDenied` tells a missing permission),
 * TransportError or CredentialsError.
 */
export async function describeInstanceTags(
  api: QueryApi,
  instanceId: string,
  limits: Limits,
): Promise<DescribedTags> {
  const parameters = { Action: 'DescribeInstances', Version: '2016-11-15', 'InstanceId.1': instanceId };
  const answer = await callQueryApi(api, 'ec2', parameters, limits).catch((error: unknown) => {
    if (error instanceof QueryApiError && error.code === 'InvalidInstanceID.NotFound') return undefined;
    throw error;
  });
  const instances = items(element(answer?.content, 'reservationSet')).flatMap((reservation) =>
    items(element(reservation, 'instancesSet')),
  );
  const instance = instances.find((candidate) => memberText(candidate, 'instanceId') === instanceId);
  if (instance === undefined) return { kind: 'no-such-instance' };
  return {
    kind: 'found',
    tags: new Map(
      items(element(instance, 'tagSet')).map((tag) => [memberText(tag, 'key'), memberText(tag, 'value')]),
    ),
  };
}

function memberText(parent: unknown, name: string): string {
  const value =
    typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}
