// Requests that `serve` refused, as lines for the person in charge: at most one a second, so that no client can fill a disk.
import type { RefusedRequest } from '../../interaction/server/refused-request.ts';

export interface RefusalLog {
  add(refused: RefusedRequest): void;
  /** Writes what is still held back. */
  close(): void;
}

const quietMs = 1_000;

/**
 * The first refusal is written at once. Those of the second that follows are counted, and the last of them is written
 * with the count of the others when it has passed.
 */
export function createRefusalLog(write: (line: string) => void): RefusalLog {
  let latest: string | undefined;
  let leftOut = 0;
  let quiet: NodeJS.Timeout | undefined;

  function writeLatest(): void {
    if (latest === undefined) return;
    write(leftOut === 0 ? latest : `${latest} (${leftOut} more refused in the second before)`);
    latest = undefined;
    leftOut = 0;
  }

  /** Goes on for as long as there is something to write. */
  function writeAndKeepQuiet(): void {
    quiet = latest === undefined ? undefined : setTimeout(writeAndKeepQuiet, quietMs).unref();
    writeLatest();
  }

  return {
    add(refused) {
      if (latest !== undefined) leftOut += 1;
      latest = toLine(refused);
      if (quiet === undefined) writeAndKeepQuiet();
    },
    close() {
      clearTimeout(quiet);
      writeLatest();
    },
  };
}

function toLine({ peerAddress, accessKeyId, reason }: RefusedRequest): string {
  const time = new Date().toISOString();
  const key = accessKeyId === null ? 'no access key id to show' : `access key id ${accessKeyId}`;
  return `${time} refused a request from ${peerAddress ?? 'a client that is gone'}, ${key}: ${reason}`;
}
