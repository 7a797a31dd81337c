// One attempt to learn the context: the instance's own metadata first, STS and EC2 only for what it does not tell, then the
// group's Discovery Lambda.
import { type CredentialSource, CredentialsError } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import { DiscoveryError, invokeDiscovery } from '../../aws/discovery-lambda.ts';
import { describeInstanceTags } from '../../aws/ec2.ts';
import { partitionOfRegion } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import type { Imds } from '../../aws/imds.ts';
import {
  readInstanceIdentity,
  readInstanceTag,
  readPartition,
  readServiceDomain,
} from '../../aws/instance-metadata.ts';
import { isAccessDenied, type QueryApi } from '../../aws/query-api.ts';
import type { SignedHttp } from '../../aws/signed-http.ts';
import { getCallerIdentity } from '../../aws/sts.ts';
import type { Resolution } from './instance-context.ts';

const GROUP_TAG = 'clonesquad:group-name';

export interface ContextSources {
  readonly imds: Imds;
  readonly http: SignedHttp;
  readonly credentials: CredentialSource;
  readonly env: Environment;
  /** `--instance-id` and `--region`; what is given is not asked for. */
  readonly instanceId: string | null;
  readonly region: string | null;
  /** Bounds the attempt as a whole. */
  readonly timeoutMs: number;
}

interface Identity {
  readonly instanceId: string;
  readonly region: string;
  readonly accountId: string | null;
}

/** Ends the attempt early with what it came to. */
class Unresolved extends Error {
  readonly resolution: Exclude<Resolution, { kind: 'ready' }>;

  constructor(kind: 'not-managed' | 'refused' | 'unknown', message: string) {
    super(message);
    this.resolution = { kind, message };
  }
}

/** Learns the context. Never rejects: whatever fails ends as a resolution that says what is known of it. */
export async function resolveContext(sources: ContextSources, signal: AbortSignal): Promise<Resolution> {
  const limits: Limits = { timeoutMs: sources.timeoutMs, signal };
  try {
    const identity = await learnIdentity(sources, signal);
    const group = await learnGroup(sources, identity, limits);
    const discovery = await discover(sources, identity, group, limits);
    const { instanceId, region } = identity;
    return { kind: 'ready', context: { instanceId, region, group, discovery } };
  } catch (error) {
    return error instanceof Unresolved ? error.resolution : fromFailure(error);
  }
}

/** Who this instance is, by what was given and by its identity document. */
export async function learnIdentity(
  sources: Pick<ContextSources, 'imds' | 'instanceId' | 'region'>,
  signal: AbortSignal,
): Promise<Identity> {
  const document = await readInstanceIdentity(sources.imds, signal);
  if (document.kind === 'value') {
    const { instanceId, region, accountId } = document.value;
    return { instanceId: sources.instanceId ?? instanceId, region: sources.region ?? region, accountId };
  }
  const { instanceId, region } = sources;
  if (instanceId !== null && region !== null) return { instanceId, region, accountId: null };
  const reason =
    document.kind === 'unknown' ? document.reason : 'the metadata service has no identity document';
  const isDefinite = document.kind === 'absent' || document.cause === 'disabled';
  throw new Unresolved(isDefinite ? 'refused' : 'unknown', `not known which instance this is: ${reason}`);
}

async function learnGroup(sources: ContextSources, identity: Identity, limits: Limits): Promise<string> {
  const tag = await readInstanceTag(sources.imds, GROUP_TAG, limits.signal);
  // An instance named by the operator may be another one than the metadata service speaks of.
  const isOwnTag = sources.instanceId === null && (tag.kind === 'value' || tag.kind === 'absent');
  const group =
    isOwnTag && tag.kind === 'value'
      ? tag.value
      : isOwnTag
        ? undefined
        : await describedGroup(sources, identity, limits);
  if (group === undefined || group === '') {
    throw new Unresolved('not-managed', `instance ${identity.instanceId} has no tag ${GROUP_TAG}`);
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(group)) {
    throw new Unresolved('refused', `tag ${GROUP_TAG} of ${identity.instanceId} is not the name of a group`);
  }
  return group;
}

async function describedGroup(
  sources: ContextSources,
  identity: Identity,
  limits: Limits,
): Promise<string | undefined> {
  const described = await describeInstanceTags(
    await queryApi(sources, identity, limits),
    identity.instanceId,
    limits,
  );
  if (described.kind === 'no-such-instance') {
    throw new Unresolved('refused', `EC2 knows no instance ${identity.instanceId} in ${identity.region}`);
  }
  return described.tags.get(GROUP_TAG);
}

async function discover(
  sources: ContextSources,
  identity: Identity,
  groupName: string,
  limits: Limits,
): Promise<Record<string, unknown>> {
  const { imds, credentials: source, env, timeoutMs } = sources;
  const { region } = identity;
  const partition = await readPartition(imds, limits.signal);
  const accountId =
    identity.accountId ??
    (await getCallerIdentity(await queryApi(sources, identity, limits), limits)).accountId;
  const credentials = await source.get(limits);
  const answer = await invokeDiscovery(
    {
      groupName,
      partition: partition.kind === 'value' ? partition.value : partitionOfRegion(region),
      region,
      accountId,
      credentials,
      env,
      timeoutMs,
    },
    limits.signal,
  ).catch((error: unknown) => {
    if (error instanceof DiscoveryError && error.code === 'credentials') source.invalidate(credentials);
    throw error;
  });
  if (answer.kind === 'found') return answer.discovery;
  const name = `CloneSquad-Discovery-${groupName}`;
  throw new Unresolved(
    'refused',
    answer.kind === 'absent'
      ? `there is no function ${name} in account ${accountId}, ${region}`
      : `not allowed to invoke ${name}: ${answer.message}`,
  );
}

async function queryApi(sources: ContextSources, identity: Identity, limits: Limits): Promise<QueryApi> {
  const domain = await readServiceDomain(sources.imds, limits.signal);
  return {
    http: sources.http,
    env: sources.env,
    region: identity.region,
    ...(domain.kind === 'value' ? { dnsSuffix: domain.value } : {}),
  };
}

function fromFailure(error: unknown): Resolution {
  const message = error instanceof Error ? error.message : String(error);
  const isDefinite = isAccessDenied(error) || (error instanceof CredentialsError && error.code === 'none');
  return { kind: isDefinite ? 'refused' : 'unknown', message };
}
