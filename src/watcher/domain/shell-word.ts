// Commands that people paste from the log.

/** A path as a word to paste into a shell, on one line. */
export function shellWord(path: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(path)) return path;
  const isPlain = !/\p{Cc}/u.test(path);
  return isPlain ? `'${path.replaceAll("'", "'\\''")}'` : `$${JSON.stringify(path).replace(/^"|"$/g, "'")}`;
}
