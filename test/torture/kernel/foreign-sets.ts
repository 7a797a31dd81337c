// A ruleset of 50,000 elements beside ours: it is not read, and neither slows nor hides what happens to our table.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFirewallIn } from '../../fixtures/firewall-process.ts';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import type { FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import { endLoop, startLoop } from './loops.ts';
import { run, succeed, touchingRow } from './others.ts';
import { APPLY, PERIOD_MS, type Phase, REMOVE, tryPhase } from './phases.ts';

const ELEMENTS = 50_000;
const TIMES = 3;
const COUNT = { action: 'count' } as const;

/** A list of the site's, loaded anew by one transaction whether or not it is there. */
const LIST = `add table inet site
delete table inet site
table inet site {
  set listed { type ipv4_addr; elements = { ${addresses().join(', ')} } }
  chain input {
    type filter hook input priority 0; policy accept;
    ip saddr @listed drop
  }
}
`;

function addresses(): string[] {
  return Array.from({ length: ELEMENTS }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}

/** Runs `body` with a file of nft's that loads the list. */
async function withList<Result>(text: string, body: (path: string) => Promise<Result>): Promise<Result> {
  const directory = temporaryDirectory();
  try {
    const path = join(directory.path, 'list.nft');
    writeFileSync(path, text);
    return await body(path);
  } finally {
    directory.close();
  }
}

/** The calls by which the agent did a phase. */
async function counted(
  world: FaultWorld,
  phase: Phase,
  expected: string | null,
): Promise<{ one: Try; calls: number }> {
  const one = await tryPhase(world, phase, COUNT, 0, expected);
  return { one, calls: world.faults.calls };
}

/** Listing the elements would need some hundred answers more; a poll more or less in between, a few dozen. */
const MORE_CALLS = 60;

const BESIDE: FaultRow = {
  name: `${ELEMENTS} elements in a table of others`,
  promise: 'a drain begins and ends as it does without them, by as many calls',
  async prepare(world) {
    const table = await world.drain();
    await world.open();
    return table;
  },
  async inject(world, at, expected) {
    if (at > TIMES) return [];
    const phases = [APPLY, REMOVE];
    const alone: number[] = [];
    for (const phase of phases) alone.push((await counted(world, phase, expected)).calls);
    await succeed(world, 'nft', ['-f', '-'], LIST);
    const tries: Try[] = [];
    for (const [i, phase] of phases.entries()) {
      const { one, calls } = await counted(world, phase, expected);
      const isMore = calls > alone[i]! + MORE_CALLS;
      const broken = isMore ? [`${calls} calls, ${alone[i]} without the elements`] : [];
      tries.push({ ...one, call: phase.name, broken: [...one.broken, ...broken] });
    }
    await succeed(world, 'nft', ['delete table inet site']);
    return tries;
  },
};

const RELOADED: FaultRow = {
  name: `${ELEMENTS} elements of others reloaded without pause`,
  promise: 'all ports open or all closed, as it should be within two periods',
  withinMs: 2 * PERIOD_MS,
  async prepare(world) {
    const table = await world.drain();
    await world.open();
    return table;
  },
  inject: async (world, at, expected) =>
    at > TIMES
      ? []
      : withList(LIST, async (path) => {
          await succeed(world, 'nft', ['-f', path]);
          const loop = startLoop(world, `nft -f ${path}`);
          try {
            const tries: Try[] = [];
            for (const phase of [APPLY, REMOVE]) {
              tries.push({ ...(await tryPhase(world, phase, COUNT, 0, expected)), call: phase.name });
            }
            return tries;
          } finally {
            await endLoop(loop);
          }
        }),
};

const RULESET: Ruleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8010 },
  ],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
const CYCLES = 40;
/** Reading the elements takes some 20 ms. */
const MORE_MS = 5;

interface Took {
  readonly median: Readonly<Record<'apply' | 'inspect' | 'remove', number>>;
  readonly worstMs: number;
}

/** Applies, inspects and removes by itself, without an agent. */
async function timed(world: FaultWorld): Promise<Took> {
  const ownership = world.mode === 'owned' ? 'auto' : 'plain';
  const firewall = await openFirewallIn(world.network.host.namespace, { ownership });
  try {
    const took = { apply: [] as number[], inspect: [] as number[], remove: [] as number[] };
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      for (const operation of ['apply', 'inspect', 'remove'] as const) {
        const beganMs = performance.now();
        await (operation === 'apply' ? firewall.apply(RULESET) : firewall[operation]());
        took[operation].push(performance.now() - beganMs);
      }
    }
    const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[CYCLES / 2]!;
    return {
      median: {
        apply: median(took.apply),
        inspect: median(took.inspect),
        remove: median(took.remove),
      },
      worstMs: Math.max(...took.apply, ...took.inspect, ...took.remove),
    };
  } finally {
    await firewall.kill();
  }
}

const TIMED: FaultRow = {
  name: `apply, inspect and remove beside ${ELEMENTS} elements, also while they are reloaded`,
  promise: `at most ${MORE_MS} ms more than without them, and while they are reloaded each done within a period`,
  withinMs: PERIOD_MS,
  prepare: async () => null,
  async inject(world, at) {
    if (at > TIMES) return [];
    const alone = await timed(world);
    return withList(LIST, async (path) => {
      await succeed(world, 'nft', ['-f', path]);
      const beside = await timed(world);
      const loop = startLoop(world, `nft -f ${path}`);
      let reloading: Took;
      try {
        reloading = await timed(world);
      } finally {
        await endLoop(loop);
      }
      await succeed(world, 'nft', ['delete table inet site']);
      const slow = (['apply', 'inspect', 'remove'] as const).filter(
        (operation) => beside.median[operation] > alone.median[operation] + MORE_MS,
      );
      const figures = `medians in ms: ${JSON.stringify([alone.median, beside.median, reloading.median])}`;
      const broken = slow.map((operation) => `${operation} is slower: ${figures}`);
      return [{ call: figures, recoveryMs: reloading.worstMs, broken }];
    });
  },
};

const FLUSHED = touchingRow(
  `everything flushed and ${ELEMENTS} elements loaded by one transaction`,
  TIMES,
  (world) => withList(`flush ruleset\n${LIST}`, async (path) => [await run(world, 'nft', ['-f', path])]),
);

export const FOREIGN_SET_ROWS: readonly FaultRow[] = [BESIDE, RELOADED, TIMED, FLUSHED];
