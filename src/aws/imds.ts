// The EC2 instance metadata service, version 2 only. Every read ends in one of three outcomes, because the agent
// acts on a definite absence and never on not knowing.
import { abandonOnAbort, DeadlineExceeded, runWithin } from './deadline.ts';
import { closeAgents, createDirectAgents, type Environment, EnvironmentError } from './http-agents.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { exchange } from './node-exchange.ts';
import { TransportError } from './transport-error.ts';

/**
 * `absent`: the service answered that there is no such item. `unknown`: it is disabled, silent, refused, failed or
 * answered nonsense, so that nothing can be concluded.
 */
export type ImdsAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly cause: ImdsFailure; readonly reason: string };

export type ImdsFailure =
  | 'disabled'
  | 'unreachable'
  | 'timeout'
  | 'refused'
  | 'failed'
  | 'malformed'
  | 'aborted';

export type Imds = {
  /** Reads `path` under `/latest/` (`meta-data/instance-id`). Never throws; takes at most the read deadline. */
  read(path: string, signal?: AbortSignal): Promise<ImdsAnswer<string>>;
  close(): void;
};

export type ImdsOptions = {
  readonly env: Environment;
  /** Deadline of one read, token included. 2 s unless told. */
  readonly readTimeoutMs?: number;
  readonly tokenTtlSeconds?: number;
  /** Monotonic milliseconds, for the age of the token. */
  readonly monotonicMs?: () => number;
};

type Token = { readonly value: string; readonly refreshAtMs: number };

const maxBodyBytes = 64 * 1024;
const defaultReadTimeoutMs = 2_000;
const defaultTokenTtlSeconds = 21_600;
const tokenHeader = 'x-aws-ec2-metadata-token';
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';

/**
 * A client of the metadata service that AWS_EC2_METADATA_SERVICE_ENDPOINT, else ..._ENDPOINT_MODE (IPv4, IPv6), names.
 * With AWS_EC2_METADATA_DISABLED=true every read is unknown at once, without any traffic. Throws EnvironmentError when
 * the endpoint is no URL.
 */
export function createImds(options: ImdsOptions): Imds {
  const { env, monotonicMs = () => performance.now() } = options;
  const timeoutMs = options.readTimeoutMs ?? defaultReadTimeoutMs;
  const ttlSeconds = options.tokenTtlSeconds ?? defaultTokenTtlSeconds;
  const disabled = env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true';
  const endpoint = imdsEndpoint(env);
  const agents = createDirectAgents();
  let token: Token | undefined;
  let tokenRequest: Promise<Token> | undefined;

  const send = (method: 'GET' | 'PUT', path: string, headers: Record<string, string>, signal: AbortSignal) =>
    exchange(
      { method, url: new URL(`/latest/${path}`, endpoint), headers },
      { agents, maxBodyBytes, signal },
    );

  const requestToken = async (signal: AbortSignal): Promise<Token> => {
    const askedAtMs = monotonicMs();
    const answer = await send('PUT', 'api/token', { [ttlHeader]: String(ttlSeconds) }, signal);
    if (answer.status !== 200) throw new TokenRefused(answer.status);
    const granted = Number(answer.headers[ttlHeader]);
    const lifetimeMs = (granted > 0 ? granted : ttlSeconds) * 1000;
    token = { value: answer.body.toString('latin1').trim(), refreshAtMs: askedAtMs + lifetimeMs * 0.9 };
    return token;
  };

  // Reads at the same time share one request. Its deadline is its own: whoever gives up does not end it for the others.
  const freshToken = async (signal: AbortSignal): Promise<Token> => {
    if (token !== undefined && monotonicMs() < token.refreshAtMs) return token;
    tokenRequest ??= runWithin({ timeoutMs }, requestToken).finally(() => {
      tokenRequest = undefined;
    });
    return abandonOnAbort(tokenRequest, signal);
  };

  const get = async (path: string, signal: AbortSignal): Promise<HttpAnswer> => {
    const used = await freshToken(signal);
    const first = await send('GET', path, { [tokenHeader]: used.value }, signal);
    if (first.status !== 401) return first;
    // The token died early: the instance was stopped and started, or resumed from hibernation.
    if (token === used) token = undefined;
    return send('GET', path, { [tokenHeader]: (await freshToken(signal)).value }, signal);
  };

  return {
    async read(path, signal) {
      if (disabled) return unknown('disabled', 'AWS_EC2_METADATA_DISABLED is true');
      try {
        return fromAnswer(await runWithin({ timeoutMs, signal }, (within) => get(path, within)), path);
      } catch (error) {
        return fromFailure(error, endpoint);
      }
    },
    close: () => closeAgents(agents),
  };
}

class TokenRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the metadata service answered ${status} to the request for a session token`);
    this.status = status;
  }
}

/** Where the metadata service is for this environment. Throws EnvironmentError when the endpoint named there is no URL. */
export function imdsEndpoint(env: Environment): URL {
  const explicit = env.AWS_EC2_METADATA_SERVICE_ENDPOINT;
  if (explicit) {
    const url = URL.parse(explicit.includes('://') ? explicit : `http://${explicit}`);
    if (url !== null && /^https?:$/.test(url.protocol)) return url;
    throw new EnvironmentError(
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
      `${explicit} is not an http or https URL`,
    );
  }
  const isIpv6 = env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE?.toLowerCase() === 'ipv6';
  return new URL(isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254');
}

function fromAnswer(answer: HttpAnswer, path: string): ImdsAnswer<string> {
  if (answer.status === 200) return { kind: 'value', value: answer.body.toString('utf8') };
  if (answer.status === 404) return { kind: 'absent' };
  const cause = answer.status === 401 || answer.status === 403 ? 'refused' : 'failed';
  return unknown(cause, `the metadata service answered ${answer.status} to ${path}`);
}

function fromFailure(error: unknown, endpoint: URL): ImdsAnswer<never> {
  if (error instanceof TokenRefused)
    return unknown(error.status === 403 ? 'refused' : 'failed', error.message);
  if (error instanceof DeadlineExceeded) return unknown('timeout', `${endpoint.host}: ${error.message}`);
  if (!(error instanceof TransportError)) return unknown('aborted', 'the read was given up');
  if (error.failure === 'timeout' || error.failure === 'aborted')
    return unknown(error.failure, error.message);
  return unknown(
    error.failure === 'too-large' || error.failure === 'protocol' ? 'malformed' : 'unreachable',
    error.message,
  );
}

/** An `unknown` answer. */
export function unknown(cause: ImdsFailure, reason: string): ImdsAnswer<never> {
  return { kind: 'unknown', cause, reason };
}
