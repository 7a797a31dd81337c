// A message of the queue asked for something that was not done. The queue has no way back: the message is for the log.

export class QueueOperationError extends Error {
  override readonly name = 'QueueOperationError';
}
