// The answers that API Gateway gives by itself, before or instead of an operation's own. Clients tell them apart by text.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Answer } from '../handle-request.ts';

/** An operation's answer. The content type is JSON whatever the body is: so it is in the running system. */
export function operationAnswer(status: number, body: string): Answer {
  return response(status, body, {});
}

/** Unsigned, or no such method or path. */
export function missingAuthenticationToken(): Answer {
  return gatewayError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
}

/** Another API's id, or a stage that is not there. */
export function forbidden(): Answer {
  return gatewayError(403, 'ForbiddenException', 'Forbidden');
}

/** The signature was looked at and not accepted. */
export function signatureRefused(errorType: string, message: string): Answer {
  return gatewayError(403, errorType, message);
}

/** The caller is known and may not do this. A policy's refusal, alone among all, has a capital `Message`. */
export function accessDenied(userArn: string, resource: string, isExplicit: boolean): Answer {
  const refused = `User: ${userArn} is not authorized to perform: execute-api:Invoke on resource: ${resource}`;
  const message = isExplicit ? `${refused} with an explicit deny` : refused;
  return response(403, JSON.stringify({ Message: message }), { 'x-amzn-ErrorType': 'AccessDeniedException' });
}

export function requestTooLong(): Answer {
  return gatewayError(413, 'RequestTooLargeException', 'Request Too Long');
}

/** What a caller sees when the operation failed by a fault of the server's own. */
export function internalServerError(): Answer {
  return gatewayError(502, 'InternalServerErrorException', 'Internal server error', ': ');
}

/** The store failed, and nothing is acknowledged: worth asking again. */
export function serviceUnavailable(): Answer {
  return gatewayError(503, 'ServiceUnavailableException', 'Service Unavailable');
}

/** The gateway's texts have no space after the colon, except the one of a failed integration. */
function gatewayError(status: number, errorType: string, message: string, colon = ':'): Answer {
  return response(status, `{"message"${colon}${JSON.stringify(message)}}`, { 'x-amzn-ErrorType': errorType });
}

function response(status: number, body: string, headers: Record<string, string>): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-RequestId': randomUUID(),
      'x-amz-apigw-id': randomBytes(11).toString('base64'),
      ...headers,
    },
    body: Buffer.from(body),
  };
}
