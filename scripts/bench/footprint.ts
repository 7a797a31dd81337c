// What the packaged agent costs an instance: the size of its tarball, the time from start to READY with and without its files
// in the page cache, and its memory after a minute of polls. Needs `scripts/package` first; as root.
//   node_modules/.bin/node scripts/bench/footprint.ts [--write]      --write puts the figures between their markers in README.md
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { receiveNotifications } from '../../test/e2e/agent/notify-socket.ts';
import { LogLines } from '../../test/fixtures/log-lines.ts';
import { createNamespace } from '../../test/fixtures/netns.ts';
import { GeneratedPart } from '../generated-part.ts';
import { askEverySecond, KEY, NO_OPTIONS, startApi } from '../../test/fixtures/programs.ts';

const ROOT = join(import.meta.dirname, '../..');
const PART = new GeneratedPart('README.md', 'footprint', 'measured by scripts/bench/footprint.ts');
const STARTS = 15;
const POLLS = 60;
const MEGABYTE = 1_000_000;

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const tarball = join(ROOT, `build/package/${manifest.name}-${manifest.version}-linux-${process.arch}.tar.xz`);
const work = mkdtempSync(join(tmpdir(), 'footprint-'));
const namespace = await createNamespace();
try {
  // Unpacked anew: nothing else has these very files in the page cache.
  execFileSync('tar', ['-xJf', tarball, '-C', work]);
  const tree = join(work, readdirSync(work)[0] as string);
  const cold = await startsOf(tree, true);
  const warm = await startsOf(tree, false);
  const memory = await idleMemory(tree);
  const table = tableOf([
    ['tarball', `${inMegabytes(statSync(tarball).size)}; unpacked ${inMegabytes(sizeOf(tree))}`],
    ['start to READY, files not in the page cache', inWords(cold)],
    ['start to READY, files in the page cache', inWords(warm)],
    [
      `memory after ${POLLS} signed polls`,
      `${inMegabytes(memory.resident)} resident, of which ${inMegabytes(memory.private)} private`,
    ],
  ]);
  process.stdout.write(`${table}\n`);
  if (process.argv.includes('--write')) PART.write(table);
} finally {
  await namespace.close();
  rmSync(work, { recursive: true, force: true });
}

/** Milliseconds from the start of the process to READY=1, with nothing to ask on the network. */
async function startsOf(tree: string, isCold: boolean): Promise<Spread> {
  const tookMs: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    if (isCold) evict(tree);
    const path = join(work, 'notify.sock');
    const manager = await receiveNotifications(path);
    const startedMs = performance.now();
    const agent = startPackaged(tree, [], { NOTIFY_SOCKET: path });
    await manager.lines.waitFor((line) => line.message === 'READY=1');
    tookMs.push(performance.now() - startedMs);
    await end(agent);
    await manager.close();
    rmSync(path);
  }
  return spread(tookMs);
}

async function idleMemory(tree: string): Promise<{ resident: number; private: number }> {
  const directory = join(work, 'api');
  mkdirSync(directory);
  const api = await startApi({ namespace, directory });
  const agent = startPackaged(tree, [...askEverySecond(api), '--log-level', 'debug'], KEY);
  try {
    const log = new LogLines(agent.stderr!);
    await log.waitFor(() => log.of('polled').length >= POLLS, 0, (POLLS + 30) * 1_000);
    const sum = (name: string, text: string): number =>
      1024 *
      [...text.matchAll(new RegExp(`^${name}: +(\\d+) kB$`, 'gm'))].reduce(
        (all, [, kB]) => all + Number(kB),
        0,
      );
    const rollup = readFileSync(`/proc/${agent.pid}/smaps_rollup`, 'utf8');
    return { resident: sum('Rss', rollup), private: sum('Private_(?:Clean|Dirty)', rollup) };
  } finally {
    await end(agent);
    await api.kill();
  }
}

function startPackaged(
  tree: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const own = ['--state-dir', join(work, 'state'), '--runtime-dir', join(work, 'run')];
  return namespace.spawn(join(tree, 'bin/cs-instance-watcher'), [...own, '--log-format', 'json', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      AWS_EC2_METADATA_DISABLED: 'true',
      CS_CONFIG: NO_OPTIONS,
      ...env,
    },
  });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.stderr?.resume();
  child.kill('SIGTERM');
  await ended;
}

/** Asks the kernel to forget the files' pages, as at the first start after a boot. */
function evict(tree: string): void {
  execFileSync('sync', ['-f', tree]);
  execFileSync('find', [
    tree,
    '-type',
    'f',
    '-exec',
    'dd',
    'if={}',
    'iflag=nocache',
    'count=0',
    'status=none',
    ';',
  ]);
}

function sizeOf(tree: string): number {
  return Number(execFileSync('du', ['-sb', tree], { encoding: 'utf8' }).split('\t')[0]);
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
}

function inWords({ median, least, most }: Spread): string {
  const [middle, low, high] = [median, least, most].map((ms) => Math.round(ms));
  return `${middle} ms (${low} to ${high}, ${STARTS} starts)`;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

function tableOf(rows: readonly (readonly [string, string])[]): string {
  const machine = `${availableParallelism()} cores, Linux ${release()}, ${process.arch}`;
  const today = new Date().toISOString().slice(0, 10);
  return [
    `| ${manifest.name} ${manifest.version} | ${today}, ${machine} |`,
    '| --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}
