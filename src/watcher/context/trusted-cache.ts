// Whether the context kept on disk is this instance's: a disk may have been made into an image and booted elsewhere.
import type { InstanceContext, Resolution } from './instance-context.ts';
import { Unresolved } from './unresolved.ts';

export interface CacheCheck {
  readonly cached: { readonly bootId: string; readonly context: InstanceContext } | null;
  readonly bootId: string;
  /** `--instance-id` and `--region`, when given. */
  readonly instanceId: string | null;
  readonly region: string | null;
  /** Who the metadata service says this is; rejects when it does not tell. */
  readonly identify: () => Promise<{ readonly instanceId: string; readonly region: string }>;
}

export type Recollection =
  | { readonly kind: 'ours'; readonly context: InstanceContext }
  /** None was kept, or it is another instance's. */
  | { readonly kind: 'none' }
  /** Whose it is cannot be told yet. */
  | Exclude<Resolution, { kind: 'ready' }>;

/** The cached context when it is certain to be ours: learned in this boot, or by the same instance. Never rejects. */
export async function trustedCache(check: CacheCheck): Promise<Recollection> {
  const { cached, instanceId, region } = check;
  if (cached === null) return { kind: 'none' };
  const { context } = cached;
  if (instanceId !== null && instanceId !== context.instanceId) return { kind: 'none' };
  if (region !== null && region !== context.region) return { kind: 'none' };
  // Named in full by the operator, it needs nobody else to say so.
  const isNamed = instanceId !== null && region !== null;
  if (isNamed || cached.bootId === check.bootId) return { kind: 'ours', context };
  try {
    const identity = await check.identify();
    const isOurs = identity.instanceId === context.instanceId && identity.region === context.region;
    return isOurs ? { kind: 'ours', context } : { kind: 'none' };
  } catch (error) {
    if (error instanceof Unresolved) return error.resolution;
    return { kind: 'unknown', message: error instanceof Error ? error.message : String(error) };
  }
}
