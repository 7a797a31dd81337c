// Paths of the machine that built a tree, looked for in all its files: they tell of the builder, and make builds differ.

/** A byte of a file's name; whatever else follows ends the path. */
const NAME_BYTE = /[A-Za-z0-9._+-]/;

/**
 * The paths, of those forbidden, that a file's content has: as bytes, and as the UTF-16 of V8's code caches. One that is part
 * of a longer path (`/opt/toolset/root/usr` for `/root`) is another path.
 */
export function pathsIn(content: Buffer, forbiddenPaths: readonly string[]): readonly string[] {
  return forbiddenPaths.filter((path) => hasPath(content, path, 1) || hasPath(content, path, 2));
}

function hasPath(content: Buffer, path: string, bytesPerCharacter: 1 | 2): boolean {
  const pattern = Buffer.from(path, bytesPerCharacter === 1 ? 'utf8' : 'utf16le');
  const isNameAt = (offset: number): boolean =>
    offset >= 0 && offset < content.length && NAME_BYTE.test(String.fromCharCode(content[offset] as number));
  for (let at = content.indexOf(pattern); at >= 0; at = content.indexOf(pattern, at + 1)) {
    if (isNameAt(at + pattern.length)) continue;
    let before = at - bytesPerCharacter;
    while (isNameAt(before)) before -= bytesPerCharacter;
    const follows = before < at - bytesPerCharacter && content[before] === '/'.charCodeAt(0);
    if (!follows) return true;
  }
  return false;
}
