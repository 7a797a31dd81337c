// Signed calls to AWS: credentials, signature, request and the two repairs a client can make itself, all under one
// deadline. Whatever else the server says is the answer, for the caller to judge.
import type { IncomingHttpHeaders } from 'node:http';
import type { CredentialSource, Credentials } from './credentials.ts';
import { DeadlineExceeded, type Limits, runWithin } from './deadline.ts';
import { closeAgents, createProxyAgents, dropIdleConnections, type Environment } from './http-agents.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './http-exchange.ts';
import { exchange as nodeExchange } from './node-exchange.ts';
import { mendableRefusal } from './signature-refusal.ts';
import { secretsSent, withoutSecrets } from './signed-secrets.ts';
import { type SigningScope, signRequest } from './sigv4/sign.ts';
import { fromAbort } from './transport-error.ts';

export type { HttpAnswer } from './http-exchange.ts';

export type SignedRequest = HttpRequest & { readonly scope: SigningScope };

/** `signedBy` is the id of the access key that the request was signed with, which is no secret. */
export type SignedAnswer = HttpAnswer & { readonly signedBy?: string };

export type SignedHttp = {
  /**
   * Sends a request and returns the answer, whatever its status; a redirect is an answer too. Throws TransportError
   * (also for the deadline and the caller's abort) or CredentialsError.
   */
  send(request: SignedRequest, limits: Limits): Promise<SignedAnswer>;
  /** How far the server's clock is ahead of this host's, as learnt from a refusal; 0 until then. */
  clockOffsetMs(): number;
  /**
   * Keeps neither idle connections nor the clock's offset of before: after the machine slept, the other end may not know the
   * connections any more, and what the wall clock was off by then says nothing about now.
   */
  forgetSession(): void;
  close(): void;
};

export type SignedHttpOptions = {
  readonly env: Environment;
  readonly credentials: CredentialSource;
  readonly userAgent: string;
  /** Bound of a body after decompression. 1 MiB unless told. */
  readonly maxBodyBytes?: number;
  /** Over Node.js's own client unless told. */
  readonly exchange?: Exchange;
  readonly now?: () => number;
};

const defaultMaxBodyBytes = 1024 * 1024;
// A refusal for time by a clock this near to ours has another reason than our clock.
const leastOffsetChangeMs = 1_000;

/** A client over kept-alive connections. Throws EnvironmentError as `createProxyAgents` does. */
export function createSignedHttp(options: SignedHttpOptions): SignedHttp {
  const { env, credentials: source, userAgent, exchange = nodeExchange, now = Date.now } = options;
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  const agents = createProxyAgents(env);
  let offsetMs = 0;

  const attempt = async (request: SignedRequest, credentials: Credentials, signal: AbortSignal) => {
    const { scope, ...plain } = request;
    const signed = await signRequest(plain, scope, credentials, now() + offsetMs);
    const headers = { ...signed.headers, 'user-agent': userAgent };
    const answer = await exchange({ ...plain, url: signed.url, headers }, { agents, maxBodyBytes, signal });
    const secrets = secretsSent(credentials, signed.headers.authorization);
    const { status } = answer;
    const shown = {
      headers: headersWithout(answer.headers, secrets),
      body: bodyWithout(answer.body, secrets),
    };
    return { status, ...shown, signedBy: credentials.accessKeyId };
  };

  const correctClock = (answer: HttpAnswer): boolean => {
    const serverMs = Date.parse(answer.headers.date ?? '');
    if (Number.isNaN(serverMs)) return false;
    const found = serverMs - now();
    if (Math.abs(found - offsetMs) < leastOffsetChangeMs) return false;
    offsetMs = found;
    return true;
  };

  // Each repair is tried once: what is refused after both is the answer.
  const sendWithRepairs = async (request: SignedRequest, limits: Limits, signal: AbortSignal) => {
    let credentials = await source.get({ ...limits, signal });
    const repairs = new Set(['credentials', 'clock']);
    for (;;) {
      const answer = await attempt(request, credentials, signal);
      const refusal = mendableRefusal(answer);
      if (refusal === undefined) return answer;
      if (refusal === 'clock' && repairs.delete('clock') && correctClock(answer)) continue;
      // EC2 says RequestExpired for a late signature and for dead credentials alike: with the clock right, it is these.
      if (!repairs.delete('credentials')) return answer;
      source.invalidate(credentials);
      const renewed = await source.get({ ...limits, signal });
      if (isSame(renewed, credentials)) return answer;
      credentials = renewed;
    }
  };

  return {
    async send(request, limits) {
      try {
        return await runWithin(limits, (signal) => sendWithRepairs(request, limits, signal));
      } catch (error) {
        throw fromGivingUp(
          error,
          `${request.method} ${request.url.host}${request.url.pathname}`,
          limits.signal,
        );
      }
    },
    clockOffsetMs: () => offsetMs,
    forgetSession: () => {
      offsetMs = 0;
      dropIdleConnections(agents);
    },
    close: () => closeAgents(agents),
  };
}

// The deadline and the caller's abort may also strike between two phases, as their bare reasons.
function fromGivingUp(error: unknown, target: string, signal: AbortSignal | undefined): unknown {
  const isBareReason = error instanceof DeadlineExceeded || (signal?.aborted && error === signal.reason);
  return isBareReason ? fromAbort(error, target) : error;
}

// A server that shows what it was sent would have it quoted in messages and logs.
function bodyWithout(body: Buffer, secrets: readonly string[]): Buffer {
  if (secrets.length === 0) return body;
  // A character a byte, so that what is no text stays as it is.
  const text = body.toString('latin1');
  const rest = withoutSecrets(text, secrets);
  return rest === text ? body : Buffer.from(rest, 'latin1');
}

// Where a redirect leads is quoted too.
function headersWithout(headers: IncomingHttpHeaders, secrets: readonly string[]): IncomingHttpHeaders {
  const rest = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? withoutSecrets(value, secrets) : value,
  ]);
  return Object.fromEntries(rest);
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}
