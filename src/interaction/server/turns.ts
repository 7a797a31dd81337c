// Requests that come on a connection before the answer to the first was taken wait for it: whoever sends a hundred at once and
// reads nothing has one answer made, and kept.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Resolves once the answers before were taken; false when this one cannot be sent any more. Called as each request comes. */
export type TakeTurn = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * `maxWaiting` is of all connections, and only those that ask before they were answered have any: one that asks for more is
 * ended. Node stops to read from a connection by the bytes of the answers on their way, of which waiting ones have none.
 */
export function createTurns(maxWaiting: number): TakeTurn {
  /** Of those that were not taken yet. */
  const lastAnswers = new WeakMap<Socket, Promise<void>>();
  let waiting = 0;
  return async ({ socket }, response) => {
    const before = lastAnswers.get(socket);
    const taken = Promise.withResolvers<void>();
    const end = () => {
      taken.resolve();
      if (lastAnswers.get(socket) === taken.promise) lastAnswers.delete(socket);
    };
    lastAnswers.set(socket, taken.promise);
    response.once('close', end);
    if (before !== undefined) {
      if (waiting >= maxWaiting) socket.destroy();
      waiting += 1;
      await before;
      waiting -= 1;
    }
    const isWritable = socket.writable;
    // It is never begun then, and so never closed.
    if (!isWritable) end();
    return isWritable;
  };
}
