// One message, as the running system's function takes it out of the queue. There a message that it cannot read comes back
// again and again, and holds up those behind it; here it is dropped, and somebody is told.
import { findOperation, operations } from '../../contract/operations.ts';
import { decodeOnce } from '../gateway/command-path.ts';
import { performQueued } from '../operations/answer-operation.ts';
import type { QueueCall } from '../operations/call.ts';
import { QueueOperationError } from '../operations/queue-operation-error.ts';

/**
 * Performs a message, which is durable when this resolves. Resolves with why it was dropped, or null when it was not;
 * rejects when the store failed, or the server by a fault of its own.
 */
export async function performMessage(
  body: string,
  context: Omit<QueueCall, 'message'>,
): Promise<string | null> {
  const message = parseMessage(body);
  if (message === null) return 'it is no JSON object';
  const { OpType: opType } = message;
  if (opType === undefined) return 'it has no OpType';
  if (typeof opType !== 'string') return 'its OpType is no string';
  const named = `its OpType ${JSON.stringify(opType.slice(0, 100))}`;
  // Nothing else is normalised: with a slash before it, a name is unknown.
  const found = findOperation(decodeOnce(opType.toLowerCase()), context.deployment.dialect);
  if (found === null) return `${named} is no operation`;
  const { id, argument } = found;
  const transports: readonly string[] = operations[id].transports;
  if (argument !== null || !transports.includes('queue')) return `${named} is not for the queue`;
  try {
    await performQueued(id, { ...context, message });
    return null;
  } catch (error) {
    if (!(error instanceof QueueOperationError)) throw error;
    return `${named} could not be done: ${error.message}`;
  }
}

function parseMessage(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
