// Reads what the agent keeps on disk, whatever stands at its path by now.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** A hundred times what the agent ever writes. */
const MAX_BYTES = 1024 * 1024;
/** O_NONBLOCK because opening a FIFO that nobody writes to would hang the agent. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The text of a regular file of at most a mebibyte. Throws the file system's error, or one that says what else is there. */
export function readSmallFile(path: string): string {
  const file = openSync(path, OPEN_FLAGS);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > MAX_BYTES) throw new Error(`it has ${found.size} bytes, more than ${MAX_BYTES}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
