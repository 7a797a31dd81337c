// The memory of the agent and of the tool it replaces, each after it found everything out again and polled for a while.
import type { ProgramsCopy } from '../starts/programs-copy.ts';
import { type IdleCalls, idleCalls } from './idle-calls.ts';
import type { Instance, OldTool } from './instance.ts';
import { type Resident, residentOf } from './resident.ts';

const POLLS_BEFORE = 10;
const POLLS_AFTER = 60;
export const POLLS_TRACED = 20;
/** That many polls come first. */
const SETTLING_POLLS = 2;

export interface Idle {
  readonly ours: readonly Resident[];
  readonly theirs: readonly Resident[];
  /** Of the last agent, over POLLS_TRACED polls. */
  readonly calls: IdleCalls;
}

export interface IdleSubjects {
  /** Nothing runs on it yet, and nothing else runs this copy: its pages are its own. */
  readonly instance: Instance;
  readonly programs: ProgramsCopy;
  readonly old: { readonly instance: Instance; readonly tool: OldTool };
  readonly rounds: number;
}

/** The agent starts anew for every round, the old tool goes on. */
export async function measureIdle({ instance, programs, old, rounds }: IdleSubjects): Promise<Idle> {
  const ours: Resident[] = [];
  const theirs: Resident[] = [];
  for (let round = 1; ; round += 1) {
    const agent = instance.startAgent({ program: programs.agent });
    await instance.furtherPolls(POLLS_BEFORE);
    const invoked = instance.aws.asked('lambda Invoke');
    agent.signal('SIGHUP');
    // Once: it keeps what each discovery took.
    if (round === 1) process.kill(old.tool.pid, 'SIGHUP');
    await Promise.all([instance.furtherPolls(POLLS_AFTER), old.instance.furtherPolls(POLLS_AFTER)]);
    if (instance.aws.asked('lambda Invoke') === invoked) throw new Error('SIGHUP forced no discovery');
    ours.push(residentOf(agent.pid));
    theirs.push(residentOf(old.tool.pid));
    if (round === rounds) {
      await instance.furtherPolls(SETTLING_POLLS);
      const { scene } = instance.aws;
      const { namespace } = scene;
      const traced = { pid: agent.pid, namespace, path: scene.path('calls') };
      const calls = await idleCalls(traced, () => instance.furtherPolls(POLLS_TRACED));
      await agent.stop();
      return { ours, theirs, calls };
    }
    await agent.stop();
  }
}
