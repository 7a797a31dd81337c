// What the documents quote, the programs say: every line in a box of log lines stands in the sources, and every class of
// trouble that the agent can tell of has its entry.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CHECKS } from '../../../src/commands/watcher/doctor/checks.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENTS = ['troubleshooting.md', 'migration.md', 'upgrading.md'];
/** Less would be found anywhere. */
const LEAST_LETTERS = 8;

const SOURCES = [
  ...sourceFiles('src', '.ts').map(wordsOfTypeScript),
  ...sourceFiles('native', '.cc').map((path) => readFileSync(path, 'utf8')),
];

for (const name of DOCUMENTS) {
  describe(`docs/${name}`, () => {
    const quoted = quotedLines(documentText(name));
    for (const line of quoted) {
      test(line, () => {
        assert.ok(
          piecesOf(line).join('').replace(/\s/g, '').length >= LEAST_LETTERS,
          'there is something to look for',
        );
        assert.deepEqual(unsaidPieces(line), [], 'no source says this any more');
      });
    }
  });
}

describe('docs/troubleshooting.md', () => {
  const text = documentText('troubleshooting.md');
  const entries = new Set(tableEntries(text));

  test('quotes lines', () => assert.ok(quotedLines(text).length > 50));

  // One word may be a name of anything; more are somebody's words.
  for (const words of [...entries].filter((entry) => /^[^-].* /.test(entry))) {
    test(`${words} (in a table)`, () => assert.deepEqual(unsaidPieces(words), []));
  }

  test('names the rows of doctor and of status as they do', () => {
    const titles = CHECKS.map(({ title }) => title);
    const labels = [...source('commands/watcher/status-rows.ts').matchAll(/label: '([a-z ]+)'/g)].map(
      (match) => match[1] as string,
    );
    const wrong = rowsNamed(text).filter(
      ({ isDoctors, row }) => !(isDoctors ? titles : labels).includes(row),
    );
    assert.deepEqual(wrong, []);
    assert.ok(rowsNamed(text).length > 20);
  });

  test('has every class of not knowing', () => {
    const union = /export type UnknownClass =([^;]+);/.exec(
      source('interaction/client/metadata-answer.ts'),
    )?.[1];
    const asked = [...(union ?? '').matchAll(/'([a-z0-9-]+)'/g)].map((match) => match[1] as string);
    assert.ok(asked.length >= 9);
    const others = ['context', 'no-information', 'no-verdict'];
    assert.deepEqual(
      [...asked, ...others].filter((name) => !entries.has(name)),
      [],
    );
  });

  test('has every alert', () => {
    const rules = readFileSync(join(ROOT, 'docs/monitoring/alert-rules.yml'), 'utf8');
    const alerts = [...rules.matchAll(/^ *- alert: (\w+)$/gm)].map((match) => match[1] as string);
    assert.ok(alerts.length > 10);
    assert.deepEqual(
      alerts.filter((alert) => !entries.has(alert)),
      [],
    );
  });

  test('has every part that can be degraded', () => {
    const parts = SOURCES.flatMap((words) =>
      [
        ...words.matchAll(/(?:degraded|onTrouble)\('([a-z -]+)', (?!null)/g),
        ...words.matchAll(/part: '([a-z -]+)'/g),
      ].map((match) => match[1] as string),
    );
    assert.ok(new Set(parts).size >= 9, [...new Set(parts)].join());
    assert.deepEqual(
      [...new Set(parts)].filter((part) => !entries.has(part)),
      [],
    );
  });
});

test('a line that nobody says is noticed', () => {
  assert.deepEqual(unsaidPieces('<path> cannot be taken: <error>'), []);
  assert.deepEqual(unsaidPieces('the moon is in the way of <path>'), ['the moon is in the way of ']);
});

function documentText(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The lines of all boxes marked `log`. */
function quotedLines(text: string): string[] {
  const boxes = [...text.matchAll(/^```log\n(.*?)^```$/gms)].map((match) => match[1] as string);
  return [...new Set(boxes.flatMap((box) => box.trimEnd().split('\n')))];
}

/** What of a line does not vary. */
function piecesOf(line: string): string[] {
  return line.split(/<[^>]*>/).filter((piece) => piece.trim() !== '');
}

/** What no source has of it. */
function unsaidPieces(line: string): string[] {
  return piecesOf(line).filter((piece) => !SOURCES.some((words) => words.includes(piece)));
}

/** The rows that a text sends its reader to. */
function rowsNamed(text: string): { isDoctors: boolean; row: string }[] {
  return [...text.matchAll(/(`doctor`\W+)?\brows? ((?:`[^`]+`(?:, | and )?)+)/g)].flatMap(
    ([, ofDoctor, list = '']) =>
      [...list.matchAll(/`([^`]+)`/g)].map((match) => ({
        isDoctors: ofDoctor !== undefined,
        row: match[1] as string,
      })),
  );
}

/** Code in the first column of tables. */
function tableEntries(text: string): string[] {
  const cells = [...text.matchAll(/^\| ([^|]*) \|/gm)].map((match) => match[1] as string);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string));
}

function source(path: string): string {
  return readFileSync(join(ROOT, 'src', path), 'utf8');
}

function sourceFiles(directory: string, ending: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(ROOT, directory, path));
}

/** A source without its comments, in which text that was put together from parts is whole. */
function wordsOfTypeScript(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    .replace(/['"`]\s*\+\s*['"`]/g, '')
    .replace(/\\(['"`])/g, '$1');
}
