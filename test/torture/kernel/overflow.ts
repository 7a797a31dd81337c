// The agent stands still while another program commits, until the kernel drops notifications of nf_tables for it.
import { once } from 'node:events';
import type { FaultRow, Try } from './fault-row.ts';
import type { FaultWorld } from './fault-world.ts';
import {
  brokenBy,
  brokenInLog,
  HEAR,
  logOf,
  monotonicMs,
  PERIOD_MS,
  type Phase,
  SETTLE_MS,
} from './phases.ts';

const TIMES = 5;
const LOOK_EVERY_MS = 50;
const MOST_LOOKS = 200;

/** Where the table is plain it is deleted too, once nothing can be told of it any more. */
const OVERFLOWS: Readonly<Record<FaultWorld['mode'], Pick<Phase, 'flips' | 'outcome' | 'done'>>> = {
  plain: { done: 'table-restored', flips: 2, outcome: 'ECONNREFUSED' },
  owned: { done: 'polled', flips: 0, outcome: 'ECONNREFUSED' },
};

async function tryOverflow(world: FaultWorld, expected: string | null): Promise<Try> {
  const { agent, mode } = world;
  const phase = OVERFLOWS[mode];
  await HEAR[mode].before(world);
  const from = agent.log.lines.length;
  const lostBefore = await world.lostNotifications();
  await world.startProbe();
  agent.signal('SIGSTOP');
  const broken: string[] = [];
  let resumedMs: number;
  try {
    if (!(await flood(world, lostBefore))) broken.push('the kernel dropped nothing');
    if (mode === 'plain') {
      await world.nft('delete table inet cs-instance-watcher');
      // Seen, so that the probe tells this from a table that was never gone.
      await world.network.client.call('probedOutcome', 'connected');
    }
  } finally {
    resumedMs = monotonicMs();
    agent.signal('SIGCONT');
  }
  try {
    await agent.log.waitFor(phase.done, from, SETTLE_MS);
  } catch (error) {
    broken.push((error as Error).message.split('\n')[0]!);
  }
  const recoveryMs = monotonicMs() - resumedMs;
  const lines = agent.log.lines.slice(from);
  broken.push(...brokenBy(await world.stopProbe(), phase), ...brokenInLog(lines), ...(await world.talk()));
  const table = await world.table();
  if (table !== expected) broken.push(`the table is ${table ?? 'absent'}`);
  return { call: 'overflow', recoveryMs, broken, log: logOf(lines) };
}

/** Whether another program's commits made the kernel drop some for the agent. */
async function flood(world: FaultWorld, lostBefore: number): Promise<boolean> {
  const writer = world.startWriter(0);
  const ended = once(writer, 'exit');
  try {
    await once(writer.stdout!, 'data');
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      if ((await world.lostNotifications()) > lostBefore) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return false;
  } finally {
    writer.kill('SIGKILL');
    await ended;
  }
}

export const OVERFLOW_ROWS: readonly FaultRow[] = [
  {
    name: 'notifications lost while the agent stands still',
    promise: 'once it goes on it finds what nobody told it of, within a period, and puts it right',
    withinMs: PERIOD_MS,
    prepare: (world) => world.drain(),
    inject: async (world, at, expected) => (at > TIMES ? [] : [await tryOverflow(world, expected)]),
  },
];
