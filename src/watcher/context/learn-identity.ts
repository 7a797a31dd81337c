// Which instance this is: what the operator gave, and the identity document for what was not given.
import type { Imds } from '../../aws/imds.ts';
import { readInstanceIdentity } from '../../aws/instance-metadata.ts';
import { Unresolved } from './unresolved.ts';

export interface Identity {
  readonly instanceId: string;
  readonly region: string;
  /** Null when only the credentials tell. */
  readonly accountId: string | null;
}

export interface IdentitySources {
  readonly imds: Imds;
  /** `--instance-id` and `--region`; they go before what the document says. */
  readonly instanceId: string | null;
  readonly region: string | null;
}

/** Who this instance is. Throws Unresolved: `refused` when there is definitely nobody to tell, else `unknown`. */
export async function learnIdentity(sources: IdentitySources, signal: AbortSignal): Promise<Identity> {
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
  throw new Unresolved(
    isDefinite ? 'refused' : 'unknown',
    `not known which instance this is: ${reason}: not on EC2? give --instance-id and --region`,
  );
}
