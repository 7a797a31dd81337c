// What is read from files that may be replaced while the server runs: always as they are now, or as they last could be
// used.
import { statSync } from 'node:fs';

/** How long after files could not be used they are tried again, should they not change before. */
const retryMs = 1_000;

/**
 * Reads now, throwing what `read` throws, and again at the first call after one of the files changed. From then on
 * nothing is thrown: `onUnusable` is told once why what was read before stays in force. It is tried again every second,
 * because what was wrong need not have been the files: a process without free descriptors cannot read a good one, and a
 * key that was taken out of it must not stay good for that.
 */
export function followFiles<Content>(
  paths: readonly string[],
  read: () => Content,
  onUnusable: (reason: string) => void,
  nowMs: () => number = () => performance.now(),
): () => Content {
  const versionNow = () => paths.map(fileVersion).join(' ');
  let version = versionNow();
  let content = read();
  let failure: { readonly atMs: number; readonly reason: string } | undefined;
  return () => {
    const found = versionNow();
    const isChanged = found !== version;
    const isDue = failure !== undefined && nowMs() - failure.atMs >= retryMs;
    if (!isChanged && !isDue) return content;
    // Before they are read: a change meanwhile is seen at the next call.
    version = found;
    try {
      content = read();
      failure = undefined;
    } catch (error) {
      const { message: reason } = error as Error;
      if (isChanged || reason !== failure?.reason) onUnusable(reason);
      failure = { atMs: nowMs(), reason };
    }
    return content;
  };
}

/** Differs whenever the file was written or replaced; one system call, so affordable for every request. */
function fileVersion(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
