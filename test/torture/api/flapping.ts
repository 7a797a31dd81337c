// A state that is another one at every poll: each flip is followed, and nothing of it stays behind.
import { readFileSync } from 'node:fs';
import { metadata, type Reply, says } from '../../e2e/agent/scripted-api.ts';
import { complaints } from '../../e2e/agent/scene.ts';
import type { ApiWorld } from './api-world.ts';
import type { Family } from './fault.ts';
import { readFigures } from './process-figures.ts';
import type { Trial } from './try-fault.ts';

const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** A script under way has a pipe and a process. */
const MAX_MORE_DESCRIPTORS = 4;

const NOTHING_LEFT = '{"desired":"open","reasons":[],"drain":null,"unfinishedHooks":[]}';

/** Nothing is wrong but the state. */
export const flappingFamily: Family = { name: 'flapping', faults: [] };

/** What is answered in turn; the last is the one in which the agent was found. */
export const FLAPPINGS: Readonly<Record<string, readonly Reply[]>> = {
  'draining and running': [says('draining'), says('running')],
  'draining and nonsense': [says('draining'), says('%s%n'), says('running')],
  'tag and none': [
    says('running', { Tags: [{ Key: 'clonesquad:excluded', Value: 'true' }] }),
    says('running'),
  ],
  'another state each time': ['draining', 'pending', 'stopping', 'error', 'running'].map((state) =>
    says(state, metadata(state)),
  ),
};

/** `polls` polls, each with the next of the replies, to an agent that is running; then what is left. */
export async function tryFlapping(world: ApiWorld, replies: readonly Reply[], polls: number): Promise<Trial> {
  const { agent, aws, front } = world;
  const working = front.reply;
  const found = { figures: readFigures(agent.pid), files: world.files(), table: await world.table() };
  const from = agent.log.lines.length;
  let turn = 0;
  front.reply = (request, response) => {
    const reply = replies[turn % replies.length]!;
    turn += 1;
    reply(request, response);
  };
  const beganMs = performance.now();
  try {
    await world.polls(polls);
  } finally {
    front.reply = working;
  }
  const healedMs = performance.now();
  const mostPolls = Math.ceil((healedMs - beganMs) / 1_000) + 1;
  const opened = () => agent.log.of('table-removed').length === agent.log.of('table-installed').length;
  // The one that follows the last answer of the flapping.
  await agent.log.waitFor(({ event }) => event === 'polled' && opened(), agent.log.lines.length);
  const recoveryMs = Math.round(performance.now() - healedMs);
  await world.polls(1);
  const now = readFigures(agent.pid);
  const outcome = await world.probe.outcome();
  const complained = complaints(agent, from).filter(({ event }) => event !== 'hold-began');
  const broken = [
    ...((await world.table()) === found.table ? [] : ['a table was left']),
    ...(outcome === 'let-in' ? [] : [`a client is ${outcome}`]),
    ...(opened() ? [] : ['not every table that was installed was removed']),
    ...(world.files() === found.files ? [] : [`files: ${world.files()} instead of ${found.files}`]),
    ...(rememberedIn(world) === NOTHING_LEFT ? [] : [`the record: ${rememberedIn(world)}`]),
    ...(now.children === 0 ? [] : [`${now.children} child processes`]),
    ...(now.descriptors <= found.figures.descriptors + MAX_MORE_DESCRIPTORS
      ? []
      : [`${now.descriptors} descriptors, not ${found.figures.descriptors}`]),
    ...(now.residentBytes - found.figures.residentBytes < MAX_GROWTH_BYTES ? [] : ['memory grew']),
    ...(turn <= mostPolls ? [] : [`${turn} polls where ${mostPolls} had their slots`]),
    ...complained.map(({ message }) => `complaint: ${message}`),
    ...((await aws.scene.namespace.run('nft', ['list', 'ruleset'])) === '' ? [] : ['rules were left']),
  ];
  return { broken, recoveryMs };
}

/** The parts of the record in which a drain that is over could have left something. */
function rememberedIn({ aws }: ApiWorld): string {
  const { state, unfinishedHooks } = JSON.parse(readFileSync(aws.scene.path('state/record.json'), 'utf8'));
  const { desired, reasons, drain } = state;
  return JSON.stringify({ desired, reasons, drain, unfinishedHooks });
}
