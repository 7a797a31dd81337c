// Somebody takes the table away over and over: the agent puts it back twenty times a minute, then at each poll.
import { complaints, type FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import { brokenByView, drainUnspoiled, tryBeside, untilTableIs, viewed } from './others.ts';
import { logOf, PERIOD_MS } from './phases.ts';
import { endLoop, startLoop } from './loops.ts';

const DELETE = 'nft delete table inet cs-instance-watcher';
const MOST_AT_ONCE = 20;
const POLLS = 5;
/** Until the first of the restorations is a minute old, and a poll has come. */
const FORGET_MS = 75_000;

async function tryFight(world: FaultWorld, expected: string | null): Promise<Try> {
  const { log } = world.agent;
  const from = log.lines.length;
  const broken: string[] = [];
  let tookMs = 0;
  const view = await viewed(world, async () => {
    const writer = startLoop(world, DELETE);
    try {
      const isFight = ({ event, part }: (typeof log.lines)[number]) =>
        event === 'degraded' && part === 'table';
      const { message } = await log.waitFor(isFight, from);
      if (!/: nft \(pid \d+\) keeps removing/.test(message!)) broken.push(`nobody is named: ${message}`);
      const mark = log.lines.length;
      await world.api.further(POLLS);
      const restored = log.lines.slice(mark).filter(({ event }) => event === 'table-restored').length;
      // The twentieth is told after the fight is.
      if (restored > POLLS + 1 || restored === 0)
        broken.push(`put back ${restored} times in ${POLLS} periods`);
    } finally {
      await endLoop(writer);
    }
    const endedMs = performance.now();
    await untilTableIs(world, expected);
    tookMs = performance.now() - endedMs;
  });
  await log.waitFor(({ event, part }) => event === 'recovered' && part === 'table', from, FORGET_MS);
  const told = complaints(log.lines.slice(from));
  const unnamed = told.filter(({ event, command }) => event === 'table-restored' && command !== 'nft');
  const others = told.filter(({ event }) => event !== 'table-restored');
  if (unnamed.length > 0) broken.push(`${unnamed.length} restorations name nobody`);
  if (others.length !== 1) broken.push(`${others.length} other lines of trouble`);
  broken.push(...brokenByView(view), ...(await world.talk()));
  return { call: 'done', recoveryMs: tookMs, broken, log: logOf(log.lines.slice(from)) };
}

/** Refused each time. */
function tryInVain(world: FaultWorld, expected: string | null): Promise<Try> {
  return tryBeside(
    world,
    async () => {
      const writer = startLoop(world, DELETE);
      try {
        await world.api.further(POLLS);
      } finally {
        await endLoop(writer);
      }
      return [];
    },
    expected,
  );
}

export const FIGHT_ROWS: readonly FaultRow[] = [
  {
    name: 'table deleted without pause',
    promise: `owned: nobody notices; plain: put back ${MOST_AT_ONCE} times, then once a period, one error that names who; closed within a period after`,
    withinMs: PERIOD_MS,
    prepare: drainUnspoiled,
    inject: async (world, at, expected) =>
      at > 1 ? [] : [await (world.mode === 'owned' ? tryInVain : tryFight)(world, expected)],
  },
];
