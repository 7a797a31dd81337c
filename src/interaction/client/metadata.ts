// Asks the Interaction API for one instance's metadata. Whatever the network does, the caller gets an answer to decide
// on, never an exception.
import { CredentialsError } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import type { SignedAnswer, SignedHttp } from '../../aws/signed-http.ts';
import { operations } from '../contract/operations.ts';
import { type ApiRoute, operationUrl } from './api-address.ts';
import { classifyMetadataAnswer, type MetadataAnswer } from './metadata-answer.ts';
import { quote } from './quote.ts';

export interface MetadataQuery {
  /** Signs and sends one request, bounding the answer's body and following no redirect. */
  readonly send: SignedHttp['send'];
  /** The API's region, which is part of the signature. */
  readonly region: string;
  readonly route: ApiRoute;
  /** When they end the request, in whatever phase it is, the answer is of class `transport`. */
  readonly limits: Limits;
  /** Asks for another instance than the caller's own, as an operator's --instance-id does. D0 servers ignore it. */
  readonly askedInstanceId?: string | undefined;
  /** Answers about any other instance are unknown. */
  readonly expectedInstanceId?: string | undefined;
}

/** One request, no retry: when to ask again is the caller's to decide. */
export async function fetchMetadata(query: MetadataQuery): Promise<MetadataAnswer> {
  const parameters = query.askedInstanceId === undefined ? {} : { instanceid: query.askedInstanceId };
  const { name, methods } = operations.metadata;
  const request = {
    method: methods[0],
    url: operationUrl(query.route, name, parameters),
    headers: query.route.headers,
    scope: { region: query.region, service: 'execute-api' },
  };
  let answer: SignedAnswer;
  try {
    answer = await query.send(request, query.limits);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const kind = error instanceof CredentialsError ? 'credentials' : 'transport';
    return { kind: 'unknown', class: kind, message: quote(reason, 300) };
  }
  return classifyMetadataAnswer(answer, query.expectedInstanceId);
}
