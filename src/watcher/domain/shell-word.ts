// Commands that people paste from the log.

/** A path as a word to paste into a shell, on one line. */
export function shellWord(path: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(path)) return path;
  const isPlain = !/\p{Cc}/u.test(path);
  return isPlain ? `'${path.replaceAll("'", "'\\''")}'` : `$'${escaped(path)}'`;
}

/** JSON's escapes are among the shell's, but for the quote, and for the control characters that JSON leaves as they are. */
function escaped(path: string): string {
  return JSON.stringify(path)
    .slice(1, -1)
    .replaceAll("'", "\\'")
    .replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
