// Requests' bodies: whole, and bounded, each by itself and those of a listener together.
import type { IncomingMessage } from 'node:http';

/** The bodies that are being read take as much memory as they may: this one is to be sent again. */
export class NoRoomForBodyError extends Error {
  override readonly name = 'NoRoomForBodyError';
}

/** Bytes of bodies that are being read at a time: without a bound, clients that never finish would fill the memory. */
export interface BodyRoom {
  /** False when there is no room for so many more. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** Room for so many bytes of bodies at the same time. */
export function createBodyRoom(maxBytes: number): BodyRoom {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    giveBack(bytes) {
      taken -= bytes;
    },
  };
}

/** For a start; doubled as it is needed. */
const firstCapacityBytes = 1024;
/** What the pieces of a body of the greatest length have on average at least. Clients choose their chunks, and each takes time. */
const minAveragePieceBytes = 64;

/**
 * The body, or null once it has become longer than `maxBytes`, or comes in more pieces than one of that length;
 * rejects when the client goes away, and with NoRoomForBodyError.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  room?: BodyRoom,
): Promise<Buffer | null> {
  // Copied together: kept as they came, pieces of a byte would each take as much memory as some hundred.
  let bytes = Buffer.alloc(0);
  let length = 0;
  let pieces = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      const longer = length + piece.length;
      pieces += 1;
      if (longer > maxBytes || pieces > maxBytes / minAveragePieceBytes) return null;
      if (longer > bytes.length) {
        const capacity = Math.min(Math.max(longer, 2 * bytes.length, firstCapacityBytes), maxBytes);
        if (room?.take(capacity - bytes.length) === false) throw new NoRoomForBodyError();
        const grown = Buffer.alloc(capacity);
        bytes.copy(grown);
        bytes = grown;
      }
      piece.copy(bytes, length);
      length = longer;
    }
    return bytes.subarray(0, length);
  } finally {
    room?.giveBack(bytes.length);
  }
}
