// The agent is killed at every call of closing and opening the ports in turn, and started again.
import { complaints, type FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import type { Fault } from './netlink-faults.ts';
import { APPLY, brokenBy, logOf, monotonicMs, type Phase, REMOVE } from './phases.ts';

const KILL: Fault = { action: 'kill', countsFiles: true };

/** An agent killed between opening the ports and recording it goes by the record: closed again, until the API has spoken. */
const MOST_FLIPS_OPENING = 3;

async function tryKilled(world: FaultWorld, phase: Phase, at: number, expected: string | null): Promise<Try> {
  const killed = world.agent;
  const from = killed.log.lines.length;
  await world.startProbe();
  world.faults.arm(KILL, at);
  phase.act(world);
  const survived = isDone(world, phase, from).catch(() => {});
  await Promise.race([killed.ended, survived]);
  const { hit } = world.faults;
  world.faults.disarm();
  const broken: string[] = [];
  let restarted: FaultWorld['agent'] | null = null;
  if (hit !== null) {
    await killed.ended;
    restarted = world.start();
    try {
      // Killed after the last change of the kernel, there is nothing left to do but to hear the API.
      await restarted.log.waitFor(({ event }) => event === 'state-changed' || event === 'state-confirmed');
      if (phase.hasTable) await isDone(world, phase, 0);
    } catch (error) {
      broken.push((error as Error).message.split('\n')[0]!);
    }
  }
  const recoveryMs = hit === null ? 0 : monotonicMs() - hit.atMs;
  const seen = await world.stopProbe();
  const isTwoMore = phase === REMOVE && seen.flips === MOST_FLIPS_OPENING;
  const flips = isTwoMore ? phase.flips : seen.flips;
  broken.push(...brokenBy({ ...seen, flips }, phase), ...(await world.talk()));
  const table = await world.table();
  if (table !== (phase.hasTable ? expected : null)) broken.push(`the table is ${table ?? 'absent'}`);
  // That scripts of the change were not run, or not to their end, is to be told.
  const told = complaints(restarted?.log.lines ?? []).filter(
    ({ event }) => event?.startsWith('hook-') !== true,
  );
  if (told.length > 0) broken.push('it complains');
  if (broken.length > 0) broken.push(logOf(killed.log.lines.slice(from)), logOf(restarted?.log.lines ?? []));
  const call = hit === null ? null : `${hit.call}${seen.flips > 1 ? `, ${seen.flips} flips` : ''}`;
  return { call, recoveryMs, broken };
}

async function isDone({ agent }: FaultWorld, phase: Phase, from: number): Promise<void> {
  await agent.log.waitFor(phase.done, from);
  if (phase.hasTable) await agent.log.waitFor('connections', from);
}

export const KILL_ROWS: readonly FaultRow[] = [
  {
    name: 'apply, remove: killed at a call, and started again',
    promise: 'all ports open or all closed at every moment, as it should be after the first answer',
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
];
