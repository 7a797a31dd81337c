// What an agent costs that polls every second, and that it polls in time: processor time, memory, the longest gap, and what an idle
// poll asks of the kernel; against the Python tool it replaces, re-created, in the same run. As root.
//   node_modules/.bin/node scripts/bench/polling.ts [--polls 305] [--rounds 3]
import { parseArgs } from 'node:util';
import { CpuGroup } from './polling/cpu-group.ts';
import { type Idle, measureIdle, POLLS_TRACED } from './polling/idle-memory.ts';
import { Instance } from './polling/instance.ts';
import { ProcessorTime } from './polling/processor-time.ts';
import { printRow } from './row.ts';
import { inWords, number, spreadOf } from './spread.ts';
import { ProgramsCopy } from './starts/programs-copy.ts';

const PERIOD_MS = 1_000;
/** The context is out of date that many polls before the end. */
const POLLS_AFTER_REFRESH = 5;
const MAX_MEAN_MS = 2;
const MAX_RESIDENT_MB = 64;
const MAX_PRIVATE_MB = 25;
const MAX_GAP = 1.1;
const OLD_TOOL = 'the Python tool re-created';

const { values } = parseArgs({
  options: { polls: { type: 'string', default: '305' }, rounds: { type: 'string', default: '3' } },
});
const polls = Number(values.polls);
const contextS = polls - POLLS_AFTER_REFRESH;

const closers: (() => unknown)[] = [];
try {
  const ours = await subject('agent');
  const theirs = await subject('old-tool');
  const idleInstance = await Instance.create();
  closers.push(() => idleInstance.close());
  const programs = ProgramsCopy.ofBuild();
  closers.push(() => programs.close());
  const tool = theirs.instance.startOldTool({
    contextS,
    spawns: 'alternately',
    wrapper: theirs.group.wrapper(),
  });
  ours.instance.startAgent({
    args: ['--stale-context-timeout', String(contextS)],
    wrapper: ours.group.wrapper(),
  });
  const [idle] = await Promise.all([
    measureIdle({
      instance: idleInstance,
      programs,
      old: { instance: theirs.instance, tool },
      rounds: Number(values.rounds),
    }),
    // The first one begins the first period.
    ours.instance.furtherPolls(polls + 1),
  ]).catch((error: Error) => {
    throw new Error(`${error.message}; the old tool said:\n${tool.log.text().slice(-2_000)}`);
  });
  if (ours.instance.aws.asked('lambda Invoke') < 2) throw new Error('the context was not refreshed');
  printProcessorTime(ours.time, theirs.time);
  printGap(ours.instance, theirs.instance);
  printMemory(idle);
  printCalls(idle);
} finally {
  for (const close of closers.toReversed()) await close();
}

interface Subject {
  readonly instance: Instance;
  readonly group: CpuGroup;
  readonly time: ProcessorTime;
}

async function subject(name: string): Promise<Subject> {
  const group = CpuGroup.create(name);
  closers.push(() => group.remove());
  const instance = await Instance.create();
  closers.push(() => instance.close());
  return { instance, group, time: new ProcessorTime(instance, group) };
}

function printProcessorTime(ours: ProcessorTime, theirs: ProcessorTime): void {
  const own = spreadOf(ours.eachPollMs());
  const each = theirs.eachPollMs();
  // The tool looks at the firewall after every other poll, the second one first.
  const withLook = spreadOf(each.filter((_, index) => index % 2 === 1));
  const without = spreadOf(each.filter((_, index) => index % 2 === 0));
  const words = `${inWords(own, 'ms')}; on average ${number(ours.meanMs())} ms, a refresh of the context included`;
  printRow({
    what: 'processor time of a poll, every second, signed, over kept TLS',
    against: `${OLD_TOOL}, with its two processes a poll (published, measured elsewhere: 4.7 ms)`,
    ours: words,
    theirs: inWords(withLook, 'ms'),
    ratio: `${number(own.median / withLook.median)} ×`,
    target: `≤ ${MAX_MEAN_MS} ms on average`,
    isMet: ours.meanMs() <= MAX_MEAN_MS,
  });
  printRow({
    what: 'the same',
    against: `${OLD_TOOL}, when it asks without a look at the firewall`,
    ours: words,
    theirs: inWords(without, 'ms'),
    ratio: `${number(own.median / without.median)} ×`,
    target: '',
    isMet: null,
  });
}

function printGap(ours: Instance, theirs: Instance): void {
  const own = longestGapS(ours);
  const other = longestGapS(theirs);
  printRow({
    what: `longest gap between two polls, period ${PERIOD_MS / 1000} s, a refresh of the context included`,
    against: `${OLD_TOOL} (it pauses for 5 s before it finds everything out again)`,
    ours: `${number(own)} s, of ${ours.pollsAtMs.length} polls`,
    theirs: `${number(other)} s, of ${theirs.pollsAtMs.length} polls`,
    ratio: `${number(own / other)} ×`,
    target: `≤ ${MAX_GAP} periods`,
    isMet: own * 1000 <= MAX_GAP * PERIOD_MS,
  });
}

function longestGapS({ pollsAtMs }: Instance): number {
  return Math.max(...pollsAtMs.slice(1).map((at, index) => at - pollsAtMs[index]!)) / 1000;
}

function printMemory({ ours, theirs }: Idle): void {
  const all = spreadOf(ours.map(({ allMb }) => allMb));
  const theirAll = spreadOf(theirs.map(({ allMb }) => allMb));
  printRow({
    what: 'resident memory after a forced discovery and 60 polls',
    against: `${OLD_TOOL} (published, measured elsewhere: 64 MB)`,
    ours: inWords(all, 'MB'),
    theirs: inWords(theirAll, 'MB'),
    ratio: `${number(all.median / theirAll.median)} ×`,
    target: `≤ ${MAX_RESIDENT_MB} MB`,
    isMet: all.median <= MAX_RESIDENT_MB,
  });
  const own = spreadOf(ours.map(({ privateDirtyMb, privateCleanMb }) => privateDirtyMb + privateCleanMb));
  const other = spreadOf(theirs.map(({ privateDirtyMb, privateCleanMb }) => privateDirtyMb + privateCleanMb));
  const parts = (of: Idle['ours']): string => {
    const dirty = spreadOf(of.map(({ privateDirtyMb }) => privateDirtyMb));
    const clean = spreadOf(of.map(({ privateCleanMb }) => privateCleanMb));
    return `${number(dirty.median)} MB written, ${number(clean.median)} MB of files that only it maps`;
  };
  printRow({
    what: 'of that, private',
    against: `${OLD_TOOL} (published, measured elsewhere: 50 MB)`,
    ours: `${inWords(own, 'MB')}: ${parts(ours)}`,
    theirs: `${inWords(other, 'MB')}: ${parts(theirs)}`,
    ratio: `${number(own.median / other.median)} ×`,
    target: `≤ ${MAX_PRIVATE_MB} MB`,
    isMet: own.median <= MAX_PRIVATE_MB,
  });
}

function printCalls({ calls }: Idle): void {
  const { processes, diskWrites, looks, nftablesBytes, offenders } = calls;
  for (const call of offenders) process.stderr.write(`not idle: ${call}\n`);
  printRow({
    what: `what ${POLLS_TRACED} idle polls ask of the kernel, every call seen`,
    against: '',
    ours: `${processes} processes, ${diskWrites} disk writes, ${looks} looks at our table, answered with ${number(nftablesBytes / Math.max(1, looks))} bytes each`,
    theirs: '',
    ratio: '',
    target: 'no process, no disk write, at most one bounded look at our own table a poll',
    isMet: processes === 0 && diskWrites === 0 && looks <= POLLS_TRACED,
  });
}
