// Polls by the thousand, with a drain every few hundred: a day of them in minutes, under a clock that runs fast, or in real time.
// What the shipped program holds must be as much at the end as it was in the beginning: a line through all samples, not two of them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compilePreloaded } from '../compile.ts';
import { ask } from './control-clients.ts';
import { inWorld, type ProcessWorld } from './process-world.ts';
import { slopeOf } from './slope.ts';
import type { ProcessRow, Trial } from './trial.ts';

const DAY_S = 86_400;
const SAMPLES = 240;
/** Of the run: caches fill and code is compiled. */
const WARM_UP = 0.25;
const MEBIBYTE = 2 ** 20;
const ATTEMPTS = 20;
/** Of the slots: on a busy machine a real delay is a hundred times as long, and a slot that has passed is skipped. */
const MIN_POLLS = 0.8;

/** What may be gained in a run beyond what the line is unsure of: less than a machine's page of figures shows in a year. */
const MAX_A_RUN = {
  'resident MB': 6,
  'heap MB': 3,
  descriptors: 1,
  sockets: 1,
  threads: 0.5,
  files: 0.5,
} as const;
type Figure = keyof typeof MAX_A_RUN;
type Sample = Readonly<Record<Figure, number>>;

interface Run {
  readonly name: string;
  readonly periodS: number;
  readonly polls: number;
  /** By how much the agent's clock is faster than ours. */
  readonly speed: number;
}

export function dayRow(speed: number): ProcessRow {
  const periodS = 10;
  return longRow({
    name: `a day of polls, ${speed} times as fast`,
    periodS,
    polls: DAY_S / periodS,
    speed,
  });
}

export function realTimeRow(minutes: number): ProcessRow {
  return longRow({
    name: `polls in real time, for ${minutes} minutes`,
    periodS: 1,
    polls: minutes * 60,
    speed: 1,
  });
}

function longRow(run: Run): ProcessRow {
  return {
    name: run.name,
    stances: ['running'],
    withinMs: 0,
    isAlone: true,
    times: 1,
    attempt: (stance) => inWorld(stance, (world) => live(world, run)),
  };
}

async function live(world: ProcessWorld, { periodS, polls: expected, speed }: Run): Promise<Trial> {
  const broken: string[] = [];
  for (const state of ['draining', 'running']) world.scene.script(state, '10-trace', 'echo "$1"');
  world.boot(['--api-polling-period', String(periodS), '--log-level', 'info'], {
    env: speed === 1 ? {} : fastClock(world, speed),
  });
  const { api } = world.scene;
  await world.agent.log.waitFor('state-changed');
  const samples: [dayShare: number, sample: Sample][] = [];
  const firstPolls = api.polls.length;
  const beganMs = performance.now();
  const lastsMs = (expected * periodS * 1000) / speed;
  let drains = 0;
  for (let taken = 1; taken <= SAMPLES; taken += 1) {
    // Two samples of every ten are in a drain.
    if (taken % 10 === 4) await world.follow('draining');
    if (taken % 10 === 6) {
      await world.follow('running');
      drains += 1;
    }
    const dueMs = beganMs + (lastsMs * taken) / SAMPLES;
    await delay(Math.max(0, dueMs - performance.now()));
    // Not in a drain, which has a monitor of its own.
    if (taken % 10 >= 7 || taken % 10 < 4) samples.push([taken / SAMPLES, await sample(world)]);
  }
  const polls = api.polls.length - firstPolls;
  const steady = samples.filter(([share]) => share >= WARM_UP);
  const lines: string[] = [`${polls} polls, ${drains} drains, ${samples.length} samples`];
  for (const figure of Object.keys(MAX_A_RUN) as Figure[]) {
    const { slope, error } = slopeOf(steady.map(([share, values]) => [share, values[figure]]));
    const last = steady.at(-1)![1][figure];
    lines.push(`${figure} ${last.toFixed(1)}, ${slope.toFixed(2)} +- ${error.toFixed(2)} in all`);
    if (slope - 2 * error > MAX_A_RUN[figure]) broken.push(`${figure} grow by ${slope.toFixed(1)}`);
  }
  if (polls < expected * MIN_POLLS || polls > expected * 1.02)
    broken.push(`${polls} polls instead of ${expected}`);
  const complaints = world.agent.log.lines.filter(({ level }) => level === 'error');
  if (complaints.length > 0) broken.push(`${complaints.length} errors: ${complaints[0]?.message}`);
  const holds = world.agent.log.of('hold-began').length;
  lines.push(`${holds} holds`);
  broken.push(...(await world.broken('in the end')), ...(await world.stopped(3_000)));
  return { broken, recoveryMs: null, figures: lines.join('; ') };
}

function fastClock(world: ProcessWorld, speed: number): Record<string, string> {
  const library = compilePreloaded(join(import.meta.dirname, 'fast_clock.c'), world.scene.path('.'));
  return { LD_PRELOAD: library, FAST_CLOCK_SPEED: String(speed) };
}

async function sample(world: ProcessWorld): Promise<Sample> {
  const { pid } = world.agent;
  const text = await metrics(world);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (pattern: RegExp, from: string): number => Number(pattern.exec(from)?.[1]);
  const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return {
    'resident MB': number(/^VmRSS:\s+(\d+) kB$/m, status) / 1024,
    'heap MB': number(/^nodejs_heap_size_used_bytes (\S+)$/m, text) / MEBIBYTE,
    descriptors: targets.length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    threads: number(/^Threads:\s+(\d+)$/m, status),
    files: [world.stateDirectory, world.runtimeDirectory].flatMap((path) => readdirSync(path)).length,
  };
}

/** The five seconds that the socket gives a client are a moment here. */
async function metrics({ runtimeDirectory }: ProcessWorld): Promise<string> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return (await ask(runtimeDirectory, 'metrics')).text;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
