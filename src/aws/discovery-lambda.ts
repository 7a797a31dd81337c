// Asks CloneSquad's Discovery Lambda where the group's Interaction API is. Plain data in and out, and the SDK is loaded
// only when called: sdk-thread.ts makes the call in a thread that takes the SDK's memory with it when it ends.
import type { Credentials } from './credentials.ts';
import { DeadlineExceeded, type Limits, runWithin } from './deadline.ts';
import { serviceEndpoint } from './endpoints.ts';
import { closeAgents, createProxyAgents, type Environment, EnvironmentError } from './http-agents.ts';
import { secretsSent, withoutSecrets, withoutSignedSecrets } from './signed-secrets.ts';

export type DiscoveryQuery = {
  readonly groupName: string;
  readonly region: string;
  /** Where the function is looked for; unless both are known, in the account of the credentials. */
  readonly partition?: string | undefined;
  readonly accountId?: string | undefined;
  readonly credentials: Credentials;
  readonly env: Environment;
  readonly timeoutMs: number;
  /** `services/domain` of IMDS, when it is known. */
  readonly dnsSuffix?: string | undefined;
  /** How far AWS's clock is ahead of this host's, when it is known. */
  readonly clockOffsetMs?: number;
};

/** The three definite outcomes. `discovery` is the answered JSON object, unchecked. */
export type DiscoveryAnswer =
  | { readonly kind: 'found'; readonly discovery: Record<string, unknown> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'denied'; readonly message: string };

/** `invokeDiscovery`, or the same in a thread. */
export type InvokeDiscovery = (query: DiscoveryQuery, signal?: AbortSignal) => Promise<DiscoveryAnswer>;

/**
 * Nothing can be concluded. `credentials`: the ones given were refused as expired or invalid, renew and ask again.
 * `function`: the function itself failed. `answer`: it answered no JSON object. `service`: Lambda failed or throttled.
 * `transport`: no answer came. `timeout`: none within the deadline.
 */
export class DiscoveryError extends Error {
  readonly code: 'credentials' | 'function' | 'answer' | 'service' | 'transport' | 'timeout';

  constructor(code: DiscoveryError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DiscoveryError';
    this.code = code;
  }
}

/** `CloneSquad-Discovery-{group}`: the function's ARN where partition and account are known, else its plain name. */
export function discoveryFunction(
  query: Pick<DiscoveryQuery, 'groupName' | 'partition' | 'region' | 'accountId'>,
): string {
  const { groupName, partition, region, accountId } = query;
  const name = `CloneSquad-Discovery-${groupName}`;
  if (partition === undefined || accountId === undefined) return name;
  return `arn:${partition}:lambda:${region}:${accountId}:function:${name}`;
}

/**
 * Invokes the function once, with an empty payload. Throws DiscoveryError, EnvironmentError, or the reason
 * of `signal`.
 */
export async function invokeDiscovery(query: DiscoveryQuery, signal?: AbortSignal): Promise<DiscoveryAnswer> {
  const limits: Limits = { timeoutMs: query.timeoutMs, signal };
  const secrets = secretsSent(query.credentials);
  try {
    return await runWithin(limits, (within) => invoke(query, secrets, within));
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    return outcomeOf(error, secrets);
  }
}

async function invoke(
  query: DiscoveryQuery,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<DiscoveryAnswer> {
  const { LambdaClient, InvokeCommand } = await import('@aws-sdk/client-lambda');
  const agents = createProxyAgents(query.env);
  const { region, env, dnsSuffix } = query;
  const { accessKeyId, secretAccessKey, sessionToken } = query.credentials;
  const client = new LambdaClient({
    region,
    endpoint: serviceEndpoint({ service: 'lambda', region, env, dnsSuffix }).href,
    // Ours says both already; the SDK refuses them beside an endpoint.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    systemClockOffset: query.clockOffsetMs ?? 0,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    requestHandler: { httpAgent: agents.http, httpsAgent: agents.https, requestTimeout: query.timeoutMs },
    // One retry lets the SDK correct a skewed clock; it stays inside the deadline.
    maxAttempts: 2,
  });
  try {
    const command = new InvokeCommand({
      FunctionName: discoveryFunction(query),
      InvocationType: 'RequestResponse',
    });
    const { FunctionError, Payload } = await client.send(command, { abortSignal: signal });
    const text = withoutSecrets(Buffer.from(Payload ?? []).toString('utf8'), secrets);
    if (FunctionError !== undefined) {
      const kind = withoutSecrets(FunctionError, secrets);
      throw new DiscoveryError(
        'function',
        `the Discovery function failed (${kind}): ${errorMessageIn(text)}`,
      );
    }
    return { kind: 'found', discovery: toDocument(text) };
  } finally {
    client.destroy();
    closeAgents(agents);
  }
}

function outcomeOf(error: unknown, secrets: readonly string[]): DiscoveryAnswer {
  if (error instanceof DiscoveryError || error instanceof EnvironmentError) throw error;
  const name = error instanceof Error ? error.name : '';
  const said = error instanceof Error ? error.message : String(error);
  const message = withoutSecrets(withoutSignedSecrets(said), secrets);
  if (name === 'ResourceNotFoundException') return { kind: 'absent' };
  if (name === 'AccessDeniedException') return { kind: 'denied', message };
  throw new DiscoveryError(codeOf(error, name), `Discovery function: ${message}`, { cause: error });
}

function codeOf(error: unknown, name: string): DiscoveryError['code'] {
  // The SDK's own TimeoutError is no proof of one: it gives that name to a reset connection too.
  if (error instanceof DeadlineExceeded) return 'timeout';
  if (['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'].includes(name))
    return 'credentials';
  return typeof error === 'object' && error !== null && '$response' in error ? 'service' : 'transport';
}

function toDocument(text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  } catch {
    // Reported below, as any other answer that is no object.
  }
  throw new DiscoveryError('answer', 'the Discovery function did not answer a JSON object');
}

function errorMessageIn(payload: string): string {
  try {
    const failure: unknown = JSON.parse(payload);
    if (typeof failure === 'object' && failure !== null && 'errorMessage' in failure)
      return String(failure.errorMessage);
  } catch {
    // The payload of a function that timed out or ran out of memory need not be JSON.
  }
  return payload.slice(0, 200);
}
