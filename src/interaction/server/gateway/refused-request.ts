// What may be written down of a request that was refused: enough to find the client at fault, nothing that would let a
// reader act in its place.
import { queryParameters } from '../../../aws/sigv4/canonical.ts';
import { parseSignature } from '../../../aws/sigv4/parse-signature.ts';
import type { ReceivedRequest, RefusalCode } from '../../../aws/sigv4/verify.ts';

/** Why no operation was asked for. The last three were refused before their signature was looked at. */
export type RefusalReason = RefusalCode | 'not-allowed' | 'another-api' | 'another-stage' | 'no-such-method';

export interface RefusedRequest {
  /** Unknown when the client was gone already. */
  readonly peerAddress: string | undefined;
  /** As the client claims; null when it names none that can be shown. */
  readonly accessKeyId: string | null;
  readonly reason: RefusalReason;
}

/**
 * The access key id that a request names, if it has the form of AWS's (capitals and digits) or is known: anything else
 * may well be a secret that was given in the id's place.
 */
export function claimedKeyId(
  request: ReceivedRequest,
  isKnown: (accessKeyId: string) => boolean,
): string | null {
  const signature = parseSignature(request, queryParameters(request.rawQuery));
  if ('ok' in signature) return null;
  const { accessKeyId } = signature;
  const isShowable = /^[A-Z0-9]{1,128}$/.test(accessKeyId) || isKnown(accessKeyId);
  return isShowable ? accessKeyId.replace(/[^\x21-\x7e]/g, '?').slice(0, 128) : null;
}
