// The manual pages: nothing of the programs is missing, nothing in them is misread, and every formatter accepts them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { manPages, writeManPages } from '../../scripts/man-pages.ts';
import { commandEntry } from '../../scripts/man/command-page.ts';
import { escaped, prose, verbatim } from '../../scripts/man/roff.ts';
import { parseAgentLine, SUBCOMMANDS } from '../../src/commands/watcher/program.ts';
import { describeSubcommand } from '../../src/commands/watcher/subcommand.ts';
import { parseArguments } from '../../src/watcher/config/command-line.ts';
import { run } from './commands/interact/scripted-api.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOON = new Date('2026-01-02T12:00:00Z');
/** Wide enough that nothing is wrapped. */
const WIDTH = 2_000;

const directory = mkdtempSync(join(tmpdir(), 'cs-man-pages-'));
after(() => rmSync(directory, { recursive: true, force: true }));
before(() => writeManPages(directory, { SOURCE_DATE_EPOCH: String(NOON.getTime() / 1000) }));

const PAGES = [
  { path: 'man8/cs-instance-watcher.8', entry: 'cs-instance-watcher', helps: agentHelps },
  { path: 'man1/cs-interact.1', entry: 'cs-interact', helps: () => treeHelps() },
] as const;

for (const { path, entry, helps } of PAGES) {
  describe(entry, () => {
    test('has every command, option and operand of the help, with its words', async () => {
      const page = squeezed(formatted(join(directory, path)));
      const all = await helps();
      assert.ok(all.length > 5, 'the helps were found');
      const missing: string[] = [];
      for (const { command, text } of all) {
        if (!page.includes(squeezed(command))) missing.push(command);
        for (const { term, words } of helpItems(text)) {
          // What a help has between backticks is bold.
          if (!page.includes(squeezed(`${term} ${words}`.replaceAll('`', ''))))
            missing.push(`${command}: ${term} ${words}`);
        }
      }
      assert.deepEqual(missing, []);
    });

    for (const [program, ...args] of [
      ['groff', '-man', '-Tutf8', '-ww', '-z'],
      ['mandoc', '-T', 'lint', '-W', 'warning'],
      ['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z'],
    ] as const) {
      test(`${program} has nothing to complain of`, () => {
        const { status, stdout, stderr } = runProgram(program, [...args, join(directory, path)]);
        const complaints = program === 'mandoc' ? stdout + stderr : stderr;
        assert.equal(complaints, '');
        assert.equal(status, 0);
      });
    }

    test('says which version it is of, and when it was made', () => {
      const foot = formatted(join(directory, path)).trimEnd().split('\n').at(-1) ?? '';
      assert.ok(foot.includes(`cs-instance-watcher ${manifest.version}`), foot);
      assert.ok(foot.includes('2026-01-02'), foot);
    });

    test('is the same when it is made again', () => {
      assert.equal(manPages(manifest.version, NOON).get(path), readFileSync(join(directory, path), 'utf8'));
    });
  });
}

test('every variable that a script gets is named', () => {
  const watcher = join(ROOT, 'src/watcher');
  const sources = readdirSync(watcher, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(watcher, path), 'utf8'));
  const names = new Set(sources.flatMap((text) => text.match(/\bCS_[A-Z_]*[A-Z]\b(?=:)/g) ?? []));
  assert.ok(names.size >= 10, [...names].join(' '));
  const page = formatted(join(directory, 'man8/cs-instance-watcher.8'));
  assert.deepEqual(
    [...names].filter((name) => !page.includes(name)),
    [],
  );
});

describe('a page follows its definition', () => {
  const entryOf = (summary: string): string => {
    const command = new Command('tool').description('Does it.').option('--fast', summary);
    return commandEntry(command, [], 'OPTIONS').join('\n');
  };
  test('a changed description changes the page', () => {
    assert.match(entryOf('in no time'), /^in no time$/m);
    assert.match(entryOf('at once'), /^at once$/m);
  });
  test('an option told elsewhere is named, not told again', () => {
    const command = new Command('tool').description('Does it.').option('--fast', 'in no time');
    const entry = commandEntry(command, command.options, 'OPTIONS').join('\n');
    assert.match(entry, /As under OPTIONS: \\fB\\-\\-fast\\fR\\&\./);
    assert.doesNotMatch(entry, /in no time/);
  });
});

describe('text stays text', () => {
  const hostile = [
    '.so /etc/passwd',
    "'br",
    '\\fBnot bold\\fR',
    '"quoted" \'quoted\'',
    '--long-option',
    'a\\nb',
    '100% ~user ^top `code`',
    'émigré – 日本',
    '',
  ];
  for (const text of hostile) {
    test(JSON.stringify(text), () => {
      const source = [
        '.TH T 1 2026-01-02 s m',
        '.SH NAME',
        't \\- t',
        '.SH TEXT',
        escaped(text) || '.sp',
        ...verbatim(text),
      ];
      const shown = runProgram(
        'groff',
        ['-man', '-Tutf8', '-ww', '-P-cbou', `-rLL=${WIDTH}n`],
        source.join('\n'),
      );
      assert.equal(shown.stderr, '');
      const found = squeezed(shown.stdout).split(squeezed(text)).length - 1;
      assert.ok(text === '' || found === 2, shown.stdout);
    });
  }
  test('what stands between backticks is bold, and a dot at the start is no request', () => {
    assert.equal(prose('`.d` and `-x`'), '\\fB\\&.d\\fR and \\fB\\-x\\fR');
    assert.equal(prose('.d'), '\\&.d');
  });
});

const LISTS = /^(?!.*Commands?:$)[A-Z][^."]*:$/;

/** `term` and `words` of each entry in the lists of a help: indented by two, the words in a column of their own. */
function helpItems(text: string): { term: string; words: string }[] {
  const items: { term: string; words: string }[] = [];
  let isList = false;
  for (const line of text.split('\n')) {
    if (LISTS.test(line)) isList = true;
    else if (/^\S/.test(line) && line !== '') isList = false;
    const [, term, words] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
    const last = items.at(-1);
    if (!isList) continue;
    if (term !== undefined && words !== undefined) items.push({ term, words });
    else if (last !== undefined && /^ {4,}\S/.test(line)) last.words += ` ${line.trim()}`;
  }
  return items;
}

interface HelpText {
  readonly command: string;
  readonly text: string;
}

async function agentHelps(): Promise<HelpText[]> {
  const agent = parseAgentLine(['--help'], manifest.version);
  assert.ok(agent.kind === 'show');
  const [, list = ''] = agent.text.split('Commands, each with a --help of its own:\n');
  const listed = list.split('\n\n')[0]!.split('\n');
  const names = listed.map((line) => /^ {2}([a-z-]+) {2}/.exec(line)?.[1]);
  const below = names.map((name) => {
    const subcommand = SUBCOMMANDS.find((one) => one.name === name);
    assert.ok(subcommand !== undefined, `${name} is listed`);
    const line = parseArguments(describeSubcommand(subcommand), subcommand.settings, ['--help']);
    assert.ok(line.kind === 'show');
    return { command: `cs-instance-watcher ${name}`, text: line.text };
  });
  return [{ command: 'cs-instance-watcher', text: agent.text }, ...below];
}

/** The help of a command and of all below it, found as a reader finds them: by the lists of commands. */
async function treeHelps(path: readonly string[] = []): Promise<HelpText[]> {
  const { status, stdout: text } = await run([...path, '--help']);
  assert.equal(status, 0);
  const names = text.split('\n').flatMap((line) => /^ {2}([a-z-]+)(?: [<[].*)? {2,}\S/.exec(line)?.[1] ?? []);
  const isGroup = /^Usage: .*\[command\]$/m.test(text);
  const below = isGroup ? names.filter((name) => name !== 'help') : [];
  const helps = [{ command: ['cs-interact', ...path].join(' '), text }];
  for (const name of below) helps.push(...(await treeHelps([...path, name])));
  return helps;
}

/** The page as a reader has it, on lines that never wrap. */
function formatted(file: string): string {
  const { stdout, stderr } = runProgram('groff', ['-man', '-Tutf8', '-P-cbou', `-rLL=${WIDTH}n`, file]);
  assert.equal(stderr, '');
  return stdout;
}

/** The same text whatever its spaces, hyphens and quotes are set as. */
function squeezed(text: string): string {
  return text.replace(/\s+/g, '');
}

function runProgram(
  program: string,
  args: readonly string[],
  input = '',
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 16 << 20,
    env: { ...process.env, MANROFFSEQ: '', LC_ALL: 'C.UTF-8' },
  });
  if (error !== undefined)
    throw new Error(`${program} cannot be run (Debian packages groff, man-db, mandoc): ${error.message}`);
  return { status, stdout, stderr };
}
