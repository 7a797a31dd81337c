// What to do about a refusal that API Gateway, SQS and Lambda have in common.
import { clockSkewMs, describeSkew } from './clock-skew.ts';
import { adviceOnRuleRefusal, isOwnServer } from './own-server.ts';
import { adviceOnPolicyRefusal, type RefusedAction } from './policy-refusal.ts';
import type { RefusalKind } from './refusal-kind.ts';

/** What was asked for, and with what. */
export interface Refused {
  readonly kind: Exclude<RefusalKind, 'no-route' | 'wrong-endpoint'>;
  /** The message in full, as far as policies and times are in it. */
  readonly said: string;
  readonly dateHeader: string;
  readonly nowMs: number;
  readonly signedRegion: string;
  /** The region that the address itself carries, where it does. */
  readonly hostRegion: string | null;
  readonly asked: RefusedAction;
  /** Where it was refused; null for AWS. */
  readonly hostname: string | null;
  /** The rule of a server of one's own that would allow it, where the request itself tells. */
  readonly rule: string | null;
}

export const RENEW_ADVICE = 'renew them: aws sso login, or a new session of the role';

/** One line, without a full stop. */
export function adviceOnRefusal(refused: Refused): string {
  const { kind, said, signedRegion, hostname } = refused;
  const isOwn = isOwnServer(hostname, said);
  const renewal = isOwn
    ? `${RENEW_ADVICE}; a server of your own shows its keys with cs-interact key list`
    : RENEW_ADVICE;
  switch (kind) {
    case 'expired-token':
      return `these credentials have expired: ${renewal}`;
    case 'invalid-token':
      return `the access key or its session token is not valid there: check which credentials these are, or ${renewal}`;
    case 'clock-skew': {
      const skew = describeSkew(clockSkewMs(said, refused.dateHeader, refused.nowMs));
      return `${skew}: set it right (chronyc makestep)`;
    }
    case 'wrong-region':
      return adviceOnScope(refused);
    case 'signature-mismatch':
      return refused.hostRegion !== null && refused.hostRegion !== signedRegion
        ? adviceOnScope(refused)
        : 'the secret access key does not belong to the access key id, or a proxy changes requests on their way';
    case 'not-allowed':
      return isOwn ? adviceOnRuleRefusal(said, refused.rule) : adviceOnPolicyRefusal(said, refused.asked);
  }
}

function adviceOnScope({ said, signedRegion, hostRegion }: Refused): string {
  if (/correct service/.test(said)) return 'the address is that of another service: check --api-url';
  return hostRegion === null || hostRegion === signedRegion
    ? `signed for ${signedRegion}, which is not the region there: check --region`
    : `signed for ${signedRegion}, but the address is in ${hostRegion}: give --region ${hostRegion}`;
}
