// A state that changes at every poll while a script hangs: the firewall follows each change, of the scripts only the last run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from './fault.ts';
import type { HookWorld } from './hook-world.ts';
import type { Latencies } from './latencies.ts';
import { brokenSince, firstLine, gapBetweenPolls, lateBetweenPolls, look, type Trial } from './try-fault.ts';

/** Begins with `draining`, whose script hangs, and ends with it. */
const CHANGES = 9;

/** Once, in a world that runs; ends so. */
export async function tryStorm(world: HookWorld, latencies: Latencies): Promise<Trial> {
  const broken: string[] = [];
  const gate = join(world.evidence, 'gate');
  world.clear('draining');
  world.clear('running');
  await world.api.further(2);
  const before = look(world);
  world.script('draining', '10-waits', `while [ ! -e ${gate} ]; do sleep 0.05; done`);
  world.script('running', '10-plain', ':');
  const changes: string[] = [];
  const added: number[] = [];
  try {
    for (let at = 0; at < CHANGES; at += 1) {
      const to: State = at % 2 === 0 ? 'draining' : 'running';
      const { change, tookMs } = await world.flip(to);
      changes.push(change);
      if (at === 0) latencies.addSound(to, tookMs);
      else added.push(latencies.addFaulty(to, tookMs));
      if (at === 0) await world.agent.log.waitFor(({ event }) => event === 'hook-started', before.lines);
    }
    writeFileSync(gate, '');
    await world.completed(changes.at(-1)!);
    await world.flip('running');
    await world.api.further(2);
    const superseded = world.agent.log.lines
      .slice(before.lines)
      .filter(({ event }) => event === 'hook-superseded')
      .map(({ change }) => String(change));
    if (superseded.join() !== changes.slice(1, -1).join())
      broken.push(`superseded: ${superseded.length} of ${changes.length - 2}`);
    const ran = world.marks().map((mark) => mark.split(' ')[0]);
    const expected = [changes[0], changes.at(-1)];
    if (ran.slice(0, 2).join() !== expected.join() || ran.length !== 3) broken.push(`ran: ${ran.join(' ')}`);
    broken.push(
      ...brokenSince(world, before, {
        name: 'storm',
        inject: () => ({}),
        told: [/scripts not begun: a newer state came first/],
      }),
    );
  } catch (error) {
    broken.push(firstLine(error));
  } finally {
    writeFileSync(gate, '');
  }
  const addedMs = Math.max(...added);
  const worstGapMs = gapBetweenPolls(world, before);
  return { broken, late: [...latencies.late(addedMs), ...lateBetweenPolls(worstGapMs)], addedMs, worstGapMs };
}
