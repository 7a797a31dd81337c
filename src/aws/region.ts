// The region to work in, from the places where every AWS program looks for it.
import type { Environment } from './http-agents.ts';
import { createImds } from './imds.ts';
import { readRegion } from './instance-metadata.ts';
import { readProfile } from './profile.ts';

export type RegionSources = {
  readonly env: Environment;
  /** In place of AWS_PROFILE. */
  readonly profile?: string | undefined;
  /** Bounds the wait for a metadata service that is not there. 1 s unless told. */
  readonly imdsTimeoutMs?: number;
};

const defaultImdsTimeoutMs = 1_000;

/**
 * AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else that of the EC2 instance this is; undefined when none tells.
 * Throws EnvironmentError when the environment names a metadata service by no URL.
 */
export async function findRegion(sources: RegionSources, signal?: AbortSignal): Promise<string | undefined> {
  const { env, profile } = sources;
  const told = env.AWS_REGION || env.AWS_DEFAULT_REGION || (await readProfile(env, profile))?.region;
  if (told) return told;
  const imds = createImds({ env, readTimeoutMs: sources.imdsTimeoutMs ?? defaultImdsTimeoutMs });
  try {
    const answer = await readRegion(imds, signal);
    return answer.kind === 'value' ? answer.value : undefined;
  } finally {
    imds.close();
  }
}
