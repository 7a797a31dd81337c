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
 * The body, or null once it has become longer than `maxBytes`; rejects when the client goes away, and with
 * NoRoomForBodyError.
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
      if (length > maxBytes) return null;
      if (room?.take(chunk.length) === false) throw new NoRoomForBodyError();
      taken = length;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } finally {
    room?.giveBack(taken);
  }
}
