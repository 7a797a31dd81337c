// How long after the API's answer that says draining the last connection is accepted, by number of port ranges; beside it the way of
// the Python tool. All instances are there all the time and are measured one at a time, in turn.
//   node_modules/.bin/node scripts/bench/reaction.ts [--seconds 46]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../../test/fixtures/programs.ts';
import { compileProgram } from '../../test/torture/compile.ts';
import { type Closing, DrainedInstance } from './reaction/drained-instance.ts';
import { printRow } from './row.ts';
import { inWords, number, spreadOf } from './spread.ts';

interface Case {
  readonly ranges: number;
  readonly targetMs: number;
  /** How often the old tool closes so many at most: N + 4 processes take their time. */
  readonly oldTimes: number;
}

const CASES: readonly Case[] = [
  { ranges: 1, targetMs: 3, oldTimes: 20 },
  { ranges: 16, targetMs: 3, oldTimes: 20 },
  { ranges: 256, targetMs: 3, oldTimes: 6 },
  { ranges: 1_024, targetMs: 6, oldTimes: 2 },
];
/** For each number of ranges, as one process polls only once a second. */
const AGENTS = 2;
const PUBLISHED = '9 to 399 ms measured of the tool elsewhere';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '46' } } });
const durationMs = Number(values.seconds) * 1_000;
const directory = temporaryDirectory();
try {
  const program = compileProgram(join(import.meta.dirname, 'reaction/instance.c'), directory.path);
  const lock = join(directory.path, 'lock');
  writeFileSync(lock, '');
  const endsAtMs = performance.now() + durationMs;
  const outcomes = await Promise.allSettled(
    CASES.flatMap(({ ranges, oldTimes }) => [
      ...Array.from({ length: AGENTS }, () => reactions('agent', ranges, Number.POSITIVE_INFINITY)),
      reactions('old tool', ranges, oldTimes),
    ]),
  );
  const measured = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  for (const { ranges, targetMs } of CASES) {
    const agents = measured.splice(0, AGENTS);
    report(ranges, targetMs, agents, measured.shift()!);
  }

  /** Milliseconds from the answer to the last connection accepted, until it is time to end or it was measured so many times. */
  async function reactions(closing: Closing, ranges: number, times: number): Promise<number[]> {
    const instance = await DrainedInstance.create({ closing, ranges, program, lock });
    const tookMs: number[] = [];
    try {
      while (tookMs.length < times && (tookMs.length === 0 || performance.now() < endsAtMs)) {
        const { afterMs, accepted } = await instance.drain();
        tookMs.push(afterMs);
        process.stderr.write(`${closing}, ${ranges}: ${number(afterMs)} ms, ${accepted} accepted\n`);
        await instance.open();
      }
      return tookMs;
    } finally {
      await instance.close();
    }
  }
} finally {
  directory.close();
}

function report(
  ranges: number,
  targetMs: number,
  agents: readonly (readonly number[])[],
  oldTool: readonly number[],
): void {
  const [ours, theirs] = [spreadOf(agents.flat()), spreadOf(oldTool)];
  const firsts = agents.map(([first]) => number(first!)).join(' and ');
  printRow({
    what: `API answer to the last SYN accepted, ${ranges.toLocaleString('en')} ${ranges === 1 ? 'range' : 'ranges'}, IPv4 and IPv6`,
    against: `the old tool's way, re-created: ${(ranges + 4).toLocaleString('en')} iptables processes, IPv4 only (${PUBLISHED})`,
    ours: `${inWords(ours, 'ms')}; ${firsts} ms the first time of a process`,
    theirs: inWords(theirs, 'ms'),
    ratio: `${number(theirs.median / ours.median)} × faster`,
    target: `≤ ${targetMs} ms`,
    isMet: ours.median <= targetMs,
  });
}
