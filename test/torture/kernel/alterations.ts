// Somebody deletes, alters, flushes or replaces the table during a drain.
import { answer } from '../../e2e/agent/scripted-api.ts';
import { SERVED } from '../../e2e/packets/network.ts';
import { complaints, type FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import {
  brokenByView,
  type Deed,
  type Deeds,
  drainUnspoiled,
  run,
  succeed,
  touchingRow,
  tryBeside,
  tryTouching,
  viewed,
} from './others.ts';
import { brokenBy, logOf, PERIOD_MS } from './phases.ts';

const TIMES = 4;
const OURS = 'inet cs-instance-watcher';
const SITE_RULES = '/etc/nftables.conf';

const nft =
  (...args: readonly string[]): Deeds =>
  async (world) => [await run(world, 'nft', args)];

const removeRule: Deeds = async (world) => {
  const chain = await world.network.host.namespace.run('nft', ['-a', 'list', 'table', ...OURS.split(' ')]);
  const handle = /reject with tcp reset # handle (\d+)/.exec(chain)![1];
  return [await run(world, 'nft', [`delete rule ${OURS} new-connection handle ${handle}`])];
};

/** What Debian's service does: the old rules go when it stops, and its file begins with `flush ruleset`. */
const restartNftables: Deeds = async (world) => [
  await run(world, 'nft', ['flush', 'ruleset']),
  await run(world, 'nft', ['-f', SITE_RULES]),
];

const TOUCHES: Readonly<Record<string, Deeds>> = {
  'table deleted': nft(`delete table ${OURS}`),
  'everything flushed': nft('flush ruleset'),
  [`nft -f ${SITE_RULES}`]: nft('-f', SITE_RULES),
  'nftables restarted': restartNftables,
  'a rule removed': removeRule,
  'a rule added': nft(`insert rule ${OURS} prerouting accept`),
  'a chain flushed': nft(`flush chain ${OURS} new-connection`),
  'a port added': nft(`add element ${OURS} ports { ${SERVED.other} }`),
  'a port removed': nft(`delete element ${OURS} ports { ${SERVED.tls} }`),
  'all ports removed': nft(`flush set ${OURS} ports`),
  'a policy of drop': nft(`add chain ${OURS} prerouting { policy drop; }`),
  'table put to sleep': nft(`add table ${OURS} { flags dormant; }`),
};

/** A dump of the rules, our table among them, is loaded in place of what is there. Older nft cannot load that of an owned table. */
const SAVED: FaultRow = {
  name: 'saved rules loaded again, our table among them',
  promise: 'nobody notices: all ports closed throughout',
  prepare: drainUnspoiled,
  async inject(world, at, expected) {
    if (at > TIMES) return [];
    const rules = await world.network.host.namespace.run('nft', ['list', 'ruleset']);
    const load = async () => {
      const deed = await run(world, 'nft', ['-f', '-'], `flush ruleset\n${rules}`);
      return world.mode === 'owned' ? [] : [deed];
    };
    return [await tryBeside(world, load, expected)];
  },
};

/** The drain is known from the record alone: the API is of no use. */
const UNATTENDED: FaultRow = {
  name: 'everything flushed while no agent runs',
  promise: 'closed again by the next start, before the API has answered',
  withinMs: 2 * PERIOD_MS,
  prepare: drainUnspoiled,
  async inject(world, at, expected) {
    if (at > TIMES) return [];
    world.api.reply = answer(503, 'not now');
    await world.killAgents();
    await succeed(world, 'nft', ['flush', 'ruleset']);
    const broken: string[] = [];
    let recoveryMs = 0;
    const view = await viewed(world, async () => {
      const beganMs = performance.now();
      const { log } = world.start('agent', { isSpoiled: false });
      await log.waitFor('table-installed');
      recoveryMs = performance.now() - beganMs;
    });
    broken.push(...brokenByView(view));
    if ((await world.table()) !== expected) broken.push('the table is another one');
    return [await tryOf(world, recoveryMs, 0, broken)];
  },
};

/** The monitor wakes the agent, not the answer. */
const UNHEARD: FaultRow = {
  ...touchingRow('table deleted while the API answers 503', TIMES, nft(`delete table ${OURS}`)),
  async prepare(world) {
    const table = await drainUnspoiled(world);
    world.api.reply = answer(503, 'not now');
    await world.agent.log.waitFor('hold-began');
    return table;
  },
};

const THEIRS = `table ${OURS} {
  comment "of the site"
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport ${SERVED.other} counter
  }
}
`;
const THEIR_OUTCOME = { flips: 0, outcome: 'connected' } as const;
/** In which the agent tries again in vain. */
const POLLS_IN_VAIN = 2;
const TIMES_IN_THE_WAY = 2;

/** What is wrong while their table stands there: it is to stay as they made it, and all ports open. */
async function inTheWay(world: FaultWorld): Promise<string[]> {
  const before = await world.table();
  await world.startProbe();
  await world.api.further(POLLS_IN_VAIN);
  const broken = brokenBy(await world.stopProbe(), THEIR_OUTCOME);
  return (await world.table()) === before ? broken : [...broken, 'the table of others was touched'];
}

/** They take theirs away. Resolves with how long it took until ours was in its place, which is told as `event`. */
async function giveWay(
  world: FaultWorld,
  event: 'table-installed' | 'table-restored',
  broken: string[],
): Promise<number> {
  const { log } = world.agent;
  const from = log.lines.length;
  let tookMs = 0;
  const view = await viewed(world, async () => {
    await succeed(world, 'nft', [`delete table ${OURS}`]);
    const goneMs = performance.now();
    await log.waitFor(event, from);
    tookMs = performance.now() - goneMs;
    await log.waitFor((line) => line.event === 'recovered' && line.part === 'firewall', from);
  });
  broken.push(...brokenByView(view));
  return tookMs;
}

const REPLACED: FaultRow = {
  name: "replaced by someone else's table of our name",
  promise:
    'owned: not permitted; plain: one error that names the table and who, theirs is not touched, closed again once it is gone',
  withinMs: PERIOD_MS,
  prepare: drainUnspoiled,
  async inject(world, at, expected) {
    if (at > TIMES_IN_THE_WAY) return [];
    const replace = (): Promise<Deed> => run(world, 'nft', ['-f', '-'], `delete table ${OURS}\n${THEIRS}`);
    if (world.mode === 'owned') return [await tryTouching(world, async () => [await replace()], expected)];
    const { log } = world.agent;
    const from = log.lines.length;
    const { pid } = await replace();
    const { message } = await log.waitFor('degraded', from);
    const broken = await inTheWay(world);
    if (!message!.includes('that is not ours') || !message!.includes(`nft (pid ${pid})`))
      broken.push(`nft (pid ${pid}) is not named`);
    const recoveryMs = await giveWay(world, 'table-restored', broken);
    const told = complaints(log.lines.slice(from)).map((line) => line.event);
    if (told.join() !== 'degraded,table-restored') broken.push(`told: ${told.join()}`);
    if (log.of('table-restored').at(-1)?.pid !== pid)
      broken.push('who took ours away is not named at the end');
    if ((await world.table()) !== expected) broken.push('the table is another one');
    return [await tryOf(world, recoveryMs, from, broken)];
  },
};

const BEFORE_US: FaultRow = {
  name: "someone else's table of our name while a drain begins",
  promise: 'one error that names the table, theirs is not touched, closed within a period once it is gone',
  withinMs: PERIOD_MS,
  async prepare(world) {
    const table = await drainUnspoiled(world);
    await world.open();
    return table;
  },
  async inject(world, at, expected) {
    if (at > TIMES_IN_THE_WAY) return [];
    const { log } = world.agent;
    const from = log.lines.length;
    await succeed(world, 'nft', ['-f', '-'], THEIRS);
    world.say('draining');
    await log.waitFor('degraded', from);
    const broken = await inTheWay(world);
    // Nothing is watched before there is a table of ours: their deletion is found at the next poll.
    const recoveryMs = await giveWay(world, 'table-installed', broken);
    const told = complaints(log.lines.slice(from));
    if (told.length !== 1 || !told[0]!.message!.includes('that is not ours'))
      broken.push(`${told.length} lines of trouble`);
    if ((await world.table()) !== expected) broken.push('the table is another one');
    await world.open();
    return [await tryOf(world, recoveryMs, from, broken)];
  },
};

async function tryOf(world: FaultWorld, recoveryMs: number, from: number, broken: string[]): Promise<Try> {
  broken.push(...(await world.talk()));
  return { call: 'done', recoveryMs, broken, log: logOf(world.agent.log.lines.slice(from)) };
}

export const ALTERATION_ROWS: readonly FaultRow[] = [
  ...Object.entries(TOUCHES).map(([name, deeds]) => touchingRow(name, TIMES, deeds)),
  UNHEARD,
  UNATTENDED,
  SAVED,
  REPLACED,
  BEFORE_US,
];
