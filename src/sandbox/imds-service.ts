// The instance metadata service of the sandbox's one instance.
import { randomBytes } from 'node:crypto';
import type { ReceivedRequest } from '../aws/sigv4/verify.ts';
import type { IssuedKey } from './issued-keys.ts';
import type { Answer } from './listener.ts';
import { readSignalItem } from './signals.ts';
import type { SandboxState } from './state.ts';

export type ImdsService = {
  /** `PUT api/token`, `GET meta-data/tags/instance`, ...: what is counted and what a fault can name. */
  operation(request: ReceivedRequest): string;
  answer(request: ReceivedRequest): Answer;
};

type ImdsServiceOptions = {
  readonly state: () => SandboxState;
  readonly currentKey: () => IssuedKey;
  /** Monotonic milliseconds, for the age of session tokens. */
  readonly monotonicMs: () => number;
};

const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const plainText = { 'content-type': 'text/plain' };
const maxHeldTokens = 1_000;

/** Session tokens as EC2 grants them; without one 401, unless the state allows version 1. */
export function createImdsService({ state, currentKey, monotonicMs }: ImdsServiceOptions): ImdsService {
  const tokens = new Map<string, number>();

  const grantToken = (request: ReceivedRequest): Answer => {
    const askedSeconds = Number(header(request, ttlHeader));
    if (!Number.isInteger(askedSeconds) || askedSeconds < 1 || askedSeconds > 21_600) return { status: 400 };
    // EC2 refuses a token to whatever looks like a forwarding proxy.
    if (header(request, 'x-forwarded-for') !== undefined) return { status: 403 };
    const seconds = Math.min(askedSeconds, state().imds.maxTokenTtlSeconds);
    const token = randomBytes(40).toString('base64');
    const [oldest] = tokens.keys();
    if (tokens.size >= maxHeldTokens && oldest !== undefined) tokens.delete(oldest);
    tokens.set(token, monotonicMs() + seconds * 1000);
    return { status: 200, headers: { ...plainText, [ttlHeader]: String(seconds) }, body: token };
  };

  const isAuthorised = (request: ReceivedRequest): boolean => {
    const token = header(request, 'x-aws-ec2-metadata-token');
    if (token === undefined) return state().imds.allowV1;
    return monotonicMs() < (tokens.get(token) ?? 0);
  };

  return {
    operation: (request) => `${request.method} ${itemPath(request)}`,
    answer(request) {
      const path = itemPath(request);
      if (path === 'api/token') return request.method === 'PUT' ? grantToken(request) : { status: 405 };
      if (request.method !== 'GET') return { status: 405 };
      if (!isAuthorised(request)) return { status: 401 };
      const item = readItem(path, state(), currentKey);
      return item === undefined ? { status: 404 } : { status: 200, headers: plainText, body: item };
    },
  };
}

function readItem(path: string, state: SandboxState, currentKey: () => IssuedKey): string | undefined {
  const { instance, imds } = state;
  const tagPrefix = 'meta-data/tags/instance/';
  const rolePath = 'meta-data/iam/security-credentials';
  if (path === 'dynamic/instance-identity/document') return identityDocument(state);
  if (path === 'meta-data/instance-id') return instance.instanceId;
  if (path === 'meta-data/placement/region') return instance.region;
  if (path === 'meta-data/placement/availability-zone') return instance.availabilityZone;
  if (path === 'meta-data/services/partition') return instance.partition;
  if (path === 'meta-data/services/domain') return instance.domain;
  if (imds.tagsEnabled && Object.keys(instance.tags).length > 0) {
    if (`${path}/` === tagPrefix || path === tagPrefix) return Object.keys(instance.tags).join('\n');
    const key = path.startsWith(tagPrefix) ? path.slice(tagPrefix.length) : undefined;
    if (key !== undefined) return Object.hasOwn(instance.tags, key) ? instance.tags[key] : undefined;
  }
  if (instance.roleName !== '') {
    if (path === rolePath || path === `${rolePath}/`) return instance.roleName;
    if (path === `${rolePath}/${instance.roleName}`) return credentialsDocument(currentKey());
  }
  return readSignalItem(path, state.signals);
}

function identityDocument({ instance }: SandboxState): string {
  const { accountId, availabilityZone, instanceId, instanceType, region } = instance;
  return JSON.stringify(
    {
      accountId,
      architecture: 'x86_64',
      availabilityZone,
      instanceId,
      instanceType,
      region,
      version: '2017-09-30',
    },
    undefined,
    2,
  );
}

function credentialsDocument(key: IssuedKey): string {
  return JSON.stringify(
    {
      Code: 'Success',
      LastUpdated: isoSeconds(key.issuedAtMs),
      Type: 'AWS-HMAC',
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      Token: key.sessionToken,
      Expiration: isoSeconds(key.expiresAtMs),
    },
    undefined,
    2,
  );
}

function itemPath(request: ReceivedRequest): string {
  const path = decodeURIComponentOrSame(request.rawPath);
  return path.startsWith('/latest/') ? path.slice('/latest/'.length) : path;
}

function header(request: ReceivedRequest, name: string): string | undefined {
  return request.headers.find(([received]) => received.toLowerCase() === name)?.[1];
}

function decodeURIComponentOrSame(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
