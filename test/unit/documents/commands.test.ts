// The commands in the documents can be typed as they stand: the programs take them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manPages } from '../../../scripts/man-pages.ts';
import { parseAgentLine, SUBCOMMANDS } from '../../../src/commands/watcher/program.ts';
import { describeSubcommand } from '../../../src/commands/watcher/subcommand.ts';
import { parseArguments } from '../../../src/watcher/config/command-line.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

const COMMANDS = [
  ...DOCUMENTS.flatMap((path) =>
    boxesIn(readFileSync(join(ROOT, path), 'utf8')).map((box) => ({ path, box })),
  ),
  ...[...manPages('0', new Date(0))].flatMap(([path, page]) =>
    examplesIn(page).map((box) => ({ path, box })),
  ),
].flatMap(({ path, box }) => agentCommandsIn(box).map((command) => ({ path, command })));

test('there are some', () => assert.ok(COMMANDS.length >= 15, String(COMMANDS.length)));

for (const { path, command } of COMMANDS) {
  test(`${path}: ${command}`, () => assert.doesNotThrow(() => parse(command)));
}

test('one that is wrong is noticed', () => {
  assert.throws(() => parse('cs-instance-watcher status --jsno'), /unknown option/);
  assert.throws(() => parse('cs-instance-watcher statsu'));
});

/** Boxes for the shell. */
function boxesIn(text: string): string[] {
  return [...text.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map((match) => match[2] as string);
}

/** What a manual page shows as it is. */
function examplesIn(page: string): string[] {
  return [...page.matchAll(/^\.nf\n(.*?)^\.fi$/gms)].map((match) =>
    (match[1] as string).replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\(rs', '\\'),
  );
}

/** The agent's commands in a box, without comments, redirections and what they are joined with. */
function agentCommandsIn(box: string): string[] {
  const commands = box
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|[|;>]/))
    .map((command) => command.trim());
  return [...new Set(commands.filter((command) => /^(\S*\/)?cs-instance-watcher(\s|$)/.test(command)))];
}

function parse(command: string): void {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  // These stand for the reader's own options.
  const args = words.slice(1).filter((word) => word !== 'OPTIONS' && word !== '...');
  const [name] = args;
  if (name === undefined || name.startsWith('-')) {
    parseAgentLine(args, '0');
    return;
  }
  const subcommand = SUBCOMMANDS.find((one) => one.name === name);
  assert.ok(subcommand !== undefined, `there is no command ${name}`);
  parseArguments(describeSubcommand(subcommand), subcommand.settings, args.slice(1));
}
