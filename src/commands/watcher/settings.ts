// From a configuration to what the loop works with. Made anew at every reload, over credentials and files that stay.
import { createCredentialSource, type OwnCredentials, standardChain } from '../../aws/credentials.ts';
import type { InvokeDiscovery } from '../../aws/discovery-lambda.ts';
import { serviceEndpoint } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import { createImds, type Imds } from '../../aws/imds.ts';
import { readSignals } from '../../aws/instance-signals.ts';
import { invokeDiscoveryInThread, lookUpConfiguredInThread } from '../../aws/sdk-thread.ts';
import { createSignedHttp, type SignedHttp } from '../../aws/signed-http.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import type { InstanceContext } from '../../watcher/context/instance-context.ts';
import type { PollLimits, Settings } from '../../watcher/ports.ts';
import { definiteRecheckMs } from '../../watcher/schedule.ts';
import { createContextSource } from './context-source.ts';
import { ApiMetadataSource, type ContextSource } from './metadata-source.ts';

/** The clients of AWS that one process has. */
export interface AwsClients {
  readonly env: Environment;
  readonly imds: Imds;
  readonly credentials: OwnCredentials;
  readonly http: SignedHttp;
  readonly invokeDiscovery: InvokeDiscovery;
}

/** What every source of one process shares. */
export interface SourceParts extends AwsClients {
  readonly bootId: string;
  readonly readCache: () => { readonly bootId: string; readonly context: InstanceContext } | null;
  readonly writeCache: (context: InstanceContext) => void;
  readonly refreshFailed: (message: string) => void;
  readonly refreshed: () => void;
  readonly monotonicMs: () => number;
}

/** The clients of AWS over the process's environment. Throws EnvironmentError when a variable cannot be used. */
export function connectAws(
  env: Environment,
  version: string,
  config: Pick<AgentConfig, 'staleContextAfterMs'>,
): AwsClients {
  const imds = createImds({ env });
  const credentials = createCredentialSource({
    lookup: standardChain(env, { lookUpConfigured: lookUpConfiguredInThread }),
    recheckNoneAfterMs: definiteRecheckMs(config.staleContextAfterMs),
  });
  const http = createSignedHttp({ env, credentials, userAgent: `cs-instance-watcher/${version}` });
  return { env, imds, credentials, http, invokeDiscovery: invokeDiscoveryInThread };
}

/** The loop's settings for a configuration. */
export function settingsFor(config: AgentConfig, parts: SourceParts): Settings {
  const {
    force,
    instanceState,
    maxHoldMs,
    runScriptsAtStart,
    ports,
    allowFrom,
    includeLoopback,
    pollPeriodMs,
    refuseDelayMs,
    drainTimeoutMs,
    onDrainTimeout,
    drainOn,
  } = config;
  const source = apiSource(config, parts, createContextSource(config, parts));
  const ruleset = ports.length === 0 ? null : { ports, allowFrom, includeLoopback, closing: false };
  const decision = { force, instanceState, maxHoldMs, runScriptsAtStart };
  const drain = { refuseDelayMs, drainTimeoutMs, onDrainTimeout };
  const signals =
    drainOn.length === 0
      ? null
      : { read: ({ signal }: PollLimits) => readSignals(parts.imds, drainOn, signal) };
  return { plan: { ruleset, ...decision, ...drain }, pollPeriodMs, source, signals };
}

/** The source of the API's answers, for a context. */
export function apiSource(
  config: Pick<AgentConfig, 'apiUrl' | 'instanceId'>,
  parts: AwsClients & Pick<SourceParts, 'monotonicMs'>,
  context: ContextSource,
): ApiMetadataSource {
  return new ApiMetadataSource({
    context,
    send: parts.http.send,
    forgetCredentials: () => {
      parts.credentials.forget();
      parts.http.forgetSession();
    },
    apiUrl: config.apiUrl,
    askedInstanceId: config.instanceId,
    plainHttpDiscovery: (region) => isDiscoveryPlainHttp(region, parts.env),
    monotonicMs: parts.monotonicMs,
  });
}

/** Whether discovery itself goes over plain http, so that its answer is believed as far. */
export function isDiscoveryPlainHttp(region: string, env: Environment): boolean {
  return serviceEndpoint({ service: 'lambda', region, env }).protocol === 'http:';
}
