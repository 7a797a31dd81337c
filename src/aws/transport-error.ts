// Why a request got no usable answer, in the few classes that callers treat differently.
import { DeadlineExceeded } from './deadline.ts';

export type TransportFailure =
  | 'dns'
  | 'refused'
  | 'reset'
  | 'tls'
  | 'proxy'
  | 'timeout'
  | 'too-large'
  | 'protocol'
  | 'aborted';

/** No complete answer came. `code` is the system's or Node's own code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`). */
export class TransportError extends Error {
  readonly failure: TransportFailure;
  readonly code: string | undefined;

  constructor(
    failure: TransportFailure,
    message: string,
    options: { code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'TransportError';
    this.failure = failure;
    this.code = options.code;
  }
}

/** A step to a connection, as got names it, had no more time. */
export class ConnectTimeout extends Error {
  readonly step: string;

  constructor(step: string, message: string) {
    super(message);
    this.step = step;
  }
}

const failureByCode: Readonly<Record<string, TransportFailure>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  EHOSTDOWN: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_PREMATURE_CLOSE: 'reset',
  // The connection ended before the promised length did.
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: 'reset',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
  ERR_PROXY_TUNNEL: 'proxy',
  ERR_PROXY_INVALID_CONFIG: 'proxy',
};

// OpenSSL's verification codes have no common prefix; these are all the forms that Node documents.
const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERROR_IN_CERT|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH)/;

// Those of them that are met after the handshake too, such as an alert in TLS 1.3 that answers what was sent with its end.
const anyTimeTlsCode = /^(ERR_SSL_|ERR_OSSL_|EPROTO$)/;

// What comes first from the server is no TLS record. The reason is in the code or, when a write met it, in the text only.
const notTls = /ERR_SSL_WRONG_VERSION_NUMBER|:wrong version number:/;

// Node's advice is about how Node is started, which is nobody's to choose here.
const nodeAdvice = /; if the root CA is installed locally, try running Node\.js with +--use-system-ca/;

/** Whether the request cannot have reached the server: nothing was sent over any connection. */
export function isUnsent({ failure }: TransportError): boolean {
  return failure === 'dns' || failure === 'refused' || failure === 'tls' || failure === 'proxy';
}

/**
 * Classifies whatever a request was rejected with; `signal` tells our own deadline from the caller's abort. `isSecured`: the
 * TLS session was there, so that no failure is one of its handshake.
 */
export function toTransportError(
  error: unknown,
  target: string,
  signal: AbortSignal,
  { isSecured = false }: { readonly isSecured?: boolean } = {},
): TransportError {
  if (error instanceof TransportError) return error;
  if (signal.aborted) return fromAbort(signal.reason, target);
  if (error instanceof ConnectTimeout) return fromConnectTimeout(error, target);
  const code = codeOf(error);
  const said = (error instanceof Error ? error.message : String(error)).replace(nodeAdvice, '');
  const detail = notTls.test(`${code} ${said}`) ? 'the server does not speak TLS; is it http://?' : said;
  const failure = failureOf(code);
  // Over a connection that was there, the request may have arrived.
  const isBroken =
    failure === 'refused' ? !isOfConnecting(error) : isSecured && anyTimeTlsCode.test(code ?? '');
  return new TransportError(isBroken ? 'reset' : failure, `${target}: ${detail}`, { code, cause: error });
}

/** The failure that a request ended with because of its deadline, or because its caller gave it up. */
export function fromAbort(reason: unknown, target: string): TransportError {
  return reason instanceof DeadlineExceeded
    ? new TransportError('timeout', `${target}: ${reason.message}`, { code: 'ETIMEDOUT', cause: reason })
    : new TransportError('aborted', `${target}: the request was given up`, { cause: reason });
}

function fromConnectTimeout({ step, message }: ConnectTimeout, target: string): TransportError {
  const failureByStep: Readonly<Record<string, TransportFailure>> = { lookup: 'dns', secureConnect: 'tls' };
  return new TransportError(failureByStep[step] ?? 'refused', `${target}: no connection: ${message}`, {
    code: 'ETIMEDOUT',
  });
}

function failureOf(code: string | undefined): TransportFailure {
  if (code === undefined) return 'protocol';
  return failureByCode[code] ?? (tlsCode.test(code) ? 'tls' : 'protocol');
}

/** Several addresses are tried for nothing but a connection. */
function isOfConnecting(error: unknown): boolean {
  return error instanceof AggregateError || (error as { syscall?: unknown }).syscall === 'connect';
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
