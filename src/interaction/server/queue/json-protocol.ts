// SQS's AWS-JSON 1.0 protocol: the action in X-Amz-Target, parameters and answers as JSON.
import { randomUUID } from 'node:crypto';
import { headerValues, type ReceivedRequest } from '../../../aws/sigv4/canonical.ts';
import type { Answer } from '../handle-request.ts';
import { type Action, queueOfUrl, type Result, type SentMessage } from './action.ts';
import { attribute, queueNamed, requireQueue } from './action-parts.ts';
import type { MessageAttribute } from './message-digest.ts';
import { errorForms, isSenderFault, SqsError } from './sqs-error.ts';

type Members = Readonly<Record<string, unknown>>;

const target = /^AmazonSQS\.(\w+)$/;

/** The action that X-Amz-Target names, or null when the request is not of this protocol. */
export function jsonActionName(request: ReceivedRequest): string | null {
  const [header] = headerValues(request, 'x-amz-target');
  return header === undefined ? null : (target.exec(header)?.[1] ?? header);
}

/** Throws SqsError. `accountId` is whose queue is meant where none is named. */
export function readJsonAction(name: string, request: ReceivedRequest, accountId: string): Action | null {
  const members = parseMembers(request.body);
  const queue = () => requireQueue(queueOfUrl(optionalText(members, 'QueueUrl')));
  switch (name) {
    case 'SendMessage':
      return { name, queue: queue(), message: toMessage(members) };
    case 'SendMessageBatch':
      return {
        name,
        queue: queue(),
        entries: toList(members, 'Entries').map((entry) => ({
          ...toMessage(toMembers('Entries', entry)),
          id: optionalText(toMembers('Entries', entry), 'Id') ?? '',
        })),
      };
    case 'GetQueueUrl': {
      const owner = optionalText(members, 'QueueOwnerAWSAccountId');
      return { name, queue: queueNamed(optionalText(members, 'QueueName'), owner ?? accountId) };
    }
    case 'GetQueueAttributes':
      return { name, queue: queue(), attributeNames: toList(members, 'AttributeNames').map(toName) };
    default:
      return null;
  }
}

/** A result in JSON. */
export function writeJsonResult(result: Result): Answer {
  return response(200, toMembersOf(result), {});
}

/** An error in JSON, with the status of its code. */
export function writeJsonError({ code, message }: SqsError): Answer {
  const { status, jsonType, queryCode } = errorForms[code];
  const headers = { 'x-amzn-query-error': `${queryCode};${isSenderFault(code) ? 'Sender' : 'Receiver'}` };
  return response(status, { __type: jsonType, message }, headers);
}

function toMembersOf(result: Result): Members {
  switch (result.name) {
    case 'SendMessage':
      return { ...result.receipt };
    case 'SendMessageBatch':
      return { Successful: result.successful, Failed: result.failed };
    case 'GetQueueUrl':
      return { QueueUrl: result.queueUrl };
    case 'GetQueueAttributes':
      return { Attributes: result.attributes };
  }
}

function response(status: number, members: Members, headers: Record<string, string>): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'x-amzn-RequestId': randomUUID(),
      ...headers,
    },
    body: Buffer.from(JSON.stringify(members)),
  };
}

function parseMembers(body: Uint8Array): Members {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new SqsError('malformedRequest', 'The body of the request is not JSON.');
  }
  return toMembers('The body', value);
}

function toMessage(members: Members): SentMessage {
  const { DelaySeconds: delay, MessageAttributes: attributes } = members;
  return {
    body: optionalText(members, 'MessageBody'),
    delaySeconds: typeof delay === 'number' ? String(delay) : optionalText(members, 'DelaySeconds'),
    attributes: Object.entries(toMembers('MessageAttributes', attributes ?? {})).map(toAttribute),
  };
}

function toAttribute([name, value]: [string, unknown]): MessageAttribute {
  const members = toMembers(name, value);
  return attribute(
    name,
    optionalText(members, 'DataType'),
    optionalText(members, 'StringValue'),
    optionalText(members, 'BinaryValue'),
  );
}

function toMembers(name: string, value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw new SqsError('malformedRequest', `${name} is not an object.`);
}

function toList(members: Members, name: string): readonly unknown[] {
  const value = members[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new SqsError('malformedRequest', `${name} is not a list.`);
}

function toName(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new SqsError('malformedRequest', 'A member of AttributeNames is not a string.');
}

function optionalText(members: Members, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new SqsError('malformedRequest', `${name} is not a string.`);
}
