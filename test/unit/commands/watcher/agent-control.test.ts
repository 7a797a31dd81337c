// What stays of a lease when the agent ends: of an operator's table nothing, of a drain everything.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endLease, openAgentControl } from '../../../../src/commands/watcher/agent-control.ts';
import type { Inspection } from '../../../../src/firewall/ruleset.ts';
import { SummaryWatch } from '../../../../src/watcher/control/summary-watch.ts';
import { adopt } from '../../../../src/watcher/domain/adopt.ts';
import type { AgentState } from '../../../../src/watcher/domain/agent-state.ts';
import type { Lease } from '../../../../src/watcher/domain/lease.ts';
import { prevailing } from '../../../../src/watcher/domain/prevailing.ts';
import { fanOut } from '../../../../src/watcher/observe/fan-out.ts';

const TIMES = { sinceWallMs: 1, untilWallMs: 2 };
const CLOSED: Lease = { kind: 'override', verdict: 'closed', reason: 'x', ...TIMES };
const OPEN: Lease = { ...CLOSED, verdict: 'open' };
const DRAINING: Lease = { kind: 'simulation', state: 'draining', ...TIMES };

const ORPHAN: Inspection = {
  table: 'ours',
  ownership: 'plain',
  holder: 'nobody',
  ruleset: { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false },
  difference: null,
  refused: null,
};

interface Host {
  readonly table: Inspection;
  readonly remove: () => Promise<void>;
}

/** What ending the agent does in this state, as words. */
async function ending(
  state: Partial<AgentState> | null,
  { table = ORPHAN, remove = async (): Promise<void> => {} }: Partial<Host> = {},
): Promise<string[]> {
  const did: string[] = [];
  const summaries = new SummaryWatch();
  if (state !== null) {
    const whole = { ...adopt(null, { table: 'absent' }), ...state };
    summaries.settled({ state: whole, now: prevailing(whole), refusing: false, count: null, degraded: [] });
  }
  const reporter = fanOut([
    {
      announce: ({ event }) => did.push(event),
      tableRemoved: () => did.push('removed'),
      degraded: (part, problem) => did.push(`${part}: ${problem}`),
    },
  ]);
  await endLease(summaries, { remove, inspect: async () => table }, reporter);
  return did;
}

describe('at the end of the agent', () => {
  const cases: readonly (readonly [string, Partial<AgentState> | null, readonly string[]])[] = [
    ['that has not settled yet, nothing is done', null, []],
    ['without a lease, a drain stays', { desired: 'refuse' }, []],
    [
      'an override that closed open ports opens them',
      { desired: 'open', lease: CLOSED },
      ['lease-ended', 'removed'],
    ],
    [
      'an override that closed while nothing was known opens them',
      { lease: CLOSED },
      ['lease-ended', 'removed'],
    ],
    [
      'an override that closed what drains leaves the drain',
      { desired: 'refuse', lease: CLOSED },
      ['lease-ended'],
    ],
    [
      'an override that opened leaves the ports as they are',
      { desired: 'refuse', lease: OPEN },
      ['lease-ended'],
    ],
    ['a simulated drain opens the ports', { desired: 'open', lease: DRAINING }, ['lease-ended', 'removed']],
  ];
  for (const [what, state, expected] of cases)
    test(what, async () => assert.deepEqual(await ending(state), expected));

  for (const table of [{ table: 'absent' }, { table: 'foreign', comment: null }] as const) {
    test(`where the table is ${table.table}, nothing is removed`, async () => {
      const remove = (): Promise<void> => assert.fail('removed');
      const did = await ending({ desired: 'open', lease: CLOSED }, { table, remove });
      assert.deepEqual(did, ['lease-ended']);
    });
  }

  test('a table that cannot be removed is told', async () => {
    const fails = (): Promise<void> => Promise.reject(new Error('not now'));
    assert.deepEqual(await ending({ desired: 'open', lease: CLOSED }, { remove: fails }), [
      'lease-ended',
      'firewall: not now',
    ]);
  });
});

test('without the lock there is no control socket, and that is told', async () => {
  const troubles: unknown[] = [];
  const control = openAgentControl({
    config: { runtimeDir: '/nowhere' },
    holdsLock: false,
    subject: {
      status: () => assert.fail(),
      metrics: () => assert.fail(),
      areScriptsPending: () => false,
      lease: () => assert.fail(),
    },
    summaries: new SummaryWatch(),
    reporter: { degraded: (part, problem) => troubles.push([part, problem]) },
  });
  await control.close();
  assert.deepEqual(troubles, [
    [
      'control socket',
      'not opened without the lock; status, wait, override and simulate cannot reach the agent',
    ],
  ]);
});
