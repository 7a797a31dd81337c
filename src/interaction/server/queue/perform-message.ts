// One message, as the running system's function takes it out of the queue. There a message that it cannot read comes back
// again and again, and holds up those behind it; here it is dropped, and somebody is told.
import type { Dialect } from '../../contract/instance-metadata.ts';
import { findOperation, type OperationId, operations } from '../../contract/operations.ts';
import { decodeOnce } from '../gateway/command-path.ts';
import { performQueued } from '../operations/answer-operation.ts';
import type { QueueCall } from '../operations/call.ts';
import { QueueOperationError } from '../operations/queue-operation-error.ts';

/** A message for an operation of the queue, or why it is dropped. */
export type ReadMessage =
  | {
      readonly ok: true;
      readonly id: OperationId;
      readonly message: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly reason: string };

/** What a message asks for in a dialect. */
export function readMessage(body: string, dialect: Dialect): ReadMessage {
  const message = parseMessage(body);
  if (message === null) return { ok: false, reason: 'it is no JSON object' };
  const { OpType: opType } = message;
  if (opType === undefined) return { ok: false, reason: 'it has no OpType' };
  if (typeof opType !== 'string') return { ok: false, reason: 'its OpType is no string' };
  // Nothing else is normalised: with a slash before it, a name is unknown.
  const found = findOperation(decodeOnce(opType.toLowerCase()), dialect);
  const named = `its OpType ${JSON.stringify(opType.slice(0, 100))}`;
  if (found === null) return { ok: false, reason: `${named} is no operation` };
  const { id, argument } = found;
  const transports: readonly string[] = operations[id].transports;
  if (argument === null && transports.includes('queue')) return { ok: true, id, message };
  return { ok: false, reason: `${named} is not for the queue` };
}

/**
 * Performs what a message asks for, which is durable when this resolves. Resolves with why it could not be done, or null
 * when it was; rejects when the store failed, or the server by a fault of its own.
 */
export async function performMessage(id: OperationId, call: QueueCall): Promise<string | null> {
  try {
    await performQueued(id, call);
    return null;
  } catch (error) {
    if (!(error instanceof QueueOperationError)) throw error;
    return `its OpType ${JSON.stringify(operations[id].name)} could not be done: ${error.message}`;
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
