// The agent's entry point.
import { resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { main } from '../commands/watcher/main.ts';

// The launcher in dist/bin tells by which path it was started; run from source, the program is this file.
const { CS_PROGRAM_PATH: launcher, ...env } = process.env;

void main({
  args: process.argv.slice(2),
  env,
  cwd: process.cwd(),
  program: resolve(launcher ?? (process.argv[1] as string)),
  version: manifest.version,
}).then((status) => {
  process.exitCode = status;
});
