// Builds dist/: the programs for this machine, laid out as they are installed.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { layOutPrograms } from './build/program-tree.ts';
import { hostArch } from './packaging/arch.ts';

const ROOT = join(import.meta.dirname, '..');
/** What is there goes on serving whoever runs it until the new one is whole. */
const [next, current, previous] = ['dist.new', 'dist', 'dist.old'].map((name) => join(ROOT, name)) as [
  string,
  string,
  string,
];

rmSync(next, { recursive: true, force: true });
await layOutPrograms(next, {
  arch: hostArch(),
  addon: join(ROOT, 'build/cmake/Release/addon.node'),
  runtime: join(ROOT, 'node_modules/node/bin/node'),
  root: '/',
});
rmSync(previous, { recursive: true, force: true });
if (existsSync(current)) renameSync(current, previous);
renameSync(next, current);
rmSync(previous, { recursive: true, force: true });
