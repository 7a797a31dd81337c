// The agent ends while scripts run: what stands stays, what has begun is not begun again.
import { setTimeout as delay } from 'node:timers/promises';
import type { HookWorld } from './hook-world.ts';
import {
  brokenInMarks,
  firstLine,
  gapBetweenPolls,
  lateBetweenPolls,
  look,
  type Trial,
} from './try-fault.ts';

const TIMEOUT_S = 60;
/** From SIGTERM to the agent to SIGKILL to the script, and what a busy machine may add. */
const MAX_END_MS = 5_000 + 15_000;

export interface EndingFault {
  readonly name: string;
  /** Of the drain's script. */
  readonly body: (world: HookWorld) => string;
  /** Makes the agent end, where the script does not. */
  readonly end?: (world: HookWorld) => void;
  /** The agent's exit status; null for one that was killed. */
  readonly status: number | null;
  /** Whether the script is gone with the agent. */
  readonly takesScript: boolean;
}

const SIGTERM = (world: HookWorld): void => world.agent.signal('SIGTERM');
const HANGS = ({ evidence }: HookWorld): string => `echo $$ > ${evidence}/pids; exec sleep 300`;

export const ENDING_FAULTS: readonly EndingFault[] = [
  {
    name: 'agent told to end (TERM) during a script',
    body: HANGS,
    end: SIGTERM,
    status: 0,
    takesScript: true,
  },
  {
    name: 'agent told to end (TERM) during a script that ignores TERM',
    body: ({ evidence }) => `trap '' TERM; echo $$ > ${evidence}/pids; while :; do sleep 0.2; done`,
    end: SIGTERM,
    status: 0,
    takesScript: true,
  },
  {
    name: 'agent told to end (TERM) during a script with 100 children',
    body: ({ evidence }) =>
      `echo $$ >> ${evidence}/pids; for i in $(seq 100); do sleep 300 & echo $! >> ${evidence}/pids; done; wait`,
    end: SIGTERM,
    status: 0,
    takesScript: true,
  },
  {
    name: "script ends its parent's process group (TERM)",
    body: ({ evidence }) => `echo $$ > ${evidence}/pids; kill -TERM -$PPID; exec sleep 300`,
    status: 0,
    takesScript: true,
  },
  {
    name: "script kills its parent's process group (KILL)",
    body: ({ evidence }) => `echo $$ > ${evidence}/pids; kill -KILL -$PPID; exec sleep 300`,
    status: null,
    takesScript: false,
  },
];

/** Once, in a world where no agent runs; ends so. */
export async function tryEnding(world: HookWorld, fault: EndingFault): Promise<Trial> {
  const broken: string[] = [];
  let worstGapMs = 0;
  world.clear('draining');
  world.clear('running');
  try {
    await world.start(TIMEOUT_S);
    await world.agent.log.waitFor('state-changed');
    await world.api.further(1);
    world.script('draining', '10-fault', fault.body(world));
    const before = look(world);
    await world.flip('draining');
    const first = world.agent;
    if (fault.end !== undefined) await untilMarked(world);
    fault.end?.(world);
    const status = await Promise.race([first.ended, delay(MAX_END_MS, 'running', { ref: false })]);
    if (status !== fault.status) broken.push(`the agent's exit status is ${status}`);
    worstGapMs = gapBetweenPolls(world, before);
    const left = world.living();
    if (fault.takesScript && left.length > 0) broken.push(`${left.length} processes of the script are left`);
    if (!(await world.hasTable())) broken.push('the table went with the agent');
    if (world.watch.isLost) broken.push('an established connection was broken');

    const second = await world.start(TIMEOUT_S);
    const told = await second.log.waitFor('hook-interrupted');
    if (!/draining were interrupted and are not repeated/.test(String(told.message)))
      broken.push(`told: ${told.message}`);
    await world.api.further(3);
    if (!(await world.hasTable())) broken.push('the table went with the start');
    broken.push(...brokenInMarks(world.marks()));
    await world.flip('running');
    if ((await second.stop()) !== 0) broken.push('the second agent did not end well');
  } catch (error) {
    broken.push(firstLine(error));
  } finally {
    world.killLiving();
    await world.agent.kill();
  }
  return { broken, late: lateBetweenPolls(worstGapMs), addedMs: null, worstGapMs };
}

/** Waits until the script says that all its processes are there. */
async function untilMarked(world: HookWorld): Promise<void> {
  await world.agent.log.waitFor('hook-started');
  await world.api.further(1);
}
