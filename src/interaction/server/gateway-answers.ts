// The answers that API Gateway gives by itself, before or instead of an operation's own. Clients tell them apart by text.
import { randomUUID } from 'node:crypto';

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An operation's answer. The content type is JSON whatever the body is: so it is in the running system. */
export function operationAnswer(status: number, body: string): GatewayResponse {
  return response(status, body, {});
}

/** Unsigned, or no such method or path. */
export function missingAuthenticationToken(): GatewayResponse {
  return gatewayError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
}

/** Another API's id, or a stage that is not there. */
export function forbidden(): GatewayResponse {
  return gatewayError(403, 'ForbiddenException', 'Forbidden');
}

/** The signature was looked at and not accepted. */
export function signatureRefused(errorType: string, message: string): GatewayResponse {
  return gatewayError(403, errorType, message);
}

export function requestTooLong(): GatewayResponse {
  return gatewayError(413, 'RequestTooLargeException', 'Request Too Long');
}

/** What a caller sees when the operation failed by a fault of the server's own. */
export function internalServerError(): GatewayResponse {
  return gatewayError(502, 'InternalServerErrorException', 'Internal server error', ': ');
}

/** The gateway's texts have no space after the colon, except the one of a failed integration. */
function gatewayError(status: number, errorType: string, message: string, colon = ':'): GatewayResponse {
  return response(status, `{"message"${colon}${JSON.stringify(message)}}`, { 'x-amzn-ErrorType': errorType });
}

function response(status: number, body: string, headers: Record<string, string>): GatewayResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-RequestId': randomUUID(), ...headers },
    body: Buffer.from(body),
  };
}
