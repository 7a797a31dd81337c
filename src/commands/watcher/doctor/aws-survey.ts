// One look at AWS as the agent sees it, by the agent's own clients: each question is asked once, however many checks need
// its answer, and the questions that wait for no other's answer are asked at the same time.
import { configuredSource } from '../../../aws/configured-source.ts';
import type { Credentials } from '../../../aws/credentials.ts';
import { EnvironmentError } from '../../../aws/http-agents.ts';
import type { ImdsAnswer } from '../../../aws/imds.ts';
import { untilSilent } from '../../../aws/imds-attempt.ts';
import {
  type InstanceIdentity,
  type InstanceTag,
  readInstanceIdentity,
  readInstanceTag,
  readPartition,
  readRoleName,
} from '../../../aws/instance-metadata.ts';
import { partitionOfRegion } from '../../../aws/endpoints.ts';
import { type CallerIdentity, getCallerIdentity } from '../../../aws/sts.ts';
import { type ApiRoute, regionOfHost } from '../../../interaction/client/api-address.ts';
import type { AgentConfig } from '../../../watcher/config/agent-config.ts';
import type { Resolution } from '../../../watcher/context/instance-context.ts';
import { GROUP_TAG } from '../../../watcher/context/resolve-context.ts';
import { usualRegion } from '../context-source.ts';
import type { AwsClients } from '../settings.ts';
import { type ApiLook, askApi, type Attempt, learnContext, routesOf } from './ask-api.ts';
import { type ClockReading, observeClock } from './observed-clock.ts';
import { answersWithoutToken } from './tokenless-metadata.ts';

export interface FoundCredentials {
  /** The variable or file that sets them up, or null for the instance's role. */
  readonly configuredBy: string | null;
  /** Null where they are not the role's. */
  readonly roleName: string | null;
  readonly credentials: Credentials;
}

/** Each is asked for at the first call. None rejects but for an environment that cannot be used (EnvironmentError). */
export interface AwsSurvey {
  identity(): Promise<ImdsAnswer<InstanceIdentity>>;
  /** Whether the metadata service answers where no session token is needed. */
  answersWithoutToken(): Promise<boolean>;
  groupTag(): Promise<InstanceTag>;
  credentials(): Promise<Attempt<FoundCredentials>>;
  /** `failed` too where no region is known. */
  caller(): Promise<Attempt<CallerIdentity>>;
  resolution(): Promise<Resolution>;
  /** The routes to the API, in the order in which they are tried; null where the context is not known. */
  routes(): Promise<Attempt<readonly ApiRoute[]> | null>;
  /** Null where the context is not known, so that nobody can be asked. */
  api(): Promise<ApiLook | null>;
  /** The API's method as IAM names it. */
  apiArn(): Promise<string>;
  /** By the first answer that told the time; null when none did. */
  clock(): Promise<ClockReading | null>;
}

const STS_TIMEOUT_MS = 5_000;
const CREDENTIALS_TIMEOUT_MS = 6_000;

/** A survey with the agent's clients. `signal` ends whatever it waits for. */
export function createAwsSurvey(config: AgentConfig, connected: AwsClients, signal: AbortSignal): AwsSurvey {
  const { env } = connected;
  const clock = observeClock(connected.http);
  const clients: AwsClients = { ...connected, http: clock.http };
  const imds = untilSilent(connected.imds);

  const identity = once(() => readInstanceIdentity(imds, signal));
  const resolution = once(() => learnContext(config, clients, signal));
  const context = once(async () => {
    const found = await resolution();
    return found.kind === 'ready' ? found.context : null;
  });
  const region = once(async () => {
    const document = await identity();
    const own = config.region ?? (document.kind === 'value' ? document.value.region : undefined);
    return (
      own ?? usualRegion(env) ?? (config.apiUrl && regionOfHost(new URL(config.apiUrl).hostname)) ?? null
    );
  });
  const caller = once(() =>
    attempt(async () => {
      const known = await region();
      if (known === null) throw new Error('the region is not known');
      return getCallerIdentity(
        { http: clients.http, env, region: known },
        { timeoutMs: STS_TIMEOUT_MS, signal },
      );
    }),
  );
  const routes = once(async () => {
    const known = await context();
    return known === null ? null : routesOf(config, known, env);
  });
  const api = once(async () => {
    const known = await context();
    return known === null ? null : askApi(config, clients, known, clock.lastHost, signal);
  });

  return {
    identity,
    resolution,
    caller,
    routes,
    api,
    answersWithoutToken: once(() => answersWithoutToken(env)),
    groupTag: once(() => readInstanceTag(imds, GROUP_TAG, signal)),
    credentials: once(() =>
      attempt(async () => {
        const credentials = await clients.credentials.get({ timeoutMs: CREDENTIALS_TIMEOUT_MS, signal });
        const configuredBy = (await configuredSource(env)) ?? null;
        const role = configuredBy === null ? await readRoleName(imds, signal) : null;
        return { configuredBy, roleName: role?.kind === 'value' ? role.value : null, credentials };
      }),
    ),
    apiArn: once(async () => {
      const [inRegion, document, who, found, told] = await Promise.all([
        region(),
        identity(),
        caller(),
        routes(),
        readPartition(imds, signal),
      ]);
      const partition = told.kind === 'value' ? told.value : partitionOfRegion(inRegion ?? '');
      const fromDocument = document.kind === 'value' ? document.value.accountId : null;
      const accountId = fromDocument ?? (who.kind === 'got' ? who.value.accountId : '*');
      const apiId = found?.kind === 'got' ? found.value[0]?.headers['x-apigw-api-id'] : undefined;
      return `arn:${partition}:execute-api:${inRegion ?? '*'}:${accountId}:${apiId ?? '*'}/v1/GET/metadata`;
    }),
    clock: once(async () => {
      await Promise.all([caller(), api()]);
      return clock.first();
    }),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'got', value: await work() };
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask());
}
