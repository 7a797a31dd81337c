// What other programs do on a host that drains, tried with a client that probes: what is told of it, and when the ports are
// closed again.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Attempt } from '../../fixtures/endpoint-program.ts';
import { FAMILIES, HOST, SERVED } from '../../e2e/packets/network.ts';
import { complaints, type FaultWorld } from './fault-world.ts';
import type { FaultRow, Try } from './fault-row.ts';
import { logOf, PERIOD_MS } from './phases.ts';

/** A command of somebody else's, once it has ended. */
export interface Deed {
  readonly pid: number;
  readonly status: number | null;
  readonly stderr: string;
}

/** What others do, as the commands that did it. */
export type Deeds = (world: FaultWorld) => Promise<readonly Deed[]>;

const TARGETS = [SERVED.web, SERVED.tls, SERVED.rangeFirst, SERVED.rangeLast, SERVED.other].flatMap((port) =>
  FAMILIES.map((family) => ({ host: HOST[family], port })),
);
const LANES = 2;
const TWICE_ROUND = 2 * LANES * TARGETS.length;
/** What a table that nothing keeps from coming back is waited for at most; that it came late is told by its time. */
const SETTLE_MS = 15_000;

/** Runs a command on the host to its end. */
export async function run(
  { network }: FaultWorld,
  command: string,
  args: readonly string[],
  input = '',
): Promise<Deed> {
  const child = network.host.namespace.spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  child.stdin!.on('error', () => {}); // a command that does not read its input is no failure
  child.stdin!.end(input);
  const stderr = await text(child.stderr!);
  const [status] = (await closed) as [number | null];
  return { pid: child.pid!, status, stderr };
}

/** As `run`; fails when the command does. */
export async function succeed(
  world: FaultWorld,
  command: string,
  args: readonly string[],
  input = '',
): Promise<Deed> {
  const deed = await run(world, command, args, input);
  if (deed.status === 0) return deed;
  throw new Error(`${command} ${args.join(' ')}: exit status ${deed.status}: ${deed.stderr.trim()}`);
}

/** An agent whose calls nobody spoils drains; resolves with the table. */
export async function drainUnspoiled(world: FaultWorld): Promise<string | null> {
  const { log } = world.start('agent', { isSpoiled: false });
  await log.waitFor('state-changed');
  world.say('draining');
  await log.waitFor('connections');
  return world.table();
}

/** What a client saw while others did something: of the drained ports, and of one that stays open. */
export interface View {
  /** For how long each target that should be closed was open at most, the longest. */
  readonly openMs: number;
  /** How attempts on the drained ports ended, all begun after everything was over. */
  readonly atLast: readonly string[];
  /** What is wrong with the port that is not drained, and outcomes that are neither open nor closed. */
  readonly strange: readonly string[];
}

/** Probes while `body` runs, and until every target has been tried twice more. */
export async function viewed(world: FaultWorld, body: () => Promise<void>): Promise<View> {
  const { client } = world.network;
  await client.call('startProbe', TARGETS, LANES);
  await client.call('probed', TWICE_ROUND);
  let overMs: number;
  try {
    await body();
  } finally {
    overMs = Number(process.hrtime.bigint()) / 1e6;
    await client.call('probed', TWICE_ROUND);
  }
  const attempts = await client.call('stopProbe');
  const isDrained = ({ target }: Attempt) => TARGETS[target]!.port !== SERVED.other;
  const drained = attempts.filter(isDrained);
  const last = attempts.filter(({ beganMs }) => beganMs > overMs);
  const outcomes = (some: readonly Attempt[]) => [...new Set(some.map(({ outcome }) => outcome))];
  const ofOther = outcomes(last.filter((attempt) => !isDrained(attempt))).join();
  return {
    openMs: Math.max(
      ...TARGETS.map((_, target) => openSpanMs(drained.filter((one) => one.target === target))),
    ),
    atLast: outcomes(last.filter(isDrained)),
    strange: [
      ...outcomes(drained).filter((outcome) => outcome !== 'connected' && outcome !== 'ECONNREFUSED'),
      ...(ofOther === 'connected' ? [] : [`the port that is not drained: ${ofOther}`]),
    ],
  };
}

/**
 * From the first moment at which a target may have been open to the last, by attempts that found it open and by those that
 * found it closed before and after: never less than it was open.
 */
function openSpanMs(attempts: readonly Attempt[]): number {
  const open = attempts.filter(({ outcome }) => outcome === 'connected');
  if (open.length === 0) return 0;
  const closed = attempts.filter(({ outcome }) => outcome !== 'connected');
  const firstMs = Math.min(...open.map(({ beganMs }) => beganMs));
  const lastMs = Math.max(...open.map(({ endedMs }) => endedMs));
  const before = closed.filter(({ endedMs }) => endedMs <= firstMs).map(({ beganMs }) => beganMs);
  const after = closed.filter(({ beganMs }) => beganMs >= lastMs).map(({ endedMs }) => endedMs);
  return Math.min(...after) - Math.max(...before);
}

/** Waits until the table is as it should be. */
export async function untilTableIs(world: FaultWorld, expected: string | null): Promise<void> {
  const endsAtMs = performance.now() + SETTLE_MS;
  while ((await world.table()) !== expected) {
    if (performance.now() > endsAtMs) throw new Error(`the table is ${(await world.table()) ?? 'absent'}`);
  }
}

/**
 * Others take or alter the table. Owned: they are not permitted to, or pass it by, and nothing is told. Plain: it is put back
 * at once, and each line of it names one of them.
 */
export async function tryTouching(world: FaultWorld, deeds: Deeds, expected: string | null): Promise<Try> {
  const { log } = world.agent;
  const from = log.lines.length;
  let done: readonly Deed[] = [];
  let recoveryMs = 0;
  const broken: string[] = [];
  const view = await viewed(world, async () => {
    done = await deeds(world);
    if (world.mode === 'owned') {
      broken.push(...done.flatMap(brokenByOwned));
      return;
    }
    const endedMs = performance.now();
    broken.push(...done.filter(({ status }) => status !== 0).map(({ stderr }) => `it failed: ${stderr}`));
    try {
      await log.waitFor('table-restored', from, SETTLE_MS);
      recoveryMs = performance.now() - endedMs;
      await untilTableIs(world, expected);
    } catch (error) {
      broken.push((error as Error).message);
    }
  });
  recoveryMs = Math.max(recoveryMs, view.openMs);
  broken.push(...brokenByView(view));
  const lines = log.lines.slice(from);
  const told = complaints(lines);
  if (world.mode === 'owned') {
    if (view.openMs > 0) broken.push(`open for up to ${Math.ceil(view.openMs)} ms`);
    if (told.length > 0) broken.push('something is told');
    if ((await world.table()) !== expected) broken.push('the table is another one');
  } else {
    if (told.length === 0 || told.length > done.length) broken.push(`${told.length} lines of trouble`);
    const isNamed = ({ event, command, pid }: (typeof told)[number]) =>
      event === 'table-restored' && command === 'nft' && done.some((deed) => deed.pid === pid);
    if (!told.every(isNamed)) broken.push(`nft (pid ${done.map(({ pid }) => pid).join()}) is not named`);
  }
  broken.push(...(await world.talk()));
  return { call: 'done', recoveryMs, broken, log: logOf(lines) };
}

function brokenByOwned({ status, stderr }: Deed): string[] {
  return status === 0 || stderr.includes('Operation not permitted') ? [] : [`refused otherwise: ${stderr}`];
}

export function brokenByView({ atLast, strange }: View): string[] {
  return [...(atLast.join() === 'ECONNREFUSED' ? [] : [`in the end: ${atLast.join()}`]), ...strange];
}

/** Others do something beside the table: nobody notices. Fails when a command of theirs does. */
export async function tryBeside(world: FaultWorld, deeds: Deeds, expected: string | null): Promise<Try> {
  const { log } = world.agent;
  const from = log.lines.length;
  const broken: string[] = [];
  const view = await viewed(world, async () => {
    for (const { status, stderr } of await deeds(world))
      if (status !== 0) broken.push(`it failed: ${stderr.trim()}`);
    // What it may have done is looked at by then.
    await world.api.further(2);
  });
  const lines = log.lines.slice(from);
  broken.push(...brokenByView(view));
  if (view.openMs > 0) broken.push(`open for up to ${Math.ceil(view.openMs)} ms`);
  if (complaints(lines).length > 0) broken.push('something is told');
  const table = await world.table();
  if (table !== expected) broken.push(`the table is ${table ?? 'absent'}`);
  broken.push(...(await world.talk()));
  return { call: 'done', recoveryMs: 0, broken, log: logOf(lines) };
}

const TOUCHED =
  'owned: not permitted, or passed by; plain: put back at once, one line that names who; then all ports closed';

/** A row of deeds that touch the table. */
export function touchingRow(name: string, times: number, deeds: Deeds): FaultRow {
  return {
    name,
    promise: TOUCHED,
    withinMs: PERIOD_MS,
    prepare: drainUnspoiled,
    inject: async (world, at, expected) => (at > times ? [] : [await tryTouching(world, deeds, expected)]),
  };
}
