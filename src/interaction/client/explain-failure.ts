// What it means to an operator that no answer came: which failure it is, and what to do.
import { CredentialsError } from '../../aws/credentials.ts';
import { DeadlineExceeded } from '../../aws/deadline.ts';
import { EnvironmentError } from '../../aws/http-agents.ts';
import { TransportError } from '../../aws/transport-error.ts';
import { ApiFailure, type ApiFailureKind } from './api-failure.ts';
import { quote } from './quote.ts';
import { RENEW_ADVICE } from './refusal-advice.ts';

export interface Attempted {
  /** What the failure is called after. */
  readonly subject: string;
  /** Where it was sent; null when it did not come to that. */
  readonly host: string | null;
  /** Whether it went over plain http. */
  readonly isPlainHttp?: boolean;
  /** Whether it may have changed something that nobody now knows of. */
  readonly isReading: boolean;
  /** Of the caller: what it is aborted with is a failure too. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Any error of the aws room, or the abort's reason, as the operators' failure. One that is it already stays as it is, and an
 * error that is none of these is thrown on: it is a mistake of the program's.
 */
export function explainFailure(error: unknown, attempted: Attempted): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const { kind, advice } = meaningOf(error, attempted);
  const isUnconfigured = error instanceof CredentialsError && error.isUnconfigured;
  const message = isUnconfigured
    ? 'no AWS credentials'
    : error instanceof Error
      ? error.message
      : String(error);
  const failure = { kind, status: null, subject: attempted.subject, said: quote(message, 300), advice };
  return new ApiFailure(failure, { cause: error });
}

function meaningOf(error: unknown, attempted: Attempted): { kind: ApiFailureKind; advice: string } {
  if (error instanceof TransportError) return meaningOfTransport(error, attempted);
  if (error instanceof CredentialsError) {
    const kind = error.code === 'none' ? 'no-credentials' : 'credentials';
    return { kind, advice: adviceOnCredentials(error) };
  }
  if (error instanceof EnvironmentError) return { kind: 'environment', advice: '' };
  if (error instanceof DeadlineExceeded) return { kind: 'timeout', advice: adviceOnSilence(attempted) };
  if (attempted.signal?.aborted && error === attempted.signal.reason) return { kind: 'aborted', advice: '' };
  throw error;
}

function meaningOfTransport(
  { failure, code }: TransportError,
  attempted: Attempted,
): { kind: ApiFailureKind; advice: string } {
  switch (failure) {
    case 'dns':
      return { kind: 'dns', advice: adviceOnName(attempted.host) };
    case 'refused':
      return {
        kind: 'no-connection',
        advice: 'nothing answers there from here: check the address, the route and the security groups',
      };
    case 'tls':
      return { kind: 'tls', advice: adviceOnTls(code) };
    case 'proxy':
      return {
        kind: 'no-connection',
        advice: 'check HTTPS_PROXY, and NO_PROXY for addresses inside the VPC',
      };
    case 'timeout':
      return { kind: 'timeout', advice: adviceOnSilence(attempted) };
    case 'reset':
      return { kind: 'interrupted', advice: adviceOnBreak(attempted) };
    case 'too-large':
    case 'protocol':
      return { kind: 'not-an-api', advice: 'check that this is the address of an Interaction API' };
    case 'aborted':
      return { kind: 'aborted', advice: attempted.isReading ? '' : 'it may have been done all the same' };
  }
}

function adviceOnName(host: string | null): string {
  return host !== null && /\.execute-api\./.test(host)
    ? 'the name of a private API is known in its VPC only: call it from there, or with --api-url of its VPC endpoint and --api-id'
    : 'check the address, and the name servers of this host';
}

function adviceOnTls(code: string | undefined): string {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'the certificate is for another name: check the address';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return "the certificate is not valid at this time: check this host's clock, then the server's certificate";
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'the certificate is from an authority that is not trusted here: name its certificate in AWS_CA_BUNDLE';
    default:
      return 'check the address, and what is between here and there';
  }
}

function adviceOnSilence({ isReading }: Attempted): string {
  return isReading
    ? 'try again, or give it more time with --timeout'
    : 'it may have been done all the same: look before trying again';
}

function adviceOnBreak(attempted: Attempted): string {
  const advice = attempted.isReading ? 'try again' : adviceOnSilence(attempted);
  // What a server of TLS does with a request in plain text.
  return attempted.isPlainHttp === true
    ? `if the server speaks TLS, call it by https://; else ${advice}`
    : advice;
}

function adviceOnCredentials({ message, isUnconfigured }: CredentialsError): string {
  if (isUnconfigured) {
    const reason = message.replace(/^no AWS credentials: /, '');
    return `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile (${quote(reason, 200)})`;
  }
  // That says what to do.
  if (/ is set, but \w+ is not$/.test(message)) return '';
  // What the SDK says of SSO ends in the command to run.
  if (/aws sso login/.test(message)) return '';
  if (/expired|SSO/i.test(message)) return RENEW_ADVICE;
  return 'check how the credentials are set up';
}
