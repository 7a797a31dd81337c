// Little to live on: descriptors, processor time, no time at all, and a runtime directory that is gone.
import { readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Cgroup } from './cgroup.ts';
import { ask, openIdle } from './control-clients.ts';
import { inWorld, type ProcessWorld, STANCES } from './process-world.ts';
import type { ProcessRow, Trial } from './trial.ts';

const DESCRIPTORS = 64;
const CLIENTS = 50;
const STOPPED_MS = 10_000;
const PROCESSOR_SHARE = 0.05;
/** systemd's TimeoutStopSec in the unit. */
const STOP_WITHIN_MS = 30_000;
/** A period, the deadline of a poll that was under way, and what a busy machine adds. */
const AFTER_STOP_MS = 1_000 + 3_000 + 1_500;
/** A fifth of a poll's work is done in each of its periods. */
const STARVED_MS = 20_000;

/** Runs the steps of a row; what they throw is a promise that was not kept. */
async function noting(work: (broken: string[]) => Promise<number | null>): Promise<Trial> {
  const broken: string[] = [];
  let recoveryMs: number | null = null;
  try {
    recoveryMs = await work(broken);
  } catch (error) {
    broken.push(error instanceof Error ? error.message.slice(0, 500) : String(error));
  }
  return { broken, recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs) };
}

async function followBoth(world: ProcessWorld): Promise<number> {
  const took = [await world.follow(world.opposite), await world.follow(world.stance)];
  return Math.max(...took);
}

function complaintsOf(world: ProcessWorld, from: number): string[] {
  return world.told(from).map(({ event, message }) => `${event}: ${message}`);
}

async function fewDescriptors(world: ProcessWorld): Promise<Trial> {
  return noting(async (broken) => {
    for (const state of STANCES)
      for (const name of ['10-a', '20-b']) world.scene.script(state, name, 'echo "$1"');
    const wrapper = ['prlimit', `--nofile=${DESCRIPTORS}`, '--'];
    await world.start(['--metrics-listen', '127.0.0.1:9899', '--health-listen', '127.0.0.1:9898'], {
      wrapper,
    });
    await world.agent.log.waitFor('state-changed');
    const from = world.agent.log.lines.length;
    const table = await world.ruleset();
    let idle: readonly Socket[] = openIdle(world.runtimeDirectory, CLIENTS);
    try {
      await world.scene.api.further(2);
      broken.push(...(await world.broken('with idle clients', table)));
      // The agent ends what says nothing: new ones take the places.
      for (let round = 0; round < 3; round += 1) {
        await followBoth(world);
        for (const socket of idle) socket.destroy();
        idle = openIdle(world.runtimeDirectory, CLIENTS);
      }
    } finally {
      for (const socket of idle) socket.destroy();
    }
    await world.until('a status', async () => (await ask(world.runtimeDirectory, 'status')).status === 200);
    const answers = await Promise.allSettled(
      Array.from({ length: CLIENTS }, () => ask(world.runtimeDirectory, 'status')),
    );
    const answered = answers.filter((one) => one.status === 'fulfilled' && one.value.status === 200).length;
    if (answered === 0) broken.push('none of 50 clients at once was answered');
    await followBoth(world);
    const open = readdirSync(`/proc/${world.agent.pid}/fd`).length;
    const scripts = world.agent.log.of('hook-finished');
    const failed = scripts.filter(({ exit }) => exit !== 0).length;
    if (scripts.length === 0 || failed > 0) broken.push(`${failed} of ${scripts.length} scripts failed`);
    const told = complaintsOf(world, from);
    if (told.length > 0) broken.push(`lines: ${told.join(' | ')}`);
    broken.push(...(await world.broken('afterwards')), ...(await world.stopped(2_000)));
    process.stderr.write(`descriptors: ${open} open, ${answered} of ${CLIENTS} clients at once answered\n`);
    return null;
  });
}

function starved(world: ProcessWorld): Promise<Trial> {
  return noting(async (broken) => {
    const group = Cgroup.create(`cpu-${world.stance}`, { processorShare: PROCESSOR_SHARE });
    world.after(() => group.remove());
    world.scene.script('draining', '10-trace', 'echo "$1"');
    world.boot([], { wrapper: group.wrapper() });
    await world.agent.log.waitFor('started', 0, STOP_WITHIN_MS);
    await world.follow(world.stance);
    const tookMs = await followBoth(world);
    broken.push(...(await world.broken('in the end')), ...(await world.stopped(STOP_WITHIN_MS)));
    return tookMs;
  });
}

function frozen(world: ProcessWorld): Promise<Trial> {
  return noting(async (broken) => {
    await world.start();
    await world.scene.api.further(2);
    const table = await world.ruleset();
    world.agent.signal('SIGSTOP');
    // Long enough for the deadlines of all that it had under way.
    await delay(STOPPED_MS);
    broken.push(...(await world.broken('while it is stopped', table)));
    world.agent.signal('SIGCONT');
    const tookMs = await world.follow(world.opposite);
    await world.follow(world.stance);
    broken.push(...(await world.broken('afterwards')), ...(await world.stopped(2_000)));
    return tookMs;
  });
}

function withoutRuntimeDirectory(world: ProcessWorld): Promise<Trial> {
  return noting(async (broken) => {
    await world.start();
    await world.scene.api.further(2);
    const table = await world.ruleset();
    rmSync(world.runtimeDirectory, { recursive: true });
    await world.scene.api.further(2);
    broken.push(...(await world.broken('without it', table)));
    await followBoth(world);
    if ((await world.status()) !== null) broken.push('somebody answers at a socket that is gone');
    broken.push(...(await world.broken('afterwards')), ...(await world.stopped(2_000)));
    return null;
  });
}

const row = (
  name: string,
  withinMs: number,
  work: (world: ProcessWorld) => Promise<Trial>,
  isAlone = false,
): ProcessRow => ({
  name,
  stances: STANCES,
  withinMs,
  ...(isAlone ? { isAlone } : {}),
  attempt: (stance) => inWorld(stance, work),
});

export const LIMIT_ROWS: readonly ProcessRow[] = [
  row('64 descriptors, 50 clients', 0, fewDescriptors),
  row('5 % of a processor', STARVED_MS, starved, true),
  row('stopped for ten seconds', AFTER_STOP_MS, frozen),
  row('runtime directory removed', 0, withoutRuntimeDirectory),
];
