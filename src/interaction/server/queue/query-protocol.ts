// SQS's Query protocol, which it spoke alone until 2023: parameters as a form, answers in XML.
import { randomUUID } from 'node:crypto';
import { XmlNode, XmlText } from '@aws-sdk/xml-builder';
import type { ReceivedRequest } from '../../../aws/sigv4/canonical.ts';
import type { Answer } from '../handle-request.ts';
import { type Action, queueOfPath, queueOfUrl, type Result, type SentMessage } from './action.ts';
import { attribute, queueNamed, requireQueue } from './action-parts.ts';
import { errorForms, isSenderFault, type SqsError } from './sqs-error.ts';

type Parameters = ReadonlyMap<string, string>;

const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const namespace = 'http://queue.amazonaws.com/doc/2012-11-05/';

/** Those of the form, and of the URL. */
export function queryParametersOf(request: ReceivedRequest): Parameters {
  const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'));
  return new Map([...new URLSearchParams(request.rawQuery), ...form]);
}

/** Throws SqsError. `accountId` is whose queue is meant where none is named. */
export function readQueryAction(
  name: string,
  request: ReceivedRequest,
  parameters: Parameters,
  accountId: string,
): Action | null {
  const queue = () => requireQueue(queueOfPath(request.rawPath) ?? queueOfUrl(parameters.get('QueueUrl')));
  switch (name) {
    case 'SendMessage':
      return { name, queue: queue(), message: toMessage(parameters) };
    case 'SendMessageBatch':
      return {
        name,
        queue: queue(),
        entries: numbered(parameters, 'SendMessageBatchRequestEntry').map((entry) => ({
          ...toMessage(entry),
          id: entry.get('Id') ?? '',
        })),
      };
    case 'GetQueueUrl': {
      const owner = parameters.get('QueueOwnerAWSAccountId');
      return { name, queue: queueNamed(parameters.get('QueueName'), owner ?? accountId) };
    }
    case 'GetQueueAttributes': {
      const names = numbered(parameters, 'AttributeName').map((member) => member.get('') ?? '');
      return { name, queue: queue(), attributeNames: names };
    }
    default:
      return null;
  }
}

/** A result in XML. */
export function writeQueryResult(result: Result): Answer {
  const requestId = randomUUID();
  const content = new XmlNode(`${result.name}Result`, toNodes(result));
  const metadata = new XmlNode('ResponseMetadata', [text('RequestId', requestId)]);
  return response(200, requestId, new XmlNode(`${result.name}Response`, [content, metadata]));
}

/** An error in XML, with the status of its code. */
export function writeQueryError({ code, message }: SqsError): Answer {
  const requestId = randomUUID();
  const { status, queryCode } = errorForms[code];
  const error = new XmlNode('Error', [
    text('Type', isSenderFault(code) ? 'Sender' : 'Receiver'),
    text('Code', queryCode),
    text('Message', message),
    new XmlNode('Detail'),
  ]);
  return response(status, requestId, new XmlNode('ErrorResponse', [error, text('RequestId', requestId)]));
}

function toNodes(result: Result): XmlNode[] {
  switch (result.name) {
    case 'SendMessage':
      return members(result.receipt);
    case 'SendMessageBatch':
      return [
        ...result.successful.map((one) => new XmlNode('SendMessageBatchResultEntry', members(one))),
        ...result.failed.map((one) => new XmlNode('BatchResultErrorEntry', members(one))),
      ];
    case 'GetQueueUrl':
      return [text('QueueUrl', result.queueUrl)];
    case 'GetQueueAttributes':
      return Object.entries(result.attributes).map(
        ([name, value]) => new XmlNode('Attribute', [text('Name', name), text('Value', value)]),
      );
  }
}

function members(object: object): XmlNode[] {
  return Object.entries(object).map(([name, value]) => text(name, String(value)));
}

/** What XML 1.0 has no way to write, escaped or not, becomes U+FFFD: answers repeat what clients sent. */
function text(name: string, content: string): XmlNode {
  return new XmlNode(name, [new XmlText(content.replace(notXml, '\ufffd'))]);
}

function response(status: number, requestId: string, root: XmlNode): Answer {
  const xml = root.addAttribute('xmlns', namespace).toString();
  return {
    status,
    headers: { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId },
    body: Buffer.from(`<?xml version="1.0"?>${xml}`),
  };
}

function toMessage(parameters: Parameters): SentMessage {
  return {
    body: parameters.get('MessageBody'),
    delaySeconds: parameters.get('DelaySeconds'),
    attributes: numbered(parameters, 'MessageAttribute').map((member) =>
      attribute(
        member.get('Name') ?? '',
        member.get('Value.DataType'),
        member.get('Value.StringValue'),
        member.get('Value.BinaryValue'),
      ),
    ),
  };
}

/** The members of a list, `Prefix.1.Name`, in order of their numbers; one without members of its own is under ''. */
function numbered(parameters: Parameters, prefix: string): Parameters[] {
  const found = new Map<number, Map<string, string>>();
  for (const [name, value] of parameters) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const match = /^(\d{1,4})(?:\.(.*))?$/.exec(name.slice(prefix.length + 1));
    if (match === null) continue;
    const number = Number(match[1]);
    const member = found.get(number) ?? new Map<string, string>();
    found.set(number, member.set(match[2] ?? '', value));
  }
  return [...found].sort(([a], [b]) => a - b).map(([, member]) => member);
}
