// Verifies AWS Signature Version 4 as API Gateway and the query services do, in the header form and in the presigned
// form, and words its refusals as API Gateway does.
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  canonicalRequest,
  headerValues,
  type QueryParameter,
  queryParameters,
  type ReceivedRequest,
  sha256Hex,
} from './canonical.ts';
import { type ParsedSignature, parseSignature } from './parse-signature.ts';
import { type Refusal, refusal } from './refusal.ts';
import { algorithm } from './signature-fields.ts';
import { checkBoundHeaders, checkScope, checkTime } from './signature-checks.ts';
import { type DeriveSigningKey, deriveSigningKey } from './signing-key.ts';

export type { ReceivedRequest } from './canonical.ts';
export type { RefusalCode } from './refusal.ts';

export type KnownKey = {
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiresAtMs?: number | undefined;
};

export type VerifyOptions<Key extends KnownKey = KnownKey> = {
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
  /** How far the client's clock may be off, either way. 5 minutes unless told. */
  readonly maxSkewMs?: number;
  /** Headers, in lower case, that must be signed where the request has them: those that decide what it asks for. */
  readonly boundHeaders?: readonly string[];
  readonly lookup: (accessKeyId: string) => Key | undefined;
  /** For whoever verifies many requests, one that remembers. */
  readonly deriveKey?: DeriveSigningKey;
};

/** `key` is the one that the request was verified with, whatever `lookup` would find by now. */
export type Verification<Key extends KnownKey = KnownKey> =
  | { readonly ok: true; readonly accessKeyId: string; readonly key: Key }
  | Refusal;

const defaultMaxSkewMs = 5 * 60_000;

/**
 * Tells who signed the request, or why it is refused. The message is for the client alone: like API Gateway's, it may
 * repeat what the client signed, its session token included, and does not belong in a log.
 *
 * The `host` header must be signed. Other headers are bound only when SignedHeaders names them, in whatever order it
 * does, or the options demand it: the clients in the field leave `x-apigw-api-id`, `content-type` and `user-agent`
 * unsigned. The date and the session token are bound anyway (string to sign; compared with the key's), and so is the
 * body, whose hash is always computed here: UNSIGNED-PAYLOAD is S3's and never matches.
 */
export function verifyRequest<Key extends KnownKey>(
  request: ReceivedRequest,
  options: VerifyOptions<Key>,
): Verification<Key> {
  const parameters = queryParameters(request.rawQuery);
  const signature = parseSignature(request, parameters);
  if ('ok' in signature) return signature;

  const headersRefusal = checkBoundHeaders(request, signature, options.boundHeaders ?? []);
  if (headersRefusal !== undefined) return headersRefusal;
  const scopeRefusal = checkScope(signature, options);
  if (scopeRefusal !== undefined) return scopeRefusal;

  const key = options.lookup(signature.accessKeyId);
  if (key === undefined) return refusal('invalid-client-token');
  if (!isSameText(signature.sessionToken ?? '', key.sessionToken ?? ''))
    return refusal('invalid-client-token');
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= options.nowMs) return refusal('expired-token');

  const timeRefusal = checkTime(signature, options.nowMs, options.maxSkewMs ?? defaultMaxSkewMs);
  if (timeRefusal !== undefined) return timeRefusal;

  const bodyHash = sha256Hex(request.body);
  const declaredHash = headerValues(request, 'x-amz-content-sha256')[0] ?? bodyHash;
  const canonical = canonicalRequest(
    request,
    signedParameters(parameters, signature),
    signature.signedHeaders,
    bodyHash,
  );
  const stringToSign = [
    algorithm,
    signature.timestamp,
    signature.scope,
    sha256Hex(Buffer.from(canonical, 'latin1')),
  ].join('\n');
  const { deriveKey = deriveSigningKey } = options;
  const signingKey = deriveKey(key, signature.date, options);
  const expected = createHmac('sha256', signingKey).update(stringToSign).digest('hex');
  if (declaredHash !== bodyHash || !isSameText(signature.signature, expected)) {
    return refusal('signature-mismatch', mismatchMessage(canonical, stringToSign));
  }
  return { ok: true, accessKeyId: signature.accessKeyId, key };
}

function signedParameters(
  parameters: readonly QueryParameter[],
  signature: ParsedSignature,
): readonly QueryParameter[] {
  return signature.expiresSeconds === undefined
    ? parameters
    : parameters.filter(({ name }) => name !== 'X-Amz-Signature');
}

/** Compares without telling by its duration where the two differ; only whether the lengths do. */
function isSameText(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

function mismatchMessage(canonical: string, stringToSign: string): string {
  return (
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
    'and signing method. Consult the service documentation for details.\n\n' +
    `The Canonical String for this request should have been\n'${canonical}'\n\n` +
    `The String-to-Sign should have been\n'${stringToSign}'\n`
  );
}
