// What the queue does with each action, once its sender is known to be one.
import { randomUUID } from 'node:crypto';
import { createFleet } from '../fleet/fleet.ts';
import type { Deployment } from '../operations/call.ts';
import type { Store } from '../store/store.ts';
import type { Action, BatchEntry, FailedEntry, Receipt, Result, SentMessage } from './action.ts';
import { checkBatch, checkMessage } from './check-message.ts';
import { attributesDigest, bodyDigest } from './message-digest.ts';
import { performMessage } from './perform-message.ts';
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

/** Performs an action for the sender of that ARN. Rejects with SqsError, or on a failure of the store or the server. */
export type PerformAction = (action: Action, userArn: string) => Promise<Result>;

export function createActions(options: ActionOptions): PerformAction {
  const { deployment, store, name, nowMs, onDropped, onFault } = options;
  const fleet = createFleet(store, nowMs);

  return async (action, userArn) => {
    switch (action.name) {
      case 'SendMessage':
        return { name: action.name, receipt: await send(action.message, userArn) };
      case 'SendMessageBatch':
        return sendAll(action.entries, userArn);
      case 'GetQueueUrl':
        return { name: action.name, queueUrl: deployment.queueUrl };
      case 'GetQueueAttributes':
        return { name: action.name, attributes: queueAttributes(deployment, name, action.attributeNames) };
    }
  };

  async function send(message: SentMessage, userArn: string): Promise<Receipt> {
    const body = checkMessage(message);
    const reason = await performMessage(body, { deployment, store, fleet, nowMs: nowMs() });
    if (reason !== null) onDropped?.({ userArn, reason });
    const { attributes } = message;
    return {
      MessageId: randomUUID(),
      MD5OfMessageBody: bodyDigest(body),
      ...(attributes.length === 0 ? {} : { MD5OfMessageAttributes: attributesDigest(attributes) }),
    };
  }

  /** One after the other, in their order, each succeeding or failing by itself. */
  async function sendAll(entries: readonly BatchEntry[], userArn: string): Promise<Result> {
    checkBatch(entries);
    const successful: (Receipt & { Id: string })[] = [];
    const failed: FailedEntry[] = [];
    for (const entry of entries) {
      try {
        successful.push({ Id: entry.id, ...(await send(entry, userArn)) });
      } catch (error) {
        const { code, message } = toSqsError(error, onFault);
        const { queryCode } = errorForms[code];
        failed.push({ Id: entry.id, Code: queryCode, Message: message, SenderFault: isSenderFault(code) });
      }
    }
    return { name: 'SendMessageBatch', successful, failed };
  }
}
