// Everything that scripts can do to an agent, as often as told: one line of JSON a fault, and what was promised and not kept.
//   node_modules/.bin/node test/torture/hooks/run.ts [--times 1] [--only 'regular expression']
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { printRow, type Row } from '../row.ts';
import { ENDING_FAULTS, tryEnding } from './endings.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { HookWorld } from './hook-world.ts';
import { Latencies } from './latencies.ts';
import { compilePortWatch } from './port-watch.ts';
import { tryStorm } from './storm.ts';
import { firstLine, type Trial, tryFault } from './try-fault.ts';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});
const times = Number(values.times);
const only = new RegExp(values.only);

/** Long enough for whatever ends by itself. */
const TIMEOUT_S = 60;
const STORM = 'state changes at every poll while a script hangs';

const latencies = new Latencies();
/** What is late for another reason than the fault is not so every time. */
const MAX_TRIES = 3;
const scratch = temporaryDirectory();
const portWatch = compilePortWatch(scratch.path);
let isBroken = false;
let worstGapMs = 0;
try {
  for (const timeoutS of new Set(FAULTS.map((fault) => fault.timeoutS ?? TIMEOUT_S))) {
    const faults = FAULTS.filter((one) => (one.timeoutS ?? TIMEOUT_S) === timeoutS && only.test(one.name));
    await tryAll(faults, timeoutS);
  }
  if (only.test(STORM)) {
    await within(async (world) => {
      await world.start(TIMEOUT_S);
      await warmUp(world);
      tell(STORM, await tryOften(() => tryStorm(world, latencies)));
    });
  }
  for (const fault of ENDING_FAULTS.filter(({ name }) => only.test(name)))
    await within(async (world) => tell(fault.name, await tryOften(() => tryEnding(world, fault))));
} finally {
  scratch.close();
}
process.stderr.write(
  `from the API's answer to the first SYN treated so: ${latencies.summary()}; ${Math.round(worstGapMs)} ms at most between polls\n`,
);
process.exitCode = isBroken ? 1 : 0;

/** First all in the scripts of one state, then of the other; in a new world after a promise that was not kept. */
async function tryAll(faults: readonly Fault[], timeoutS: number): Promise<void> {
  const trials = new Map<Fault, Trial[]>(faults.map((fault) => [fault, []]));
  for (const state of ['draining', 'running'] as const) {
    const left = [...faults];
    while (left.length > 0) {
      await within(async (world) => {
        await world.start(timeoutS);
        await warmUp(world);
        for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
          const these = await tryOften(() => tryFault(world, fault as Fault, state, latencies));
          trials.get(fault)!.push(...these);
          if (these.some(({ broken }) => broken.length > 0)) return;
        }
      });
    }
  }
  for (const [{ name }, these] of trials) tell(name, these);
}

/** As often as told, until a promise is not kept. */
async function tryOften(attempt: () => Promise<Trial>): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (let round = 0; round < times; round += 1) {
    trials.push(...(await timely(attempt)));
    if (trials.at(-1)!.broken.length > 0) break;
  }
  return trials;
}

/** An agent's first changes are slower than all others; the next ones are what the first trial is held against. */
async function warmUp(world: HookWorld): Promise<void> {
  for (const to of ['draining', 'running'] as const) await world.flip(to);
  for (const to of ['draining', 'running'] as const) {
    const { change, tookMs } = await world.flip(to);
    latencies.addSound(to, tookMs);
    await world.completed(change);
  }
}

/** Tries again what was late; only the last one's lateness counts. */
async function timely(attempt: () => Promise<Trial>): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (;;) {
    const trial = await attempt().catch(
      (error): Trial => ({ broken: [firstLine(error)], late: [], addedMs: null, worstGapMs: 0 }),
    );
    const isLast = trial.late.length === 0 || trial.broken.length > 0 || trials.length + 1 === MAX_TRIES;
    trials.push(isLast ? { ...trial, broken: [...trial.broken, ...trial.late] } : trial);
    if (isLast) return trials;
  }
}

function tell(fault: string, trials: readonly Trial[]): void {
  const broken = trials.flatMap((trial) => trial.broken);
  for (const what of broken) process.stderr.write(`${fault}: ${what}\n`);
  isBroken ||= broken.length > 0;
  worstGapMs = Math.max(worstGapMs, ...trials.map((trial) => trial.worstGapMs));
  const row: Row = { fault, times: trials.length, broken: broken.length, worstRecoveryMs: null };
  printRow(row);
}

async function within(work: (world: HookWorld) => Promise<void>): Promise<void> {
  const world = await HookWorld.create(portWatch);
  try {
    await work(world);
  } finally {
    await world.close();
  }
}
