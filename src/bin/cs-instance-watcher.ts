// The agent's entry point.
import { isAbsolute, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { main } from '../commands/watcher/main.ts';

const NAME = 'cs-instance-watcher';

// What ps shows, and nft as the owner of the table; without it both would say "MainThread".
process.title = [NAME, ...process.argv.slice(2)].join(' ');

// Nothing of the agent's throws where nobody listens. Should it happen all the same, a table in place stays, and the service
// manager starts the agent again.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${NAME}: internal error, please report it: ${String(error).replace(/\s+/g, ' ')}\n`);
  process.exit(1);
});

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that went away has seen enough.
  if (error.code === 'EPIPE') return;
  process.stderr.write(`${NAME}: the output could not be written: ${error.message}\n`);
  process.exitCode = 1;
});
// Nobody reads the messages any longer: the exit status still tells.
process.stderr.on('error', () => undefined);

// The launcher in dist/bin tells by which path it was started; run from source, the program is this file.
const { CS_PROGRAM_PATH: launcher, ...env } = process.env;
const started = launcher ?? (process.argv[1] as string);

// Node reads it at each handshake, whoever begins that. Certificates are verified all the same; the configuration tells.
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;

// The C library asks a name server again after 5 s unless told: a question that was lost would cost the whole poll. Read at the
// first lookup; a RES_OPTIONS of the operator's stays, what resolv.conf says of the two does not.
process.env.RES_OPTIONS ??= 'timeout:1 attempts:5';

void main({
  args: process.argv.slice(2),
  env,
  cwd: () => process.cwd(),
  program: isAbsolute(started) ? started : resolve(started),
  version: manifest.version,
}).then((status) => {
  // A lookup that nobody waits for any more must not keep the process. An output that cannot be written says so before the
  // next turn.
  setImmediate(() => process.exit(process.exitCode || status));
});
