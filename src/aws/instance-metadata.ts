// What the agent reads about its own instance, translated once from the wire's spelling.
import { type Imds, type ImdsAnswer, unknown } from './imds.ts';
import { toDocument } from './metadata-document.ts';

export type InstanceIdentity = {
  readonly instanceId: string;
  readonly region: string;
  readonly accountId: string;
  readonly availabilityZone: string;
};

/**
 * `not-enabled`: the instance does not publish its tags in the metadata (or has none), so that another source
 * must be asked. `absent`: tags are published and this one is not among them.
 */
export type InstanceTag = ImdsAnswer<string> | { readonly kind: 'not-enabled' };

/** `dynamic/instance-identity/document`. The region is the document's, never guessed from the zone's name. */
export async function readInstanceIdentity(
  imds: Imds,
  signal?: AbortSignal,
): Promise<ImdsAnswer<InstanceIdentity>> {
  const answer = await imds.read('dynamic/instance-identity/document', signal);
  if (answer.kind !== 'value') return answer;
  const identity = toInstanceIdentity(answer.value);
  return identity === undefined
    ? unknown('malformed', 'the instance identity document is not the expected JSON object')
    : { kind: 'value', value: identity };
}

/** `placement/region`. */
export function readRegion(imds: Imds, signal?: AbortSignal): Promise<ImdsAnswer<string>> {
  return readMatching(imds, 'meta-data/placement/region', /^[a-z]{2,}(-[a-z0-9]+)+$/, signal);
}

/** `services/partition`: `aws`, `aws-cn`, `aws-us-gov`, ... */
export function readPartition(imds: Imds, signal?: AbortSignal): Promise<ImdsAnswer<string>> {
  return readMatching(imds, 'meta-data/services/partition', /^aws[a-z0-9-]*$/, signal);
}

/** `services/domain`: `amazonaws.com`, `amazonaws.com.cn`, ... */
export function readServiceDomain(imds: Imds, signal?: AbortSignal): Promise<ImdsAnswer<string>> {
  return readMatching(imds, 'meta-data/services/domain', /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, signal);
}

/** The name of the role that the instance carries; `absent` when it carries none. */
export function readRoleName(imds: Imds, signal?: AbortSignal): Promise<ImdsAnswer<string>> {
  return readMatching(imds, 'meta-data/iam/security-credentials/', /^[\w+=,.@-]+$/, signal);
}

/** The keys of the instance's tags. `absent` stands for "not published here", see InstanceTag. */
async function readInstanceTagKeys(imds: Imds, signal?: AbortSignal): Promise<ImdsAnswer<readonly string[]>> {
  const answer = await imds.read('meta-data/tags/instance', signal);
  if (answer.kind !== 'value') return answer;
  return { kind: 'value', value: answer.value.split('\n').filter((key) => key !== '') };
}

/** One tag of the instance. The list of keys decides on absence: a 404 alone does not say which of the two it is. */
export async function readInstanceTag(imds: Imds, key: string, signal?: AbortSignal): Promise<InstanceTag> {
  const keys = await readInstanceTagKeys(imds, signal);
  if (keys.kind === 'unknown') return keys;
  if (keys.kind === 'absent') return { kind: 'not-enabled' };
  if (!keys.value.includes(key)) return { kind: 'absent' };
  return imds.read(`meta-data/tags/instance/${encodeTagKey(key)}`, signal);
}

// The service takes the few signs that a published key may contain as they are.
function encodeTagKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%3A', ':').replaceAll('%40', '@').replaceAll('%3D', '=');
}

async function readMatching(
  imds: Imds,
  path: string,
  shape: RegExp,
  signal: AbortSignal | undefined,
): Promise<ImdsAnswer<string>> {
  const answer = await imds.read(path, signal);
  if (answer.kind !== 'value') return answer;
  const value = answer.value.trim();
  return shape.test(value)
    ? { kind: 'value', value }
    : unknown('malformed', `the metadata service answered something else than expected to ${path}`);
}

function toInstanceIdentity(text: string): InstanceIdentity | undefined {
  const { instanceId, region, accountId, availabilityZone } = toDocument(text);
  if (
    !isNonEmpty(instanceId) ||
    !isNonEmpty(region) ||
    !isNonEmpty(accountId) ||
    !isNonEmpty(availabilityZone)
  ) {
    return undefined;
  }
  return { instanceId, region, accountId, availabilityZone };
}

function isNonEmpty(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
