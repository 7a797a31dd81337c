// STS GetCallerIdentity, for the keys that the sandbox issued.
import { randomUUID } from 'node:crypto';
import type { IssuedKey } from './issued-keys.ts';
import type { Answer } from './listener.ts';
import { serviceError } from './service-error.ts';
import { xmlDocument } from './xml.ts';

/** Answers GetCallerIdentity; every other action is unknown. */
export function answerSts(parameters: URLSearchParams, key: IssuedKey): Answer {
  const action = parameters.get('Action') ?? '';
  if (action !== 'GetCallerIdentity') {
    return serviceError('sts', 400, 'InvalidAction', `Could not find operation ${action}`);
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: xmlDocument('GetCallerIdentityResponse', 'https://sts.amazonaws.com/doc/2011-06-15/', {
      GetCallerIdentityResult: { Arn: key.arn, UserId: key.userId, Account: key.accountId },
      ResponseMetadata: { RequestId: randomUUID() },
    }),
  };
}
