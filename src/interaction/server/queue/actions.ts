// What the queue does with each action, once its sender is known to be one.
import { randomUUID } from 'node:crypto';
import { operations } from '../../contract/operations.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Deployment } from '../operations/call.ts';
import type { Store } from '../store/store.ts';
import type { Action, BatchEntry, FailedEntry, Receipt, Result, SentMessage } from './action.ts';
import { checkBatch, checkMessage } from './check-message.ts';
import { attributesDigest, bodyDigest } from './message-digest.ts';
import { performMessage, readMessage } from './perform-message.ts';
import { queueAttributes } from './queue-attributes.ts';
import { errorForms, isSenderFault, toSqsError } from './sqs-error.ts';

/** A message that was accepted, as the running system accepts it, and not performed. */
export interface DroppedMessage {
  readonly userArn: string;
  /** A clause about the message, such as `it has no OpType`. */
  readonly reason: string;
}

export interface ActionOptions {
  readonly deployment: Deployment;
  readonly store: Store;
  /** The queue's. */
  readonly name: string;
  readonly nowMs: () => number;
  readonly onDropped?: ((dropped: DroppedMessage) => void) | undefined;
  readonly onFault: (error: unknown) => void;
}

/** Whoever an action is performed for, and may send messages. */
export interface Sender {
  readonly userArn: string;
  /** Throws SqsError unless a message for the operation of that name may be sent. */
  readonly authorise: (operation: string) => void;
}

/** Performs an action. Rejects with SqsError, or on a failure of the store or the server. */
export type PerformAction = (action: Action, sender: Sender) => Promise<Result>;

/** Performs the actions on one queue. */
export function createActions(options: ActionOptions): PerformAction {
  const { deployment, store, name, nowMs, onDropped, onFault } = options;
  const fleet = createFleet(store, nowMs);

  return async (action, sender) => {
    switch (action.name) {
      case 'SendMessage':
        return { name: action.name, receipt: await send(action.message, sender) };
      case 'SendMessageBatch':
        return sendAll(action.entries, sender);
      case 'GetQueueUrl':
        return { name: action.name, queueUrl: deployment.queueUrl };
      case 'GetQueueAttributes':
        return { name: action.name, attributes: queueAttributes(deployment, name, action.attributeNames) };
    }
  };

  async function send(message: SentMessage, sender: Sender): Promise<Receipt> {
    const body = checkMessage(message);
    const reason = await perform(body, sender);
    if (reason !== null) onDropped?.({ userArn: sender.userArn, reason });
    const { attributes } = message;
    return {
      MessageId: randomUUID(),
      MD5OfMessageBody: bodyDigest(body),
      ...(attributes.length === 0 ? {} : { MD5OfMessageAttributes: attributesDigest(attributes) }),
    };
  }

  /** Why the message was dropped, or null when it was not. */
  async function perform(body: string, sender: Sender): Promise<string | null> {
    const read = readMessage(body, deployment.dialect);
    if (!read.ok) return read.reason;
    sender.authorise(operations[read.id].name);
    return performMessage(read.id, { deployment, store, fleet, message: read.message, nowMs: nowMs() });
  }

  /** One after the other, in their order, each succeeding or failing by itself. */
  async function sendAll(entries: readonly BatchEntry[], sender: Sender): Promise<Result> {
    checkBatch(entries);
    const successful: (Receipt & { Id: string })[] = [];
    const failed: FailedEntry[] = [];
    for (const entry of entries) {
      try {
        successful.push({ Id: entry.id, ...(await send(entry, sender)) });
      } catch (error) {
        const { code, message } = toSqsError(error, onFault);
        const { queryCode } = errorForms[code];
        failed.push({ Id: entry.id, Code: queryCode, Message: message, SenderFault: isSenderFault(code) });
      }
    }
    return { name: 'SendMessageBatch', successful, failed };
  }
}
