// Writes the manual pages of both programs: node scripts/man-pages.ts [DIR], below which man8/ and man1/ are made.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { interactPage } from './man/interact-page.ts';
import { watcherPage } from './man/watcher-page.ts';

const DEFAULT_DIRECTORY = join(import.meta.dirname, '../dist/share/man');

/** The pages by their place below a directory of manual pages. */
export function manPages(version: string, date: Date): ReadonlyMap<string, string> {
  return new Map(
    [
      ['man8/cs-instance-watcher.8', watcherPage(version, date)] as const,
      ['man1/cs-interact.1', interactPage(version, date)] as const,
    ].map(([path, lines]) => [path, `${lines.join('\n')}\n`]),
  );
}

/** Writes the pages of this version, dated by SOURCE_DATE_EPOCH where a build is to be repeatable. */
export function writeManPages(directory: string, env: NodeJS.ProcessEnv = process.env): void {
  const epoch = Number(env.SOURCE_DATE_EPOCH ?? Number.NaN);
  const date = Number.isFinite(epoch) ? new Date(epoch * 1000) : new Date();
  for (const [path, page] of manPages(manifest.version, date)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
  }
}

if (import.meta.main) {
  const [directory = DEFAULT_DIRECTORY, ...more] = process.argv.slice(2);
  if (directory.startsWith('-') || more.length > 0) {
    process.stderr.write('man-pages: usage: node scripts/man-pages.ts [DIR]\n');
    process.exitCode = 2;
  } else {
    writeManPages(directory);
  }
}
