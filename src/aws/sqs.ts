// Sends messages to a queue of SQS, or of a server that speaks as SQS does.
import { createHash } from 'node:crypto';
import type { Limits } from './deadline.ts';
import { configuredEndpoint } from './endpoints.ts';
import { callQueryApi, element, type QueryApi, QueryApiError } from './query-api.ts';

/** A message that SQS accepted: its id, and the answer as it came. */
export type SentMessage = { readonly messageId: string; readonly raw: string };

/**
 * SQS SendMessage. The queue's URL says where to send it, unless the environment names an endpoint for SQS. Throws QueryApiError (also when what arrived is not what was sent), TransportError, CredentialsError or
 * EnvironmentError.
 */
export async function sendMessage(
  api: QueryApi,
  queueUrl: URL,
  body: string,
  limits: Limits,
): Promise<SentMessage> {
  const { content, text } = await callQueryApi(
    { ...api, endpoint: configuredEndpoint('sqs', api.env) ?? queueUrl },
    'sqs',
    { Action: 'SendMessage', Version: '2012-11-05', QueueUrl: queueUrl.href, MessageBody: body },
    limits,
  );
  const { MessageId, MD5OfMessageBody } = element(content, 'SendMessageResult');
  if (typeof MessageId !== 'string' || typeof MD5OfMessageBody !== 'string') {
    throw new QueryApiError('SendMessage', 200, undefined, 'the answer lacks MessageId or MD5OfMessageBody');
  }
  if (MD5OfMessageBody !== createHash('md5').update(body).digest('hex')) {
    throw new QueryApiError(
      'SendMessage',
      200,
      undefined,
      'the queue received another message than was sent',
    );
  }
  return { messageId: MessageId, raw: text };
}
