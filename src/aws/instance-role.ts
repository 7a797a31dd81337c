// The credentials of the instance's role, read by our own IMDS client: under a deadline, never through a proxy
// (NODE_USE_ENV_PROXY would send the SDK's reads there), and telling a missing role from a silent service.
import type { Credentials } from './credentials.ts';
import type { Imds } from './imds.ts';
import { readRoleName } from './instance-metadata.ts';
import { toDocument } from './metadata-document.ts';

export type RoleCredentials =
  | { readonly kind: 'found'; readonly credentials: Credentials }
  /** The instance definitely carries no role, or its metadata is not to be asked. */
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** `iam/security-credentials/{role}`. Never throws. */
export async function readRoleCredentials(imds: Imds): Promise<RoleCredentials> {
  const role = await readRoleName(imds);
  if (role.kind === 'absent') return { kind: 'none', reason: 'the instance carries no IAM role' };
  if (role.kind === 'unknown') {
    return { kind: role.cause === 'disabled' ? 'none' : 'unavailable', reason: role.reason };
  }
  const answer = await imds.read(`meta-data/iam/security-credentials/${role.value}`);
  if (answer.kind === 'unknown') return { kind: 'unavailable', reason: answer.reason };
  const document = answer.kind === 'value' ? toDocument(answer.value) : {};
  const credentials = toCredentials(document);
  if (credentials !== undefined) return { kind: 'found', credentials };
  // EC2 says why in `Code`, such as AssumeRoleUnauthorizedAccess for a role that trusts somebody else.
  const code = typeof document.Code === 'string' ? document.Code : 'no credentials';
  return { kind: 'unavailable', reason: `role ${role.value}: the metadata service gives ${code}` };
}

function toCredentials(document: Readonly<Record<string, unknown>>): Credentials | undefined {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = document;
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof Token !== 'string') {
    return undefined;
  }
  const expiresAtMs = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN;
  if (Number.isNaN(expiresAtMs)) return undefined;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token, expiresAtMs };
}
