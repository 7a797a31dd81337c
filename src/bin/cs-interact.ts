// The program `cs-interact`: ties the process to its command line.
import manifest from '../../package.json' with { type: 'json' };
import { createCommandInput } from '../commands/interact/command-input.ts';
import { plainLine } from '../commands/interact/output/plain.ts';
import { runInteract } from '../commands/interact/program.ts';

const ending = new AbortController();
const readerGone = new AbortController();
// Once each: a second signal ends the process at once.
process.once('SIGTERM', () => ending.abort());
process.once('SIGINT', () => ending.abort());

process.stdout.once('error', (error: NodeJS.ErrnoException) => {
  // A reader that went away has seen enough; a server serves on.
  if (error.code === 'EPIPE') return readerGone.abort();
  process.stderr.write(`cs-interact: the output could not be written: ${error.message}\n`);
  process.exitCode = 1;
});
// Every further write fails alike.
process.stdout.on('error', () => undefined);

// Parts of the AWS SDK warn here whatever logger they are given; nothing of ours does.
console.warn = () => undefined;

// Nobody reads the messages any longer: the exit status still tells.
process.stderr.on('error', () => undefined);

// Node reads it at each handshake, whoever begins that. Certificates are verified all the same, and whoever set it is told.
const env = { ...process.env };
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;

void runInteract(process.argv.slice(2), {
  version: manifest.version,
  env,
  signal: ending.signal,
  readerGone: readerGone.signal,
  isTerminal: process.stdout.isTTY === true,
  input: createCommandInput(process.stdin, process.stderr, ending.signal),
  print: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stderr.write(`cs-interact: ${plainLine(line)}\n`),
  explain: (text) => void process.stderr.write(text),
}).then((status) => {
  // A failure to write that came first stays the outcome.
  process.exitCode ||= status;
  // A lookup of credentials or of a name that was given up goes on by itself: nothing is left to wait for. An output that
  // cannot be written says so first.
  process.stdout.write('', () => setImmediate(() => process.exit()));
});
