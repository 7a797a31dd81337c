// What can be asked of the queue, and what it answers, whichever of SQS's two protocols carried it.
import type { MessageAttribute } from './message-digest.ts';

export interface QueueReference {
  readonly accountId: string;
  readonly name: string;
}

/** Not checked yet. */
export interface SentMessage {
  readonly body: string | undefined;
  readonly delaySeconds: string | undefined;
  readonly attributes: readonly MessageAttribute[];
}

export interface BatchEntry extends SentMessage {
  readonly id: string;
}

export type Action =
  | { readonly name: 'SendMessage'; readonly queue: QueueReference; readonly message: SentMessage }
  | {
      readonly name: 'SendMessageBatch';
      readonly queue: QueueReference;
      readonly entries: readonly BatchEntry[];
    }
  | { readonly name: 'GetQueueUrl'; readonly queue: QueueReference }
  | {
      readonly name: 'GetQueueAttributes';
      readonly queue: QueueReference;
      readonly attributeNames: readonly string[];
    };

/** As SQS names the members. */
export interface Receipt {
  readonly MessageId: string;
  readonly MD5OfMessageBody: string;
  readonly MD5OfMessageAttributes?: string;
}

export interface FailedEntry {
  readonly Id: string;
  readonly Code: string;
  readonly Message: string;
  readonly SenderFault: boolean;
}

export type Result =
  | { readonly name: 'SendMessage'; readonly receipt: Receipt }
  | {
      readonly name: 'SendMessageBatch';
      readonly successful: readonly (Receipt & { readonly Id: string })[];
      readonly failed: readonly FailedEntry[];
    }
  | { readonly name: 'GetQueueUrl'; readonly queueUrl: string }
  | { readonly name: 'GetQueueAttributes'; readonly attributes: Readonly<Record<string, string>> };

/** The queue that a path such as `/111111111111/CloneSquad-Interact-web` names, or null. */
export function queueOfPath(path: string): QueueReference | null {
  const match = /^\/+(\d{12})\/+([^/]+)\/*$/.exec(path);
  return match === null ? null : { accountId: match[1]!, name: match[2]! };
}

/** The queue that a QueueUrl names, whatever its host: the client may know the server by another name. */
export function queueOfUrl(url: string | undefined): QueueReference | null {
  return url !== undefined && URL.canParse(url) ? queueOfPath(new URL(url).pathname) : null;
}
