// Makes the pictures of the README from the real programs: docs/images/status-watch.svg and docs/images/demo.svg.
// Needs what scripts/setup builds, HAProxy, script(1), and root or `unshare -rnm`. Takes a minute and leaves nothing else behind.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from '../test/fixtures/netns.ts';
import { AGENT } from '../test/fixtures/programs.ts';
import { startDrainingHost } from './screenshots/draining-host.ts';
import { PseudoTerminal, type TerminalSize } from './screenshots/pseudo-terminal.ts';
import { terminalSvg } from './screenshots/svg.ts';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs/images');

const STATUS_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** Wide and high enough for all of it. */
const DEMO_SIZE: TerminalSize = { columns: 168, rows: 104 };
const STATUS_DEADLINE_MS = 15_000;

/** Ended in the opposite order, also when this is interrupted. */
const ends: (() => Promise<void> | void)[] = [];

async function pictureOfStatus(): Promise<string> {
  const host = await startDrainingHost((end) => ends.push(end));
  const terminal = openTerminal([AGENT, 'status', '--watch', '1', ...host.options], STATUS_SIZE, host.spawn);
  await terminal.shows(/DRAINING/, STATUS_DEADLINE_MS);
  await host.goOn();
  await terminal.shows(/9 left \(-5 in/, STATUS_DEADLINE_MS);
  const lines = await terminal.lines();
  terminal.type('\x03');
  expectDone('status --watch', await terminal.ended);
  return terminalSvg('cs-instance-watcher status --watch', lines, STATUS_SIZE);
}

async function pictureOfDemo(): Promise<string> {
  const terminal = openTerminal([process.execPath, join(ROOT, 'test/demo/main.ts')], DEMO_SIZE, spawn);
  expectDone('the demo', await terminal.ended);
  const lines = await terminal.lines();
  if (lines.length > DEMO_SIZE.rows) throw new Error(`the demo takes ${lines.length} rows: raise DEMO_SIZE`);
  return terminalSvg('scripts/demo', lines, DEMO_SIZE);
}

function openTerminal(
  command: readonly string[],
  size: TerminalSize,
  start: Namespace['spawn'],
): PseudoTerminal {
  const terminal = new PseudoTerminal(command, size, start);
  ends.push(() => terminal.close());
  return terminal;
}

function expectDone(what: string, status: number | null): void {
  if (status !== 0) throw new Error(`${what} ended with status ${status}`);
}

async function endAll(): Promise<void> {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
}

async function main(): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const [name, picture] of [
    ['status-watch.svg', pictureOfStatus],
    ['demo.svg', pictureOfDemo],
  ] as const) {
    writeFileSync(join(IMAGES, name), await picture());
    await endAll();
    process.stdout.write(`docs/images/${name}\n`);
  }
}

async function leave(status: number): Promise<never> {
  await endAll();
  process.exit(status);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(1));
main().then(
  () => leave(0),
  (error: Error) => {
    process.stderr.write(`screenshots: ${error.message}\n`);
    return leave(1);
  },
);
