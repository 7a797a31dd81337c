// The group's tag taken off an instance: no fault but news, which counts when it was read twice, a period apart.
import type { ApiWorld } from './api-world.ts';
import type { Family } from './fault.ts';
import type { Trial } from './try-fault.ts';

/** Asked for once a read. */
const IDENTITY = 'imds GET dynamic/instance-identity/document';
const PERIOD_MS = 1_000;
/** The context is read again a second after the last time, and a second time a period later; a poll then acts on it. */
const OPEN_WITHIN_MS = 3 * PERIOD_MS + 3_000;

export const untaggedFamily: Family = {
  name: 'group tag',
  args: ['--stale-context-timeout', '1'],
  faults: [],
};

/**
 * Takes the tag off, puts it back, and has the configuration read again, as the agent itself looks no sooner than after 300 s.
 * The recovery is that after the reload.
 */
export async function tryUntagging(world: ApiWorld): Promise<Trial> {
  const { agent, aws, probe, stance } = world;
  const { sandbox } = aws;
  const broken: string[] = [];
  const promised = stance === 'draining' ? 'refused' : 'let-in';
  const isPlace = async (when: string, expected: string): Promise<void> => {
    const outcome = await probe.outcome();
    if (outcome !== expected) broken.push(`${when}: a client is ${outcome}, not ${expected}`);
  };
  const { tags } = sandbox.state().instance;
  await isPlace('before', promised);
  const reads = () => aws.asked(IDENTITY);
  const from = agent.log.lines.length;
  const readsBefore = reads();
  sandbox.change({ instance: { tags: { Name: 'web' } } });
  const removedMs = performance.now();
  const open = await agent.log.waitFor('open', from);
  const tookMs = performance.now() - removedMs;
  if (!/^not managed by CloneSquad/.test(String(open.message))) broken.push(`its line is: ${open.message}`);
  if (tookMs < PERIOD_MS || tookMs > OPEN_WITHIN_MS) broken.push(`open after ${Math.round(tookMs)} ms`);
  if (reads() - readsBefore < 2) broken.push('open after fewer than two reads');
  await world.polls(1);
  await isPlace('without the tag', 'let-in');
  const quietFrom = reads();
  await world.polls(3);
  if (reads() !== quietFrom) broken.push('a definite answer was asked for again');

  sandbox.change({ instance: { tags } });
  const again = agent.log.lines.length;
  agent.signal('SIGHUP');
  const taggedMs = performance.now();
  if (stance === 'draining') await agent.log.waitFor('table-installed', again);
  else await agent.log.waitFor(({ event, answer }) => event === 'polled' && answer === 'known', again);
  const recoveryMs = Math.round(performance.now() - taggedMs);
  await isPlace('with the tag again', promised);
  return { broken, recoveryMs };
}
