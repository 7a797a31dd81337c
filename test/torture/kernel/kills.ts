// The agent is killed at every call of closing and opening the ports in turn, and started again.
import type { LogLine } from '../../fixtures/log-lines.ts';
import type { FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import type { Fault } from './netlink-faults.ts';
import {
  APPLY,
  brokenBy,
  brokenByTable,
  logOf,
  monotonicMs,
  type Phase,
  REMOVE,
  REPLACE,
  SETTLE_MS,
  startProbe,
  troubles,
} from './phases.ts';

const KILL: Fault = { action: 'kill', countsFiles: true };

/**
 * Killed when the table is gone and the record still says `refusing`, the next agent cannot tell whether that was its own work or
 * somebody else's: it holds what is recorded, closed, until it has heard the API. That is one period at most where the API works.
 */
const MOST_FLIPS_OPENING = 3;

async function tryKilled(world: FaultWorld, phase: Phase, at: number, expected: string | null): Promise<Try> {
  await phase.before(world);
  const handle = await world.tableHandle();
  const killed = world.agent;
  const from = killed.log.lines.length;
  await startProbe(world, phase);
  world.faults.arm(KILL, at);
  await phase.act(world);
  const survived = isDone(world, phase, from).catch(() => {});
  await Promise.race([killed.ended, survived]);
  const { hit } = world.faults;
  world.faults.disarm();
  const broken: string[] = [];
  let restarted: FaultWorld['agent'] | null = null;
  let isGone = false;
  if (hit !== null) {
    await killed.ended;
    isGone = (await world.table()) === null;
    restarted = world.start();
    try {
      // Killed after the last change of the kernel, there is nothing left to do but to hear the API.
      const isHeard = ({ event }: LogLine) => event === 'state-changed' || event === 'state-confirmed';
      await restarted.log.waitFor(isHeard, 0, SETTLE_MS);
      if (phase.hasTable) await isDone(world, phase, 0);
    } catch (error) {
      broken.push((error as Error).message.split('\n')[0]!);
    }
  }
  const recoveryMs = hit === null ? 0 : monotonicMs() - hit.atMs;
  const seen = await world.stopProbe();
  const isTwoMore = phase === REMOVE && isGone && seen.flips === MOST_FLIPS_OPENING;
  const flips = isTwoMore ? phase.flips : seen.flips;
  broken.push(...brokenBy({ ...seen, flips }, phase), ...(await world.talk()));
  broken.push(...(await brokenByTable(world, phase, expected, handle)));
  // That scripts of the change were not run, or not to their end, is to be told.
  const told = troubles(restarted?.log.lines ?? []).filter(
    ({ event }) => event?.startsWith('hook-') !== true,
  );
  if (told.length > 0) broken.push('it complains');
  const call = hit === null ? null : `${hit.call}${seen.flips > 1 ? `, ${seen.flips} flips` : ''}`;
  const log = [logOf(killed.log.lines.slice(from)), logOf(restarted?.log.lines ?? [])].join('\n');
  return { call, recoveryMs, broken, log };
}

async function isDone({ agent }: FaultWorld, phase: Phase, from: number): Promise<void> {
  await agent.log.waitFor(phase.done, from, SETTLE_MS);
  if (phase.hasTable) await agent.log.waitFor('connections', from, SETTLE_MS);
}

export const KILL_ROWS: readonly FaultRow[] = [
  {
    name: 'apply, remove: killed at a call, and started again',
    promise:
      'all ports open or all closed at every moment, as it should be after the first answer; until then as recorded: ' +
      'killed between removing the table and recording it, closed once more',
    async prepare(world) {
      const table = await world.drain();
      await world.open();
      return table;
    },
    async inject(world, at, expected) {
      const applied = await tryKilled(world, APPLY, at, expected);
      return applied.broken.length > 0 ? [applied] : [applied, await tryKilled(world, REMOVE, at, expected)];
    },
  },
  {
    name: 'replace: killed at a call, and started again',
    promise:
      'ports of both lists closed at every moment, the others closed and opened in one; then the table of the new list and ' +
      'nothing else',
    prepare: (world) => world.drain(),
    async inject(world, at, expected) {
      const tries = [];
      for (const phase of REPLACE) {
        const one = await tryKilled(world, phase, at, expected);
        tries.push(one);
        if (one.broken.length > 0) break;
      }
      return tries;
    },
  },
];
