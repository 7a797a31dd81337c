// SHA256SUMS against the files it speaks of: each once, with the right sum, and none left out.
import { createHash } from 'node:crypto';

export const CHECKSUM_FILE = 'SHA256SUMS';

/** The sums of `sha256sum` by path, a leading `./` left out. Throws at a line of another form, and at a path named twice. */
export function parseChecksums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const [, sum, path] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/.exec(line) ?? [];
    if (sum === undefined || path === undefined) throw new Error(`not a line of sha256sum: ${line}`);
    if (sums.has(path)) throw new Error(`${path} is named twice`);
    sums.set(path, sum);
  }
  return sums;
}

/** What differs between the sums that were written and those of the files. */
export function checksumProblems(
  written: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): readonly string[] {
  return [
    ...[...actual].flatMap(([path, sum]) => {
      const noted = written.get(path);
      if (noted === undefined) return [`${path}: is not in ${CHECKSUM_FILE}`];
      return noted === sum ? [] : [`${path}: has another sum than ${CHECKSUM_FILE} says`];
    }),
    ...[...written.keys()]
      .filter((path) => !actual.has(path))
      .map((path) => `${path}: is in ${CHECKSUM_FILE} only`),
  ];
}

/** In hexadecimal. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
