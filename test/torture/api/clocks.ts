// Faults of the instance's own clock: set wrong and right again, and a machine that slept.
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault, Heal } from './fault.ts';
import type { Trial } from './try-fault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Longer than the keys last. */
const SLEPT_MS = 8 * HOUR_MS;
/** To find it with a connection that it keeps. */
const MOST_TRIES = 10;
const SHORTEST_PERIOD_MS = 1_000;
const ROLE = 'imds GET meta-data/iam/security-credentials/watched-instance';
/** Both clocks are compared every 5 s; the poll and what a busy machine may add. */
const NOTICED_WITHIN_MS = 5_000 + 1_000 + 1_000;

/** Sets the agent's clock by so much, and back. */
function setBy(ms: number) {
  return async (world: ApiWorld): Promise<Heal> => {
    const { clock } = world;
    clock.setAhead(clock.aheadMs + ms);
    await isTold(world);
    return async () => {
      clock.setAhead(clock.aheadMs - ms);
      await isTold(world);
    };
  };
}

/** Waits for a line with the time that the agent is to have: the fault is there. */
async function isTold({ agent, clock }: ApiWorld): Promise<void> {
  const isShifted = (time: unknown) =>
    Math.abs(Date.parse(String(time)) - Date.now() - clock.aheadMs) < MINUTE_MS;
  await agent.log.waitFor(({ time }) => isShifted(time), agent.log.lines.length);
}

/** Stops the agent between two polls while it keeps a connection; the ports of what it keeps. */
async function asleep(world: ApiWorld): Promise<string[]> {
  const { agent, clock } = world;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { time, durationMs } = await agent.log.waitFor('polled', agent.log.lines.length);
    agent.signal('SIGSTOP');
    const sinceSlotMs = Date.now() + clock.aheadMs - Date.parse(String(time)) + Number(durationMs);
    const ports = await world.keptConnections();
    // A machine that is busy stops it only when the next poll is under way.
    if (ports.length > 0 && sinceSlotMs < SHORTEST_PERIOD_MS / 2) return ports;
    agent.signal('SIGCONT');
  }
  throw new Error(`after none of ${MOST_TRIES} polls a connection was kept`);
}

/**
 * The machine of an agent that was stopped has hibernated and goes on: its wall clock leaps, its keys have ended, and these
 * connections, by its ports, are forgotten by everybody else.
 */
async function wakeUp(world: ApiWorld, ports: readonly string[]): Promise<Heal> {
  const { agent, aws, clock } = world;
  const lift = ports.length > 0 ? await world.forget(ports) : () => undefined;
  aws.keepSecrets();
  aws.sandbox.change({ clock: { offsetMs: aws.sandbox.state().clock.offsetMs + SLEPT_MS } });
  // Its session with the metadata service has ended as well.
  aws.sandbox.setFault('imds', { kind: 'status', status: 401, operation: 'GET', times: 1 });
  clock.setAhead(clock.aheadMs + SLEPT_MS);
  agent.signal('SIGCONT');
  return lift;
}

async function sleep(world: ApiWorld): Promise<Heal> {
  const lift = await wakeUp(world, await asleep(world));
  await isTold(world);
  return lift;
}

const faults: readonly Fault[] = [
  { name: 'clock 20 minutes slow, then right', inject: setBy(-20 * MINUTE_MS), line: null },
  { name: 'clock 20 minutes fast, then right', inject: setBy(20 * MINUTE_MS), line: null },
  { name: 'clock jumps back a day', inject: setBy(-DAY_MS), line: null },
  { name: 'clock jumps forward a day', inject: setBy(DAY_MS), line: null },
  { name: 'resume from hibernation', inject: sleep, line: null },
];

export const clockFamily: Family = { name: 'clock', withClock: true, faults };

/** So long a period that the poll after a sleep is not merely the next one. */
export const sleeperFamily: Family = {
  name: 'clock, long period',
  args: ['--api-polling-period', '60'],
  withClock: true,
  faults: [],
};

/** A sleep between two polls that are a minute apart: the agent polls as soon as it notices, with new keys. */
export async function tryLongSleep(world: ApiWorld): Promise<Trial> {
  const { agent, aws, probe, stance } = world;
  const broken: string[] = [];
  const table = await world.table();
  const from = agent.log.lines.length;
  const asked = aws.asked(ROLE);
  agent.signal('SIGSTOP');
  const lift = await wakeUp(world, await world.keptConnections());
  const wokeMs = performance.now();
  const { answer } = await agent.log.waitFor('polled', from);
  const recoveryMs = Math.round(performance.now() - wokeMs);
  if (recoveryMs > NOTICED_WITHIN_MS)
    broken.push(`noticed after ${recoveryMs} ms, more than ${NOTICED_WITHIN_MS}`);
  if (answer !== 'known') broken.push(`the first answer is ${answer}`);
  if (aws.asked(ROLE) === asked) broken.push('the keys of before were used');
  if ((await world.table()) !== table) broken.push('the table changed');
  const outcome = await probe.outcome();
  if (outcome !== (stance === 'draining' ? 'refused' : 'let-in')) broken.push(`a client is ${outcome}`);
  const told = agent.log.lines.slice(from).filter(({ level }) => level !== 'debug');
  if (told.length > 0) broken.push(`lines: ${told.map(({ message }) => message).join(' | ')}`);
  await lift();
  return { broken, recoveryMs };
}
