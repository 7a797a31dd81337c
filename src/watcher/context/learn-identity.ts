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
  /** `AWS_REGION` and its kin, which the document goes before: on EC2 the instance is where it is. */
  readonly usualRegion?: string | undefined;
}

/** Who this instance is. Throws Unresolved: `refused` when there is definitely nobody to tell, else `unknown`. */
export async function learnIdentity(sources: IdentitySources, signal: AbortSignal): Promise<Identity> {
  const document = await readInstanceIdentity(sources.imds, signal);
  if (document.kind === 'value') {
    const { instanceId, region, accountId } = document.value;
    return { instanceId: sources.instanceId ?? instanceId, region: sources.region ?? region, accountId };
  }
  const { instanceId } = sources;
  const region = sources.region ?? sources.usualRegion ?? null;
  if (instanceId !== null && region !== null) return { instanceId, region, accountId: null };
  const reason =
    document.kind === 'unknown' ? document.reason : 'the metadata service has no identity document';
  const isDefinite = document.kind === 'absent' || document.cause === 'disabled';
  const missing = [instanceId === null ? '--instance-id' : null, region === null ? '--region' : null];
  const advice = `not on EC2? give ${missing.filter((option) => option !== null).join(' and ')}`;
  throw new Unresolved(
    isDefinite ? 'refused' : 'unknown',
    `not known which instance this is: ${reason}: ${advice}`,
  );
}
