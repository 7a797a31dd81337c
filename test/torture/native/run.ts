// run.ts BUILD [SECONDS [TARGET...]]: runs the fuzz targets of BUILD/native and the torture by worker threads, and prints one row
// of the table of faults as a line of JSON for each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNamespace } from '../../fixtures/netns.ts';
import { printRow, type Row } from '../row.ts';

const seeds = fileURLToPath(new URL('./seeds/', import.meta.url));
const workers = fileURLToPath(new URL('./workers-program.ts', import.meta.url));
const workerRounds = 1000;

const [build, secondsText = '600', ...chosen] = process.argv.slice(2);
const seconds = Number(secondsText);
if (build === undefined || !Number.isInteger(seconds) || seconds < 0) {
  process.stderr.write('usage: run.ts BUILD [SECONDS [TARGET...]]\n');
  process.exit(2);
}

/** libFuzzer ends at the first input that breaks the target and leaves it in `crashes`, so `broken` is 0 or 1. */
async function fuzz(target: string): Promise<Row> {
  const corpus = join(build!, 'corpus', target);
  const crashes = join(build!, 'crashes');
  await mkdir(corpus, { recursive: true });
  await mkdir(crashes, { recursive: true });
  // The largest seed has 9 KiB. One input takes milliseconds: 10 s is a loop that ends nowhere.
  const limits = ['-max_len=12288', '-timeout=10', '-rss_limit_mb=2048'];
  const effort = seconds === 0 ? '-runs=0' : `-max_total_time=${seconds}`;
  const log = join(crashes, `${target}.log`);
  const output = createWriteStream(log);
  await once(output, 'open');
  const child = spawn(
    'unshare',
    [
      ...['--net', '--', join(build!, 'native', target), ...limits, effort],
      ...[`-artifact_prefix=${crashes}/${target}-`, '-print_final_stats=1', corpus, join(seeds, target)],
    ],
    { stdio: ['ignore', output, output] },
  );
  const [status] = await once(child, 'exit');
  output.close();
  const executed = /^stat::number_of_executed_units:\s*(\d+)$/m.exec(await readFile(log, 'utf8'))?.[1];
  if (status !== 0) process.stderr.write(`${target}: ended with ${status}; see ${log}\n`);
  const broken = status === 0 && Number(executed) > 0 ? 0 : 1;
  return {
    fault: `malformed replies: ${target}`,
    times: Number(executed ?? 0),
    broken,
    worstRecoveryMs: null,
  };
}

async function loadInWorkers(): Promise<Row> {
  const namespace = await createNamespace();
  const fault = 'addon loaded and unloaded in a worker thread';
  try {
    const args = ['--expose-gc', workers, String(workerRounds), resolve(build!, 'live_memory.node')];
    const printed = await namespace.run(process.execPath, args);
    return { fault, worstRecoveryMs: null, ...(JSON.parse(printed) as { times: number; broken: number }) };
  } catch (error) {
    process.stderr.write(`${error}\n`);
    return { fault, times: workerRounds, broken: 1, worstRecoveryMs: null };
  } finally {
    await namespace.close();
  }
}

const report = (row: Row) => {
  printRow(row);
  if (row.broken > 0) process.exitCode = 1;
};

const targets = chosen.length > 0 ? chosen : (await readdir(seeds)).sort();
for (const target of targets) report(await fuzz(target));
if (chosen.length === 0) report(await loadInWorkers());
