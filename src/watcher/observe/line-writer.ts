// Writes lines to where only a part of one may find room: what comes after that part begins on a line of its own.
import { writeSync } from 'node:fs';

export class LineWriter {
  #isCut = false;

  /** Writes one line, newline included. Throws the system's error; what was taken of the line by then stays there. */
  write(fd: number, line: string): void {
    let rest = Buffer.from(this.#isCut ? `\n${line}` : line);
    while (rest.length > 0) {
      rest = rest.subarray(writeSync(fd, rest));
      this.#isCut = rest.length > 0;
    }
  }
}
