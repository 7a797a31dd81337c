// A host made of files below a directory of the test's own.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { HostFiles } from '../../../../../src/commands/watcher/doctor/host-files.ts';

/** Paths to content; one that begins with `-> ` is a symbolic link, null a directory. */
export type Content = Readonly<Record<string, string | null>>;

/** The host, and where its root is; gone when the test ends. */
export function fakeHost(
  t: TestContext,
  content: Content,
): { readonly host: HostFiles; readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), 'doctor-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(content)) {
    const place = join(root, path);
    mkdirSync(text === null ? place : dirname(place), { recursive: true });
    if (text?.startsWith('-> ')) symlinkSync(text.slice(3), place);
    else if (text !== null) writeFileSync(place, text);
  }
  return { host: new HostFiles(root), root };
}
