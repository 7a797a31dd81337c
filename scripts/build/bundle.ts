// One file per program: everything that it imports, and nothing that it does not.
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');

export const PROGRAMS = ['cs-instance-watcher', 'cs-interact'] as const;
export type Program = (typeof PROGRAMS)[number];

/** Writes the bundles, NAME.cjs, into `directory`; what went into them is the answer. Throws what esbuild throws. */
export async function writeBundles(directory: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      ...PROGRAMS.map((program) => `src/bin/${program}.ts`),
      // The programs of threads, which are looked for beside their own.
      'src/aws/sdk-program.ts',
      'src/interaction/server/store/sqlite-writer-program.ts',
      'scripts/build/start.ts',
    ],
    entryNames: '[name]',
    outdir: directory,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // The loader reads one byte a character.
    charset: 'ascii',
    // Nor does a script that it runs have an import() without a warning of Node.js: require() takes its place.
    supported: { 'dynamic-import': false },
    // In a CommonJS bundle import.meta would be empty.
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    // The tree-shaken ESM builds of the dependencies: about half the memory of their CommonJS ones.
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return metafile;
}
