// How a configuration learns its context: by discovery, kept and refreshed; or, with --api-url, from what was given.
import { regionOfHost } from '../../interaction/client/api-address.ts';
import { quote } from '../../interaction/client/quote.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { ContextKeeper } from '../../watcher/context/context-keeper.ts';
import type { Resolution } from '../../watcher/context/instance-context.ts';
import { learnIdentity } from '../../watcher/context/learn-identity.ts';
import { resolveContext } from '../../watcher/context/resolve-context.ts';
import { trustedCache } from '../../watcher/context/trusted-cache.ts';
import { definiteRecheckMs, pollDeadlineMs } from '../../watcher/schedule.ts';
import type { ContextSource } from './metadata-source.ts';
import type { SourceParts } from './settings.ts';

/** What a service says of its failure is quoted in the log up to here; long enough for a policy's refusal and the advice. */
const MAX_MESSAGE_LENGTH = 500;

/** The context of the configured instance. Nothing is asked for before the first poll. */
export function createContextSource(config: AgentConfig, parts: SourceParts): ContextSource {
  return config.apiUrl === null ? new DiscoveredContext(config, parts) : new GivenContext(config, parts);
}

class DiscoveredContext implements ContextSource {
  readonly #keeper: ContextKeeper;

  constructor(config: AgentConfig, parts: SourceParts) {
    const { instanceId, region, staleContextAfterMs, pollPeriodMs } = config;
    const { imds, bootId, monotonicMs, writeCache, refreshFailed, refreshed, readCache } = parts;
    const timeoutMs = pollDeadlineMs(pollPeriodMs);
    this.#keeper = new ContextKeeper({
      recall: (within) =>
        trustedCache({
          cached: readCache(),
          bootId,
          instanceId,
          region,
          identify: () =>
            learnIdentity({ imds, instanceId, region, usualRegion: usualRegion(parts.env) }, within),
        }),
      resolve: (within) =>
        resolveContext(
          { ...parts, instanceId, region, usualRegion: usualRegion(parts.env), timeoutMs },
          within,
        ),
      staleAfterMs: staleContextAfterMs,
      recheckAfterMs: definiteRecheckMs(staleContextAfterMs),
      confirmAfterMs: pollPeriodMs,
      refreshDeadlineMs: timeoutMs,
      monotonicMs,
      learned: writeCache,
      refreshFailed: (message) => refreshFailed(quote(message, MAX_MESSAGE_LENGTH)),
      refreshed,
    });
  }

  async current(signal: AbortSignal): Promise<Resolution> {
    const resolution = await this.#keeper.current(signal);
    if (resolution.kind === 'ready') return resolution;
    return { ...resolution, message: quote(resolution.message, MAX_MESSAGE_LENGTH) };
  }

  expire(): void {
    this.#keeper.expire();
  }

  ageMs(): number | null {
    return this.#keeper.ageMs();
  }
}

class GivenContext implements ContextSource {
  readonly #config: AgentConfig;
  readonly #parts: SourceParts;
  #region: string | null;

  constructor(config: AgentConfig, parts: SourceParts) {
    this.#config = config;
    this.#parts = parts;
    this.#region =
      config.region ?? usualRegion(parts.env) ?? regionOfHost(new URL(config.apiUrl as string).hostname);
  }

  async current(signal: AbortSignal): Promise<Resolution> {
    const { instanceId } = this.#config;
    if (this.#region === null) {
      const identity = await learnIdentity(
        { imds: this.#parts.imds, instanceId: null, region: null },
        signal,
      ).catch(() => null);
      if (identity === null) {
        return {
          kind: 'unknown',
          message: 'the region to sign for is not known: give --region or set AWS_REGION',
        };
      }
      this.#region = identity.region;
    }
    return { kind: 'ready', context: { instanceId, region: this.#region, group: null, discovery: null } };
  }

  expire(): void {}

  ageMs(): null {
    return null;
  }
}

/** The region that the environment names for every AWS client. */
export function usualRegion(env: SourceParts['env']): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
}
