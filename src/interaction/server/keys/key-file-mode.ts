// Who else may read or change a key file, by its mode: as strict for the commands that change it as for a server.
import { KeyFileError } from './parse-key-file.ts';

/** `onWarning` gets a line when others may read the file. Throws KeyFileError when others may write it. */
export function checkKeyFileMode(path: string, mode: number, onWarning: (line: string) => void): void {
  if ((mode & 0o022) !== 0) {
    throw new KeyFileError(`${path} is writable by others, who could add keys (chmod 600 ${path})`);
  }
  if ((mode & 0o044) !== 0) onWarning(`${path} is readable by others: chmod 600 ${path}`);
}
