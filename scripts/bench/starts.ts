// How long the agent takes from the start of its process to the first signed poll, as the API receives it over TLS, and to READY,
// with its files in the page cache and not; against the Python tool it replaces, re-created, in the same run. As root.
// What starts is the tarball of `scripts/package` where that is of the same build as dist/, else dist/.
//   node_modules/.bin/node scripts/bench/starts.ts [--rounds 12] [--cold-rounds 6]
import { parseArgs } from 'node:util';
import { Instance } from './polling/instance.ts';
import { printRow } from './row.ts';
import { inWords, number, spreadOf } from './spread.ts';
import { ProgramsCopy } from './starts/programs-copy.ts';
import { type AgentTimes, TimedStart } from './starts/timed-start.ts';

const MAX_WITH_CONTEXT_MS = 250;
const MAX_FIRST_BOOT_MS = 600;
const OLD_TOOL =
  'the Python tool re-created, which keeps nothing (published, measured elsewhere: 300 to 500 ms)';
const COLD = 'its files not in the page cache';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, 'cold-rounds': { type: 'string', default: '6' } },
});
const rounds = Number(values.rounds);
const coldRounds = Number(values['cold-rounds']);

const closers: (() => unknown)[] = [];
try {
  const programs = ProgramsCopy.ofPackage();
  closers.push(() => programs.close());
  const instance = await Instance.create();
  closers.push(() => instance.close());
  const starts = await TimedStart.create(instance, programs);
  closers.push(() => starts.close());
  const warm = { firstBoot: [] as AgentTimes[], withContext: [] as AgentTimes[] };
  const cold = { firstBoot: [] as AgentTimes[], withContext: [] as AgentTimes[] };
  const oldMs: number[] = [];
  // Fills the page cache.
  await starts.atFirstBoot();
  await starts.oldToolMs();
  for (let round = 0; round < rounds; round += 1) {
    warm.firstBoot.push(await starts.atFirstBoot());
    oldMs.push(await starts.oldToolMs());
    warm.withContext.push(await starts.withContext());
  }
  for (let round = 0; round < coldRounds; round += 1) {
    programs.evict();
    cold.firstBoot.push(await starts.atFirstBoot());
    programs.evict();
    cold.withContext.push(await starts.withContext());
  }
  printToPoll('start to the first signed poll, with the context of an earlier start', warm.withContext, {
    oldMs,
    mostMs: MAX_WITH_CONTEXT_MS,
  });
  printToPoll('the same at first boot: nothing known', warm.firstBoot, { oldMs, mostMs: MAX_FIRST_BOOT_MS });
  printToPoll(`with the context of an earlier start, ${COLD}`, cold.withContext);
  printToPoll(`at first boot, ${COLD}`, cold.firstBoot);
  printAlone('start to READY', readyTimes([...warm.withContext, ...warm.firstBoot]));
  printAlone(`start to READY, ${COLD}`, readyTimes([...cold.withContext, ...cold.firstBoot]));
  printAlone('what is installed', sizes(programs));
} finally {
  for (const close of closers.toReversed()) await close();
}

interface Comparison {
  readonly oldMs: readonly number[];
  readonly mostMs: number;
}

function printToPoll(what: string, times: readonly AgentTimes[], comparison?: Comparison): void {
  const own = spreadOf(times.map(({ toPollMs }) => toPollMs));
  if (comparison === undefined) {
    printAlone(what, inWords(own, 'ms'));
    return;
  }
  const old = spreadOf(comparison.oldMs);
  printRow({
    what,
    against: OLD_TOOL,
    ours: inWords(own, 'ms'),
    theirs: inWords(old, 'ms'),
    ratio: `${number(own.median / old.median)} ×`,
    target: `≤ ${comparison.mostMs} ms`,
    isMet: own.median <= comparison.mostMs,
  });
}

function printAlone(what: string, ours: string): void {
  printRow({ what, against: '', ours, theirs: '', ratio: '', target: '', isMet: null });
}

function readyTimes(times: readonly AgentTimes[]): string {
  return inWords(spreadOf(times.map(({ toReadyMs }) => toReadyMs)), 'ms');
}

function sizes(programs: ProgramsCopy): string {
  const megabytes = (bytes: number): string => `${number(bytes / 1e6)} MB`;
  const tarball =
    programs.tarballBytes === null ? '' : `, from a tarball of ${megabytes(programs.tarballBytes)}`;
  return `${megabytes(programs.bytes())}${tarball}`;
}
