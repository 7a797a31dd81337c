// The firewall of a dry run over a fake kernel: what it says is in place, what is, and what it tells of the difference.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { DryRunFirewall } from '../../../../src/commands/watcher/dry-run-firewall.ts';
import { FakeFirewall, FakeKernel } from '../../../../src/firewall/fake-firewall.ts';
import type { Ruleset } from '../../../../src/firewall/ruleset.ts';

const RULESET: Ruleset = {
  ports: [{ first: 80, last: 80 }],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};
const DIFFERS_AFTER_MS = 2_000;

describe('the firewall of a dry run', () => {
  let kernel: FakeKernel;
  /** The agent's beside. */
  let other: FakeFirewall;
  let firewall: DryRunFirewall;
  let nowMs: number;
  let told: (string | null)[];

  beforeEach(() => {
    kernel = new FakeKernel();
    other = new FakeFirewall(kernel);
    nowMs = 0;
    told = [];
    firewall = new DryRunFirewall(new FakeFirewall(kernel), {
      clock: { monotonicMs: () => nowMs },
      differsAfterMs: DIFFERS_AFTER_MS,
      onDifference: (difference) => told.push(difference),
    });
  });

  /** Looks as often as an agent that polls every second does. */
  async function lookFor(seconds: number): Promise<void> {
    for (let second = 0; second <= seconds; second += 1) {
      await firewall.inspect();
      nowMs += 1_000;
    }
  }

  test('installs and removes nothing, and sees what it would have', async () => {
    await firewall.apply(RULESET);
    const found = await firewall.inspect();
    assert.deepEqual(found.table === 'ours' && found.ruleset, RULESET);
    await firewall.remove();
    assert.deepEqual(await firewall.inspect(), { table: 'absent' });
    assert.deepEqual([kernel.table, kernel.transactions], [null, []]);
  });

  test("reads the other agent's table until it would have changed it, and leaves it alone", async () => {
    await other.apply(RULESET);
    assert.deepEqual((await firewall.inspect()).table, 'ours');
    await firewall.remove();
    assert.deepEqual(await firewall.inspect(), { table: 'absent' });
    assert.deepEqual(kernel.transactions, ['apply']);
  });

  test('counts and probes the real one, and closes nothing', async () => {
    kernel.connections = { known: true, perRange: [3], total: 3, idle: 1 };
    kernel.destroyed = { closed: 99, failed: 99 };
    assert.equal(await firewall.connections(RULESET.ports, false), kernel.connections);
    assert.deepEqual(await firewall.destroy(RULESET.ports, false), { closed: 3, failed: 0 });
    assert.equal(await firewall.probe(), kernel.features);
  });

  test("fails as the real one: without permission, and with somebody else's table in the way", async () => {
    kernel.permitted = false;
    await assert.rejects(firewall.apply(RULESET), { code: 'no-permission' });
    kernel.permitted = true;
    kernel.addForeignTable();
    await assert.rejects(firewall.apply(RULESET), { code: 'foreign-table' });
    assert.equal((await firewall.inspect()).table, 'foreign');
  });

  test('tells a difference once, when it has lasted, and its end', async () => {
    await firewall.apply(RULESET);
    await lookFor(1);
    assert.deepEqual(told, []);
    await lookFor(5);
    assert.deepEqual(told, ['the kernel has no drain table, this agent would have one']);
    await other.apply(RULESET);
    await lookFor(5);
    assert.deepEqual(told.slice(1), [null]);
  });

  test('tells none to which the other agent has caught up', async () => {
    await firewall.apply(RULESET);
    await lookFor(1);
    await other.apply(RULESET);
    await lookFor(5);
    await firewall.remove();
    await lookFor(1);
    await other.remove();
    await lookFor(5);
    assert.deepEqual(told, []);
  });

  const differences: readonly (readonly [would: Ruleset | null, change: () => unknown, text: RegExp])[] = [
    [null, () => other.apply(RULESET), /has a drain table, this agent would have none/],
    [
      RULESET,
      () => other.apply({ ...RULESET, includeLoopback: true }),
      /is not the one that this agent would have there: loopback included: yes in the kernel, here no$/,
    ],
    [
      RULESET,
      () => other.apply({ ...RULESET, ports: [{ first: 8000, last: 8100 }], allowFrom: ['10.0.0.0/8'] }),
      /: ports: 8000-8100 in the kernel, here 80; never refused: 10\.0\.0\.0\/8 in the kernel, here nobody$/,
    ],
    [
      RULESET,
      async () => {
        await other.apply(RULESET);
        kernel.editTable('a rule was added');
      },
      /altered drain table: a rule was added/,
    ],
  ];
  for (const [would, change, text] of differences) {
    test(`names the difference: ${text.source}`, async () => {
      await (would === null ? firewall.remove() : firewall.apply(would));
      await change();
      await lookFor(5);
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', text);
    });
  }
});
