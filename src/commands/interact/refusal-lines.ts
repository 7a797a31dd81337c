// What clients asked for in vain, as lines for the person in charge.
import type { RefusedRequest } from '../../interaction/server/gateway/refused-request.ts';
import type { DroppedMessage } from '../../interaction/server/queue/actions.ts';

export function refusedLine({ peerAddress, accessKeyId, reason }: RefusedRequest): string {
  const key = accessKeyId === null ? 'no access key id to show' : `access key id ${accessKeyId}`;
  return `refused a request from ${peerAddress ?? 'a client that is gone'}, ${key}: ${reason}`;
}

export function droppedLine({ userArn, reason }: DroppedMessage): string {
  return `dropped a message to the queue from ${userArn}: ${reason}`;
}
