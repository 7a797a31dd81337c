// The long download: what the server sends bit by bit and the client knows by heart.

/** 18 seconds of it. */
export const DOWNLOAD_CHUNKS = 180;
export const DOWNLOAD_CHUNK_MS = 100;

/** The bytes of one part, different in every part. */
export function downloadChunk(index: number): Buffer {
  return Buffer.alloc(16_384, `part ${index} of the download. `);
}
