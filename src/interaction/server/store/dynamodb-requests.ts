// Requests to DynamoDB: the SDK's client over our credentials, endpoint and connections, one deadline over all attempts,
// and every failure a StoreError.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CredentialSource, Credentials } from '../../../aws/credentials.ts';
import { runWithin } from '../../../aws/deadline.ts';
import { serviceEndpoint } from '../../../aws/endpoints.ts';
import { closeAgents, createProxyAgents, type Environment } from '../../../aws/http-agents.ts';
import { silentLogger } from '../../../aws/silent-logger.ts';
import { StoreError } from './store.ts';

type Command<Answer> = (
  client: DynamoDBClient,
  options: { readonly abortSignal: AbortSignal },
) => Promise<Answer>;

export interface DynamoDbRequests {
  /** Sends a command, with the SDK's retries. Throws StoreError, which says that `subject` failed and has the cause. */
  send<Answer>(subject: string, command: Command<Answer>): Promise<Answer>;
  /** Refuses further requests and resolves when those before have ended. */
  close(): Promise<void>;
}

/** Shorter than what API Gateway's clients wait for an answer. */
const requestTimeoutMs = 20_000;
const attemptTimeoutMs = 6_000;
const maxAttempts = 5;
/** More at once would be handshakes rather than answers. */
const maxConnections = 64;

const deadCredentials = ['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'];

/** Throws EnvironmentError. */
export function createDynamoDbRequests(options: {
  readonly region: string;
  readonly env: Environment;
  readonly credentials: CredentialSource;
}): DynamoDbRequests {
  const { region, env, credentials } = options;
  const url = serviceEndpoint({ service: 'dynamodb', region, env });
  const agents = createProxyAgents(env);
  agents.http.maxSockets = maxConnections;
  agents.https.maxSockets = maxConnections;
  let used: Credentials | undefined;

  const client = new DynamoDBClient({
    region,
    // In place of the SDK's rules, which refuse a dual-stack endpoint that they have not made themselves.
    endpointProvider: () => ({ url }),
    credentials: async () => {
      used = await credentials.get({ timeoutMs: attemptTimeoutMs });
      const { accessKeyId, secretAccessKey, sessionToken } = used;
      // Expired for the SDK, so that it asks each time: the source keeps them, and knows when they were refused.
      const expiration = new Date(0);
      return {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        expiration,
      };
    },
    requestHandler: {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      connectionTimeout: attemptTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      throwOnRequestTimeout: true,
    },
    maxAttempts,
    logger: silentLogger,
  });

  const send = async <Answer>(subject: string, command: Command<Answer>): Promise<Answer> => {
    const attempt = () =>
      runWithin({ timeoutMs: requestTimeoutMs }, (abortSignal) => command(client, { abortSignal }));
    try {
      return await attempt().catch((error: unknown) => {
        if (used === undefined || !deadCredentials.includes(nameOf(error))) throw error;
        credentials.invalidate(used);
        return attempt();
      });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new StoreError(`DynamoDB: ${subject}: ${nameOf(error)}: ${detail}`, { cause: error });
    }
  };

  const inFlight = new Set<Promise<unknown>>();
  let isClosed = false;
  return {
    async send(subject, command) {
      if (isClosed) throw new StoreError('the store is closed');
      const sending = send(subject, command);
      inFlight.add(sending);
      return sending.finally(() => inFlight.delete(sending));
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(inFlight);
      client.destroy();
      closeAgents(agents);
    },
  };
}

/**
 * Whether a request with a condition was made. An attempt whose answer was lost makes the SDK's next one fail on its own
 * change: `isDone` looks whether it is there.
 */
export async function sendConditionally(
  request: Promise<unknown>,
  isDone: () => Promise<boolean>,
): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    const cause = error instanceof StoreError ? error.cause : undefined;
    if (!(cause instanceof ConditionalCheckFailedException)) throw error;
    return (cause.$metadata.attempts ?? 1) > 1 && isDone();
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
