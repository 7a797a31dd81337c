// Whether the context kept on disk is this instance's: a disk may have been made into an image and booted elsewhere.
import type { InstanceContext } from './instance-context.ts';

export interface CacheCheck {
  readonly cached: { readonly bootId: string; readonly context: InstanceContext } | null;
  readonly bootId: string;
  /** `--instance-id` and `--region`, when given. */
  readonly instanceId: string | null;
  readonly region: string | null;
  /** Who the metadata service says this is; rejects when it does not tell. */
  readonly identify: () => Promise<{ readonly instanceId: string; readonly region: string }>;
}

/** The cached context when it is certain to be ours: learned in this boot, or by the same instance; else null. */
export async function trustedCache(check: CacheCheck): Promise<InstanceContext | null> {
  const { cached, instanceId, region } = check;
  if (cached === null) return null;
  const { context } = cached;
  if (instanceId !== null && instanceId !== context.instanceId) return null;
  if (region !== null && region !== context.region) return null;
  if (cached.bootId === check.bootId) return context;
  try {
    const identity = await check.identify();
    return identity.instanceId === context.instanceId && identity.region === context.region ? context : null;
  } catch {
    return null;
  }
}
