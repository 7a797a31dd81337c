// Looks for secrets in everything that a program leaves behind or tells.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Shorter pieces would be found by chance. */
const PIECE_LENGTH = 12;

/** No text may hold a secret, nor any sizeable part of one, as it is or as a URL or a JSON text would have it. */
export function assertKept(secrets: Iterable<string>, texts: ReadonlyMap<string, string>): void {
  const all = [...secrets];
  assert.ok(all.length > 0, 'there is something to look for');
  for (const [place, text] of texts) {
    assert.ok(text !== '', `${place} has something to look at`);
    for (const secret of all) {
      const found = piecesOf(secret).find((piece) => text.includes(piece));
      assert.equal(found, undefined, `${place} has a part of the secret ${secret}: ${text}`);
    }
  }
}

/** Everything in the regular files below a directory, by path. */
export function contentsBelow(directory: string): Map<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size > 0);
  return new Map(paths.map((path) => [path, readFileSync(path, 'latin1')]));
}

function piecesOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret), secret.replaceAll('/', '\\/')];
  return forms.flatMap((form) =>
    Array.from({ length: Math.max(1, form.length - PIECE_LENGTH + 1) }, (_, at) =>
      form.slice(at, at + PIECE_LENGTH),
    ),
  );
}
