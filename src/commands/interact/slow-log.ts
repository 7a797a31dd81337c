// Lines that clients cause, for the person in charge: at most one a second, so that no client can fill a disk.

export interface SlowLog {
  add(line: string): void;
  /** Writes what is still held back. */
  close(): void;
}

const quietMs = 1_000;

/**
 * The first line is written at once. Those of the second that follows are counted, and the last of them is written with
 * the count of the others, `counted` naming what they are, when it has passed.
 */
export function createSlowLog(counted: string, write: (line: string) => void): SlowLog {
  let latest: string | undefined;
  let leftOut = 0;
  let quiet: NodeJS.Timeout | undefined;

  function writeLatest(): void {
    if (latest === undefined) return;
    write(leftOut === 0 ? latest : `${latest} (${leftOut} more ${counted} in the second before)`);
    latest = undefined;
    leftOut = 0;
  }

  /** Goes on for as long as there is something to write. */
  function writeAndKeepQuiet(): void {
    quiet = latest === undefined ? undefined : setTimeout(writeAndKeepQuiet, quietMs).unref();
    writeLatest();
  }

  return {
    add(line) {
      if (latest !== undefined) leftOut += 1;
      latest = `${new Date().toISOString()} ${line}`;
      if (quiet === undefined) writeAndKeepQuiet();
    },
    close() {
      clearTimeout(quiet);
      writeLatest();
    },
  };
}
