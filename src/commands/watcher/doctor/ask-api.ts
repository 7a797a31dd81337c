// The steps to the API, each by the agent's own code: learn the context, know the routes, poll.
import { runWithin } from '../../../aws/deadline.ts';
import type { Environment } from '../../../aws/http-agents.ts';
import {
  type ApiRoute,
  routesFromApiUrl,
  routesFromDiscovery,
} from '../../../interaction/client/api-address.ts';
import type { AgentConfig } from '../../../watcher/config/agent-config.ts';
import type { InstanceContext, Resolution } from '../../../watcher/context/instance-context.ts';
import { resolveContext } from '../../../watcher/context/resolve-context.ts';
import type { Answer } from '../../../watcher/domain/answer.ts';
import { pollDeadlineMs } from '../../../watcher/schedule.ts';
import { createContextSource, usualRegion } from '../context-source.ts';
import { apiSource, type AwsClients, isDiscoveryPlainHttp, type SourceParts } from '../settings.ts';

export type Attempt<T> =
  | { readonly kind: 'got'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: Error };

export interface ApiLook {
  readonly answer: Answer;
  /** From the request for credentials to the last byte: of the first poll, and of one over the connection that it left. */
  readonly tookMs: readonly number[];
  /** The host that answered last; null when none did. */
  readonly host: string | null;
}

/** Beyond the deadline of a single step, so that the step which is slow is the one that is named. */
const MARGIN_MS = 2_000;
/** After a poll slower than this it is known well enough how long one takes. */
const POLL_AGAIN_BELOW_MS = 5_000;

/** One attempt to learn the context, as the agent's own, with nothing kept of it. Never rejects. */
export async function learnContext(
  config: AgentConfig,
  clients: AwsClients,
  signal: AbortSignal,
): Promise<Resolution> {
  const { instanceId, region, pollPeriodMs } = config;
  if (config.apiUrl !== null) return createContextSource(config, withoutCache(clients)).current(signal);
  const timeoutMs = pollDeadlineMs(pollPeriodMs);
  const sources = { ...clients, instanceId, region, usualRegion: usualRegion(clients.env), timeoutMs };
  return runWithin({ timeoutMs: timeoutMs + MARGIN_MS, signal }, (within) =>
    resolveContext(sources, within),
  ).catch(({ message }: Error) => ({ kind: 'unknown', message: `where the API is: ${message}` }));
}

function withoutCache(clients: AwsClients): SourceParts {
  return {
    ...clients,
    bootId: '',
    readCache: () => null,
    writeCache: () => {},
    refreshFailed: () => {},
    refreshed: () => {},
    monotonicMs: () => performance.now(),
  };
}

/** The routes to the API, in the order in which they are tried. */
export function routesOf(
  config: AgentConfig,
  { discovery, region }: InstanceContext,
  env: Environment,
): Attempt<readonly ApiRoute[]> {
  const found =
    config.apiUrl === null
      ? routesFromDiscovery(discovery, { plainHttp: isDiscoveryPlainHttp(region, env) })
      : routesFromApiUrl(config.apiUrl);
  return found.ok
    ? { kind: 'got', value: found.routes }
    : { kind: 'failed', error: new Error(found.problem) };
}

/** Polls as the agent does. A second time where the first told something: that is what every later poll takes. */
export async function askApi(
  config: AgentConfig,
  clients: AwsClients,
  context: InstanceContext,
  lastHost: () => string | null,
  signal: AbortSignal,
): Promise<ApiLook> {
  const source = apiSource(
    config,
    { ...clients, monotonicMs: () => performance.now() },
    { current: async () => ({ kind: 'ready', context }), expire: () => {}, ageMs: () => null },
  );
  const tookMs: number[] = [];
  const poll = async (): Promise<Answer> => {
    const startedMs = performance.now();
    const answer = await source.poll({ timeoutMs: pollDeadlineMs(config.pollPeriodMs), signal });
    tookMs.push(performance.now() - startedMs);
    return answer;
  };
  const first = await poll();
  const isQuick = first.kind === 'known' && (tookMs[0] as number) < POLL_AGAIN_BELOW_MS;
  const answer = isQuick ? await poll() : first;
  return { answer, tookMs, host: lastHost() };
}
