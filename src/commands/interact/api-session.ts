// One run's connection to an Interaction API: its credentials, its address, its client, and the queue beside it.
import { lookUpConfigured } from '../../aws/configured-credentials.ts';
import { createCredentialSource, standardChain } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import { gotExchange } from '../../aws/got-exchange.ts';
import { EnvironmentError } from '../../aws/http-agents.ts';
import { createSignedHttp } from '../../aws/signed-http.ts';
import type { SentMessage } from '../../aws/sqs.ts';
import { ApiFailure, type FailureExit } from '../../interaction/client/api-failure.ts';
import { type FoundApi, findApi } from '../../interaction/client/find-api.ts';
import {
  createInteractionClient,
  type InteractionClient,
} from '../../interaction/client/interaction-client.ts';
import { queueAddress, sendToQueue } from '../../interaction/client/queue.ts';
import type { ApiOptions } from './api-options.ts';
import { type CommandContext, CommandFailure, type FailureStatus } from './command-context.ts';

export interface ApiSession {
  readonly client: InteractionClient;
  readonly found: FoundApi;
  /** Of one call: --timeout, and the process's end. */
  readonly limits: Limits;
  /** Whether the API is of the latest dialect, by its own listing; null where that is not allowed. Asked once, when needed. */
  isLatest(): Promise<boolean | null>;
  /** Sends a message to the group's queue, found by discovery or by asking the API. */
  sendToQueue(body: string): Promise<SentMessage>;
}

/** See withApi. */
export async function runWithApi(
  options: ApiOptions,
  context: CommandContext,
  use: (api: ApiSession) => Promise<void>,
): Promise<void> {
  try {
    await connect(options, context, use);
  } catch (error) {
    throw toCommandFailure(error);
  }
}

async function connect(
  options: ApiOptions,
  { env, signal }: CommandContext,
  use: (api: ApiSession) => Promise<void>,
): Promise<void> {
  const { profile, apiId, region } = options;
  // A variable that is set and empty is as good as none.
  const [group, apiUrl] = [options.group || undefined, options.apiUrl || undefined];
  const limits: Limits = { timeoutMs: options.timeout * 1000, signal };
  const credentials = createCredentialSource({ lookup: standardChain(env, { lookUpConfigured, profile }) });
  const http = createSignedHttp({
    env,
    credentials,
    userAgent: 'cs-interact',
    maxBodyBytes,
    exchange: gotExchange({ connectTimeoutMs }),
  });
  try {
    const found = await findApi({ apiUrl, apiId, group, region, profile, env, credentials }, limits);
    const { send } = http;
    const client = createInteractionClient({ send, region: found.region, routes: found.routes });
    let latest: Promise<boolean | null> | undefined;
    await use({
      client,
      found,
      limits,
      isLatest: () => {
        latest ??= client.ask('listing', {}, limits).then(
          ({ model }) => model.includes('backup'),
          (error: unknown) => {
            if (error instanceof ApiFailure && error.kind === 'not-allowed') return null;
            throw error;
          },
        );
        return latest;
      },
      sendToQueue: async (body) => {
        const discovery = found.discovery ?? (await client.ask('discovery', {}, limits)).model.discovery;
        const queue = queueAddress(discovery, found.region, { plainHttp: found.isPlainHttp });
        return sendToQueue({ http, env }, queue, body, limits);
      },
    });
  } finally {
    http.close();
  }
}

/** What API Gateway can send at most: a fleet's metadata is far above the bound for one instance. */
const maxBodyBytes = 10 * 1024 * 1024;

/** An address that is silent to connections is given up after this, so that there is time left for the next route. */
const connectTimeoutMs = 5_000;

const exitStatuses: Readonly<Record<FailureExit, FailureStatus>> = { error: 1, usage: 2, timeout: 75 };

function toCommandFailure(error: unknown): unknown {
  if (error instanceof ApiFailure)
    return new CommandFailure(exitStatuses[error.exit], error.message, { cause: error });
  if (error instanceof EnvironmentError) return new CommandFailure(2, error.message, { cause: error });
  return error;
}
