// Bundles each program into one file and lays dist/ out as it is installed: bin, lib, native, runtime, share.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeManPages } from './man-pages.ts';

const PROGRAMS = ['cs-instance-watcher', 'cs-interact'];
const ROOT = join(import.meta.dirname, '..');
/** What is there goes on serving whoever runs it until the new one is whole. */
const DIST = join(ROOT, 'dist.new');

/** Starts the bundle beside it on the runtime beside it; passes on the path it was started by, for the unit file. */
function launcher(program: string): string {
  return `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
CS_PROGRAM_PATH=$0 exec "$here/../runtime/node" "$here/../lib/${program}.cjs" "$@"
`;
}

rmSync(DIST, { recursive: true, force: true });
for (const room of ['bin', 'lib', 'native', 'runtime']) mkdirSync(join(DIST, room), { recursive: true });

await build({
  entryPoints: [
    ...PROGRAMS.map((program) => join(ROOT, 'src/bin', `${program}.ts`)),
    // The program of a thread, which finds it beside its own.
    join(ROOT, 'src/interaction/server/store/sqlite-writer-program.ts'),
  ],
  entryNames: '[name]',
  outdir: join(DIST, 'lib'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  // In a CommonJS bundle import.meta would be empty.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  // The tree-shaken ESM builds of the dependencies: about half the memory of their CommonJS ones.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});

for (const program of PROGRAMS) {
  const path = join(DIST, 'bin', program);
  writeFileSync(path, launcher(program));
  chmodSync(path, 0o755);
}
const addon = join(ROOT, 'build/cmake/Release/addon.node');
copyFileSync(addon, join(DIST, 'native/addon.node'));
// Beside the addon, which finds them there (RUNPATH $ORIGIN): the host needs none of them installed.
for (const [, name, path] of execFileSync('ldd', [addon], { encoding: 'utf8' }).matchAll(
  /^\s*(lib(?:nftnl|mnl)\.so\.\d+) => (\S+)/gm,
)) {
  copyFileSync(realpathSync(path as string), join(DIST, 'native', name as string));
}
writeManPages(join(DIST, 'share/man'));
const runtime = join(ROOT, 'node_modules/node/bin/node');
try {
  // The same file under a second name, so that dist/ can be copied whole and costs no room here.
  linkSync(runtime, join(DIST, 'runtime/node'));
} catch {
  copyFileSync(runtime, join(DIST, 'runtime/node'));
}
const [current, previous] = [join(ROOT, 'dist'), join(ROOT, 'dist.old')];
rmSync(previous, { recursive: true, force: true });
if (existsSync(current)) renameSync(current, previous);
renameSync(DIST, current);
rmSync(previous, { recursive: true, force: true });
