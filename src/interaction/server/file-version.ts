// Tells whether a file that may change while the server runs has changed.
import { statSync } from 'node:fs';

/** Differs whenever the file was written or replaced; one system call, so affordable for every request. */
export function fileVersion(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined
    ? 'absent'
    : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}
