// What a check looks at: the ports from the client's side, the ruleset from the host's.
import assert from 'node:assert/strict';
import { type Attempt, longestOpeningMs } from './attempts.ts';
import { attempt, SteadyAttempts } from './client.ts';
import { type Agent, onHost } from './programs.ts';

export const PORT = 8080;
/** The host, as guest/init sets it up. */
export const HOST = ['10.77.0.2', 'fd77::2'] as const;
export const TABLE = 'cs-instance-watcher';

/** In the guest's time, which is one instruction a nanosecond whatever this machine does (see boot.ts). */
const AT_ONCE_MS = 100;
const CLOSED_AGAIN_MS = 100;

/** Tells one table from another of the same name; null when there is none of ours. */
export async function tableHandle(): Promise<number | null> {
  const { nftables } = JSON.parse(await onHost('nft', '--json', 'list', 'tables')) as {
    nftables: readonly { table?: { name: string; handle: number } }[];
  };
  return nftables.find(({ table }) => table?.name === TABLE)?.table?.handle ?? null;
}

export function beginAttempts(): Promise<SteadyAttempts> {
  return SteadyAttempts.begin(HOST, PORT);
}

/** One attempt on each address has this outcome. */
export async function eachIs(outcome: Attempt['outcome']): Promise<readonly Attempt[]> {
  const attempts = await Promise.all(HOST.map((address) => attempt(address, PORT)));
  for (const one of attempts) assert.equal(one.outcome, outcome, `${one.address}: ${one.outcome}`);
  return attempts;
}

export async function refusedAtOnce(): Promise<string> {
  const tookMs = (await eachIs('refused')).map((one) => one.endedMs - one.startedMs);
  for (const one of tookMs) assert.ok(one <= AT_ONCE_MS, `a RST after ${one.toFixed(1)} ms`);
  return tookMs.map((one) => `${one.toFixed(1)} ms`).join(' and ');
}

export function allRefused(attempts: readonly Attempt[]): string {
  assert.ok(attempts.length > 0);
  for (const one of attempts) assert.equal(one.outcome, 'refused', `${one.address}: ${one.outcome}`);
  return `${attempts.length} of ${attempts.length} attempts refused`;
}

/** Someone else takes the table away; the agent notices and puts another in its place. */
export async function restoredAfter(command: readonly string[], agent: Agent): Promise<string> {
  const before = await tableHandle();
  const steady = await beginAttempts();
  let attempts: readonly Attempt[];
  try {
    await onHost('nft', ...command);
    const { command: offender } = await agent.logged('table-restored');
    assert.equal(offender, 'nft');
  } finally {
    attempts = await steady.stop();
  }
  const after = await tableHandle();
  assert.ok(after !== null && after !== before, `the table is ${after}, it was ${before}`);
  await refusedAtOnce();
  const openMs = longestOpeningMs(attempts);
  assert.ok(
    openMs <= CLOSED_AGAIN_MS,
    `open for up to ${openMs.toFixed()} ms, allowed are ${CLOSED_AGAIN_MS} ms`,
  );
  return `open for at most ${openMs.toFixed()} ms`;
}
