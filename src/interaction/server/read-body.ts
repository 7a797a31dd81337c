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

/**
 * What a piece takes of the room for at least: one of a single byte needs as much memory. Clients decide by their chunks how
 * many pieces there are.
 */
const minPieceBytes = 256;
/** What the pieces of a body of the greatest length have on average at least; those of a slow network have 500 and more. */
const minAveragePieceBytes = 128;

/**
 * The body, or null once it has become longer than `maxBytes`, or comes in more pieces than one of that length;
 * rejects when the client goes away, and with NoRoomForBodyError.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  room?: BodyRoom,
): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  let taken = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes || chunks.length >= maxBytes / minAveragePieceBytes) return null;
      const pieceBytes = Math.max(chunk.length, minPieceBytes);
      if (room?.take(pieceBytes) === false) throw new NoRoomForBodyError();
      taken += pieceBytes;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } finally {
    room?.giveBack(taken);
  }
}
