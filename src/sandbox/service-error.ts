// How each service words a refusal: STS and EC2 in XML of their own shape and codes, Lambda in JSON.
import { randomUUID } from 'node:crypto';
import type { RefusalCode } from '../aws/sigv4/verify.ts';
import type { SandboxService } from './fault.ts';
import type { Answer } from './listener.ts';
import { xmlDocument } from './xml.ts';

export type AwsService = Exclude<SandboxService, 'imds'>;

type Wording = { readonly status: number; readonly code: string };

const wordings: Readonly<Record<AwsService, Readonly<Record<RefusalCode, Wording>>>> = {
  sts: {
    'missing-authentication': { status: 403, code: 'MissingAuthenticationToken' },
    'incomplete-signature': { status: 400, code: 'IncompleteSignature' },
    'invalid-client-token': { status: 403, code: 'InvalidClientTokenId' },
    'expired-token': { status: 403, code: 'ExpiredToken' },
    'signature-mismatch': { status: 403, code: 'SignatureDoesNotMatch' },
    'signature-expired': { status: 403, code: 'SignatureDoesNotMatch' },
    'invalid-scope': { status: 403, code: 'SignatureDoesNotMatch' },
  },
  ec2: {
    'missing-authentication': { status: 401, code: 'AuthFailure' },
    'incomplete-signature': { status: 400, code: 'IncompleteSignature' },
    'invalid-client-token': { status: 401, code: 'AuthFailure' },
    'expired-token': { status: 400, code: 'RequestExpired' },
    'signature-mismatch': { status: 403, code: 'SignatureDoesNotMatch' },
    'signature-expired': { status: 400, code: 'RequestExpired' },
    'invalid-scope': { status: 401, code: 'AuthFailure' },
  },
  lambda: {
    'missing-authentication': { status: 403, code: 'MissingAuthenticationTokenException' },
    'incomplete-signature': { status: 403, code: 'IncompleteSignatureException' },
    'invalid-client-token': { status: 403, code: 'UnrecognizedClientException' },
    'expired-token': { status: 403, code: 'ExpiredTokenException' },
    'signature-mismatch': { status: 403, code: 'InvalidSignatureException' },
    'signature-expired': { status: 403, code: 'InvalidSignatureException' },
    'invalid-scope': { status: 403, code: 'InvalidSignatureException' },
  },
};

/** The answer of `service` to a request whose signature was refused. */
export function signatureRefusal(service: AwsService, code: RefusalCode, message: string): Answer {
  const wording = wordings[service][code];
  return serviceError(service, wording.status, wording.code, message);
}

/** An error in the shape of `service`. */
export function serviceError(service: AwsService, status: number, code: string, message: string): Answer {
  const requestId = randomUUID();
  if (service === 'lambda') {
    return {
      status,
      headers: {
        'content-type': 'application/json',
        'x-amzn-errortype': code,
        'x-amzn-requestid': requestId,
      },
      body: JSON.stringify({ Message: message, message, Type: 'User' }),
    };
  }
  const body =
    service === 'sts'
      ? xmlDocument('ErrorResponse', 'https://sts.amazonaws.com/doc/2011-06-15/', {
          Error: { Type: 'Sender', Code: code, Message: message },
          RequestId: requestId,
        })
      : xmlDocument('Response', undefined, {
          Errors: { Error: { Code: code, Message: message } },
          RequestID: requestId,
        });
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}
