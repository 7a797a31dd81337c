// Others write to nf_tables too: a program that commits without pause while a state flaps, and a second agent.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { complaints, type FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import { APPLY, logOf, PERIOD_MS, type Phase, REMOVE, tryPhase } from './phases.ts';

const FLAPS = 4;
const COUNT = { action: 'count' } as const;
const AT_ONCE_MS = 15_000;

/** Pauses between another program's commits, in microseconds: without any it commits some 40,000 a second. */
const PAUSES_US = [1_000, 100, 0] as const;

function busyRow(pauseUs: number): FaultRow {
  return {
    name: `another program commits, ${pauseUs} us between two transactions`,
    promise:
      'all ports open or all closed, as it should be within two periods, one line at the begin and one at the end',
    // It begins with the next poll, and may need the one after it.
    withinMs: 2 * PERIOD_MS,
    async prepare(world) {
      const table = await world.drain();
      await world.open();
      return table;
    },
    async inject(world, at, expected) {
      if (at > FLAPS) return [];
      const writer = world.startWriter(pauseUs);
      const [first] = await once(writer.stdout!, 'data');
      if (String(first) !== 'ready\n') throw new Error(`the other writer said ${first}`);
      try {
        const tries: Try[] = [];
        for (const phase of [APPLY, REMOVE]) tries.push(await flap(world, phase, expected));
        return tries;
      } finally {
        await ended(writer);
      }
    },
  };
}

/** One change with nothing spoiled but by the other writer. */
async function flap(world: FaultWorld, phase: Phase, expected: string | null): Promise<Try> {
  return { ...(await tryPhase(world, phase, COUNT, 0, expected)), call: phase.name };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await exit;
}

const SAME_DIRECTORIES: FaultRow = {
  name: 'a second agent with the same directories, while a state flaps',
  promise: 'it exits with 75 before its first netlink call; the first one does not notice',
  async prepare(world) {
    // Only the second one's calls are counted.
    const { log } = world.start('agent', { isSpoiled: false });
    await log.waitFor('state-changed');
    return null;
  },
  async inject(world, at) {
    if (at > FLAPS) return [];
    const first = world.agent;
    const from = first.log.lines.length;
    const phase = at % 2 === 1 ? APPLY : REMOVE;
    const broken: string[] = [];
    await world.startProbe();
    world.faults.arm(COUNT, 0);
    phase.act(world);
    const second = world.start('agent', { isExtra: true });
    const status = await second.ended;
    const { calls } = world.faults;
    if (status !== 75) broken.push(`the second agent ended with ${status}`);
    if (calls !== 0) broken.push(`the second agent made ${calls} netlink calls`);
    await first.log.waitFor(phase.done, from, AT_ONCE_MS);
    const { flips, outcomes } = await world.stopProbe();
    if (flips !== 1 || outcomes.join() !== phase.outcome)
      broken.push(`${flips} flips, then ${outcomes.join()}`);
    if (complaints(first.log.lines.slice(from)).length > 0) broken.push('the first agent complains');
    return [{ call: phase.name, recoveryMs: 0, broken, log: logOf(first.log.lines.slice(from)) }];
  },
};

/** Each polls in its own phase: one may put back, or take away, what the other has done before it hears of the change. */
const MOST_FLIPS = 3;

const OWN_DIRECTORIES: FaultRow = {
  name: 'a second agent with directories of its own, while a state flaps',
  promise: 'all ports open or all closed, as it should be two periods later, each complains once at most',
  async prepare(world) {
    for (const [name, options] of [
      ['agent', {}],
      ['other', { isExtra: true }],
    ] as const)
      await world.start(name, { isSpoiled: false, ...options }).log.waitFor('state-changed');
    return null;
  },
  async inject(world, at) {
    if (at > FLAPS) return [];
    const agents = world.running;
    const from = agents.map(({ log }) => log.lines.length);
    const phase = at % 2 === 1 ? APPLY : REMOVE;
    await world.startProbe();
    const beganMs = performance.now();
    phase.act(world);
    // Both have heard of it, and have looked once more.
    await world.api.further(2 * agents.length + 2);
    const tookMs = performance.now() - beganMs;
    const { flips, outcomes, strange } = await world.stopProbe();
    const broken = [...strange];
    if (flips > MOST_FLIPS || outcomes.join() !== phase.outcome)
      broken.push(`${flips} flips, then ${outcomes.join()}`);
    for (const [i, { log }] of agents.entries()) {
      const lines = log.lines.slice(from[i]);
      if (complaints(lines).length > 1) broken.push(`agent ${i} complains ${complaints(lines).length} times`);
    }
    broken.push(...(await world.talk()));
    const logs = agents.map(({ log }, i) => `agent ${i}:\n${logOf(log.lines.slice(from[i]))}`);
    return [{ call: `${phase.name}, ${flips} flips`, recoveryMs: tookMs, broken, log: logs.join('\n') }];
  },
};

export const WRITER_ROWS: readonly FaultRow[] = [
  ...PAUSES_US.map(busyRow),
  SAME_DIRECTORIES,
  OWN_DIRECTORIES,
];
