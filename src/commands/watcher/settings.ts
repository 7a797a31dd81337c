// From a configuration to what the loop works with. Made anew at every reload, over credentials and files that stay.
import { createCredentialSource, type OwnCredentials, standardChain } from '../../aws/credentials.ts';
import { serviceEndpoint } from '../../aws/endpoints.ts';
import type { Environment } from '../../aws/http-agents.ts';
import { createImds, type Imds } from '../../aws/imds.ts';
import { createSignedHttp, type SignedHttp } from '../../aws/signed-http.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import type { InstanceContext } from '../../watcher/context/instance-context.ts';
import type { Settings } from '../../watcher/ports.ts';
import { definiteRecheckMs } from '../../watcher/schedule.ts';
import { createContextSource } from './context-source.ts';
import { ApiMetadataSource } from './metadata-source.ts';

/** The clients of AWS that one process has. */
export interface AwsClients {
  readonly env: Environment;
  readonly imds: Imds;
  readonly credentials: OwnCredentials;
  readonly http: SignedHttp;
}

/** What every source of one process shares. */
export interface SourceParts extends AwsClients {
  readonly bootId: string;
  readonly readCache: () => { readonly bootId: string; readonly context: InstanceContext } | null;
  readonly writeCache: (context: InstanceContext) => void;
  readonly refreshFailed: (message: string) => void;
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
    lookup: standardChain(env),
    recheckNoneAfterMs: definiteRecheckMs(config.staleContextAfterMs),
  });
  const http = createSignedHttp({ env, credentials, userAgent: `cs-instance-watcher/${version}` });
  return { env, imds, credentials, http };
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
  } = config;
  const source = new ApiMetadataSource({
    context: createContextSource(config, parts),
    send: parts.http.send,
    forgetCredentials: () => {
      parts.credentials.forget();
      parts.http.dropIdleConnections();
    },
    apiUrl: config.apiUrl,
    askedInstanceId: config.instanceId,
    plainHttpDiscovery: (region) =>
      serviceEndpoint({ service: 'lambda', region, env: parts.env }).protocol === 'http:',
    monotonicMs: parts.monotonicMs,
  });
  const ruleset = ports.length === 0 ? null : { ports, allowFrom, includeLoopback };
  return { plan: { ruleset, force, instanceState, maxHoldMs, runScriptsAtStart }, pollPeriodMs, source };
}
