// All that one listener answers: the API behind its stage, and the queue beside it.
import type { HandleRequest } from './handle-request.ts';
import { createGateway, type GatewayOptions } from './gateway/gateway.ts';
import { createQueue, isQueueRequest, type QueueOptions } from './queue/queue.ts';

/** Answers every request of a listener. Rejects with StoreError. */
export function createInteractionApi(options: Omit<GatewayOptions, 'lookup'> & QueueOptions): HandleRequest {
  const gateway = createGateway({ ...options, lookup: options.keys.lookup });
  const queue = createQueue(options);
  return (request) => (isQueueRequest(request) ? queue(request) : gateway(request));
}
