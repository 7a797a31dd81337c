#!/usr/bin/env node
// The program `cs-interact`: ties the process to its command line.
import manifest from '../../package.json' with { type: 'json' };
import { runInteract } from '../commands/interact/program.ts';

const ending = new AbortController();
// Once each: a second signal ends the process at once.
process.once('SIGTERM', () => ending.abort());
process.once('SIGINT', () => ending.abort());

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that went away has seen enough.
  if (error.code === 'EPIPE') return;
  process.stderr.write(`cs-interact: the output could not be written: ${error.message}\n`);
  process.exitCode = 1;
});

void runInteract(process.argv.slice(2), {
  version: manifest.version,
  env: process.env,
  signal: ending.signal,
  isTerminal: process.stdout.isTTY === true,
  print: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stderr.write(`cs-interact: ${line.replaceAll('\n', ' ')}\n`),
  explain: (text) => void process.stderr.write(text),
}).then((status) => {
  // A failure to write that came first stays the outcome.
  process.exitCode ||= status;
});
