// The table that `scripts/bench/run` ends with, from the rows that its programs have left in a directory, a file for each.
//   node_modules/.bin/node scripts/bench/benchmarks-table.ts DIRECTORY [--write] PROGRAM...
// --write puts it into BENCHMARKS.md
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GeneratedPart } from '../generated-part.ts';
import type { Row } from './row.ts';

const PART = new GeneratedPart('BENCHMARKS.md', 'benchmarks', 'measured by scripts/bench/run');
const GIBIBYTE = 2 ** 30;

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [directory = '', ...programs] = positionals;
const files = programs
  .map((program) => ({ program, path: join(directory, `${program}.jsonl`) }))
  .filter(({ path }) => existsSync(path));
const text = [
  ...machine(),
  '',
  '| what | measured | against | its figure | ratio | target | met |',
  '| --- | --- | --- | --- | ---: | ---: | --- |',
  ...files.flatMap(({ program, path }) => [
    `| **${program}**, ${statSync(path).mtime.toISOString().slice(0, 10)} | | | | | | |`,
    ...rowsOf(path).map(line),
  ]),
].join('\n');
process.stdout.write(`${text}\n`);
if (values.write) PART.write(text);

function rowsOf(path: string): readonly Row[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((json) => JSON.parse(json) as Row);
}

function line({ what, against, ours, theirs, ratio, target, isMet }: Row): string {
  const met = isMet === null ? '' : isMet ? 'yes' : '**no**';
  const cells = [what, ours, against, theirs, ratio, target, met];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function machine(): string[] {
  const version = (...command: [string, ...string[]]): string => {
    const [program, ...args] = command;
    return execFileSync(program, args, { encoding: 'utf8' }).split('\n')[0]!.trim();
  };
  return [
    `- ${availableParallelism()} processors (${cpus()[0]?.model.trim()}), ${(totalmem() / GIBIBYTE).toFixed(1)} GiB of memory, Linux ${release()}, ${process.arch}`,
    `- Node.js ${process.version}, ${version('nft', '--version')}, ${version('iptables', '--version')}, ${version('haproxy', '-v')}, ${version('python3', '--version')}`,
  ];
}
