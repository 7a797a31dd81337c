// What SQS accepts as a message and as a batch of them, and what this queue cannot do.
import type { BatchEntry, SentMessage } from './action.ts';
import { messageBytes } from './message-digest.ts';
import { SqsError } from './sqs-error.ts';

const maxMessageBytes = 256 * 1024;
const maxEntries = 10;

/** The body, when the message can be accepted; throws SqsError. */
export function checkMessage({ body, delaySeconds, attributes }: SentMessage): string {
  if (body === undefined || body === '') {
    throw new SqsError('missingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (messageBytes(body, attributes) > maxMessageBytes) {
    throw new SqsError(
      'invalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
    );
  }
  // All that XML 1.0 has; it is the Query protocol's way out of a queue.
  if (!/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(body)) {
    throw new SqsError('invalidMessageContents', 'Invalid characters were found in the message body.');
  }
  if (delaySeconds !== undefined && !/^\s*0+\s*$/.test(delaySeconds)) {
    throw new SqsError(
      'invalidParameterValue',
      `Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: messages are performed as they are sent, so it can only be 0.`,
    );
  }
  return body;
}

/** Throws SqsError when the batch as a whole is refused. */
export function checkBatch(entries: readonly BatchEntry[]): void {
  if (entries.length === 0) {
    throw new SqsError(
      'emptyBatchRequest',
      'There should be at least one SendMessageBatchRequestEntry in the request.',
    );
  }
  if (entries.length > maxEntries) {
    throw new SqsError(
      'tooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxEntries}. You have sent ${entries.length}.`,
    );
  }
  const ids = entries.map(({ id }) => id);
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) {
    throw new SqsError(
      'invalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) {
    throw new SqsError('batchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  }
  const bytes = entries.reduce((sum, { body, attributes }) => sum + messageBytes(body ?? '', attributes), 0);
  if (bytes > maxMessageBytes) {
    throw new SqsError(
      'batchRequestTooLong',
      `Batch requests cannot be longer than ${maxMessageBytes} bytes. You have sent ${bytes} bytes.`,
    );
  }
}
