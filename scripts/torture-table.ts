// The table that `scripts/torture` ends with, from the rows that its rooms have left in a directory, a file for each room.
//   node_modules/.bin/node scripts/torture-table.ts DIRECTORY [--write]      --write puts it into README.md
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { basename, join } from 'node:path';
import type { Row } from '../test/torture/row.ts';
import { GeneratedPart } from './generated-part.ts';

const PART = new GeneratedPart('README.md', 'torture', 'tried by scripts/torture');

interface Room {
  readonly name: string;
  /** The day on which its run ended. */
  readonly date: string;
  readonly rows: readonly Row[];
}

const [directory, option] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: torture-table.ts DIRECTORY [--write]\n');
  process.exit(2);
}
const rooms = readdirSync(directory)
  .filter((name) => name.endsWith('.jsonl'))
  .sort()
  .map((name) => roomOf(join(directory, name)));
const table = tableOf(rooms);
process.stdout.write(`${table}\n`);
if (option === '--write') PART.write(table);

function roomOf(path: string): Room {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return {
    name: basename(path, '.jsonl'),
    date: statSync(path).mtime.toISOString().slice(0, 10),
    rows: merged(lines.map((line) => JSON.parse(line) as Row)),
  };
}

function tableOf(all: readonly Room[]): string {
  const machine = `${availableParallelism()} cores, Linux ${release()}, ${process.arch}`;
  return [
    `| fault (${machine}) | times tried | promises broken | worst recovery |`,
    '| --- | ---: | ---: | ---: |',
    ...all.flatMap(({ name, date, rows }) => [
      `| **${name}**, ${date}, ${rows.length} faults | ${cells(sumOf(rows))} |`,
      ...rows.map((row) => `| ${row.fault.replaceAll('|', '\\|')} | ${cells(row)} |`),
    ]),
  ].join('\n');
}

/** One row for each fault: a room tries it with every form of the table. */
function merged(rows: readonly Row[]): readonly Row[] {
  const byFault = Map.groupBy(rows, ({ fault }) => fault);
  return [...byFault].map(([fault, same]) => ({ ...sumOf(same), fault }));
}

function sumOf(rows: readonly Row[]): Row {
  const times = rows.reduce((sum, row) => sum + row.times, 0);
  const broken = rows.reduce((sum, row) => sum + row.broken, 0);
  const slowest = rows.flatMap(({ worstRecoveryMs }) => worstRecoveryMs ?? []);
  return { fault: '', times, broken, worstRecoveryMs: slowest.length > 0 ? Math.max(...slowest) : null };
}

function cells({ times, broken, worstRecoveryMs }: Row): string {
  const recovery = worstRecoveryMs === null ? '' : `${Math.ceil(worstRecoveryMs).toLocaleString('en')} ms`;
  return [times.toLocaleString('en'), broken, recovery].join(' | ');
}
