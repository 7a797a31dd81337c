// Checks that both protocols need while they read an action.
import type { QueueReference } from './action.ts';
import type { MessageAttribute } from './message-digest.ts';
import { SqsError } from './sqs-error.ts';

/** Throws SqsError where no queue was named. */
export function requireQueue(queue: QueueReference | null): QueueReference {
  if (queue === null) {
    throw new SqsError('queueDoesNotExist', 'The specified queue does not exist: no QueueUrl names one.');
  }
  return queue;
}

/** The account's queue of that name. Throws SqsError where there is no name. */
export function queueNamed(name: string | undefined, accountId: string): QueueReference {
  if (name === undefined) {
    throw new SqsError('missingParameter', 'The request must contain the parameter QueueName.');
  }
  return { accountId, name };
}

/** Throws SqsError unless the value is there that the type asks for. `binary` is in base64. */
export function attribute(
  name: string,
  dataType: string | undefined,
  text: string | undefined,
  binary: string | undefined,
): MessageAttribute {
  const type = /^(String|Number|Binary)(?:\.|$)/.exec(dataType ?? '')?.[1];
  const value = type === 'Binary' ? binary && Buffer.from(binary, 'base64') : text;
  if (dataType === undefined || type === undefined || !value?.length) {
    throw new SqsError(
      'invalidParameterValue',
      `The message attribute '${name}' must have a DataType of String, Number or Binary and a value of it.`,
    );
  }
  return { name, dataType, value };
}
