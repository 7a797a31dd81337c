// One attempt to learn the context: the instance's own metadata first, STS and EC2 only for what it does not tell, then the
// group's Discovery Lambda.
import { type CredentialSource, CredentialsError } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import { DiscoveryError, discoveryFunction, type InvokeDiscovery } from '../../aws/discovery-lambda.ts';
import { describeInstanceTags } from '../../aws/ec2.ts';
import { partitionOfRegion } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import type { Imds } from '../../aws/imds.ts';
import { untilSilent } from '../../aws/imds-attempt.ts';
import { readInstanceTag, readPartition, readServiceDomain } from '../../aws/instance-metadata.ts';
import { isAccessDenied, type QueryApi } from '../../aws/query-api.ts';
import type { SignedHttp } from '../../aws/signed-http.ts';
import { getCallerIdentity } from '../../aws/sts.ts';
import type { Resolution } from './instance-context.ts';
import { type Identity, type IdentitySources, learnIdentity } from './learn-identity.ts';
import { Unresolved } from './unresolved.ts';

/** The tag that names an instance's group. */
export const GROUP_TAG = 'clonesquad:group-name';

/** What to do where there is nothing to sign with. */
export const CREDENTIALS_ADVICE =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role';

export interface ContextSources extends IdentitySources {
  readonly http: SignedHttp;
  readonly credentials: CredentialSource;
  readonly env: Environment;
  readonly invokeDiscovery: InvokeDiscovery;
  /** Bounds the attempt as a whole. */
  readonly timeoutMs: number;
}

/** What the services' addresses and names are made of. */
interface Place {
  readonly partition: string;
  /** Undefined: the one that the region's name stands for. */
  readonly dnsSuffix: string | undefined;
}

/** What an attempt goes on with once it is known which instance this is. */
interface Attempt {
  readonly sources: ContextSources;
  readonly identity: Identity;
  readonly place: Place;
  readonly limits: Limits;
}

/** Learns the context. Never rejects: whatever fails ends as a resolution that says what is known of it. */
export async function resolveContext(given: ContextSources, signal: AbortSignal): Promise<Resolution> {
  const limits: Limits = { timeoutMs: given.timeoutMs, signal };
  const sources = { ...given, imds: untilSilent(given.imds) };
  try {
    const identity = await learnIdentity(sources, signal);
    const place = await readPlace(sources.imds, identity.region, signal);
    const attempt = { sources, identity, place, limits };
    const group = await learnGroup(attempt);
    const discovery = await discover(attempt, group);
    const { instanceId, region } = identity;
    return { kind: 'ready', context: { instanceId, region, group, discovery } };
  } catch (error) {
    return error instanceof Unresolved ? error.resolution : fromFailure(error);
  }
}

async function readPlace(imds: Imds, region: string, signal: AbortSignal): Promise<Place> {
  const [partition, domain] = await Promise.all([
    readPartition(imds, signal),
    readServiceDomain(imds, signal),
  ]);
  return {
    partition: partition.kind === 'value' ? partition.value : partitionOfRegion(region),
    dnsSuffix: domain.kind === 'value' ? domain.value : undefined,
  };
}

async function learnGroup(attempt: Attempt): Promise<string> {
  const { identity } = attempt;
  const group = await groupTag(attempt);
  if (group === undefined || group === '') {
    throw new Unresolved('not-managed', `instance ${identity.instanceId} has no tag ${GROUP_TAG}`);
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(group)) {
    throw new Unresolved('refused', `tag ${GROUP_TAG} of ${identity.instanceId} is not the name of a group`);
  }
  return group;
}

async function groupTag(attempt: Attempt): Promise<string | undefined> {
  const { sources, identity, limits } = attempt;
  // An instance named by the operator may be another one than the metadata service speaks of.
  if (sources.instanceId === null) {
    const tag = await readInstanceTag(sources.imds, GROUP_TAG, limits.signal);
    if (tag.kind === 'value') return tag.value;
    if (tag.kind === 'absent') return undefined;
  }
  const described = await describeInstanceTags(queryApi(attempt), identity.instanceId, limits).catch(
    (error: unknown) => {
      if (!isAccessDenied(error)) throw error;
      const { message } = error as Error;
      // EC2 knows no resources for this action.
      throw new Unresolved('refused', message, {
        action: 'ec2:DescribeInstances',
        resource: '*',
        said: message,
      });
    },
  );
  if (described.kind === 'no-such-instance') {
    throw new Unresolved('refused', `EC2 knows no instance ${identity.instanceId} in ${identity.region}`);
  }
  return described.tags.get(GROUP_TAG);
}

async function discover(attempt: Attempt, groupName: string): Promise<Record<string, unknown>> {
  const { sources, identity, place, limits } = attempt;
  const { credentials: source, env, http, invokeDiscovery, timeoutMs } = sources;
  const { region } = identity;
  const accountId = identity.accountId ?? (await getCallerIdentity(queryApi(attempt), limits)).accountId;
  const credentials = await source.get(limits);
  const answer = await invokeDiscovery(
    {
      groupName,
      ...place,
      region,
      accountId,
      credentials,
      env,
      timeoutMs,
      clockOffsetMs: http.clockOffsetMs(),
    },
    limits.signal,
  ).catch((error: unknown) => {
    if (error instanceof DiscoveryError && error.code === 'credentials') source.invalidate(credentials);
    throw error;
  });
  if (answer.kind === 'found') return answer.discovery;
  const name = `CloneSquad-Discovery-${groupName}`;
  if (answer.kind === 'absent') {
    throw new Unresolved('refused', `there is no function ${name} in account ${accountId}, ${region}`);
  }
  throw new Unresolved('refused', `not allowed to invoke ${name}: ${answer.message}`, {
    action: 'lambda:InvokeFunction',
    resource: discoveryFunction({ groupName, partition: place.partition, region, accountId }),
    said: answer.message,
  });
}

function queryApi({ sources, identity, place }: Attempt): QueryApi {
  return { http: sources.http, env: sources.env, region: identity.region, dnsSuffix: place.dnsSuffix };
}

function fromFailure(error: unknown): Resolution {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CredentialsError) {
    const kind = error.code === 'none' ? 'refused' : 'unknown';
    return { kind, message: `${message}: ${CREDENTIALS_ADVICE}` };
  }
  return { kind: isAccessDenied(error) ? 'refused' : 'unknown', message };
}
