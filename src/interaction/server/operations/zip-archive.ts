// A zip archive made in pieces: compressing a large report must not hold up those who are asking for something meanwhile.
import { setImmediate } from 'node:timers/promises';
import { Zip, ZipDeflate } from 'fflate';

export interface ArchivedFile {
  readonly path: string;
  readonly content: string;
}

/** How much is compressed before others have their turn: some milliseconds' worth. */
const pieceBytes = 64 * 1024;

/** The archive of the files, in their order. */
export async function zipFiles(files: readonly ArchivedFile[], madeAtMs: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let failure: Error | null = null;
  const archive = new Zip((error, piece) => {
    failure ??= error;
    pieces.push(piece);
  });
  for (const { path, content } of files) {
    const file = new ZipDeflate(path, { level: 6 });
    file.mtime = madeAtMs;
    archive.add(file);
    const bytes = Buffer.from(content);
    for (let start = 0; start < bytes.length || start === 0; start += pieceBytes) {
      file.push(bytes.subarray(start, start + pieceBytes), start + pieceBytes >= bytes.length);
      await setImmediate();
    }
  }
  archive.end();
  if (failure !== null) throw failure;
  return Buffer.concat(pieces);
}
