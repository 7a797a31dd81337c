// What the fake adds to the contract: the misfortunes that unit tests of its callers need.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeFirewall, FakeKernel } from '../../../src/firewall/fake-firewall.ts';
import type { Ruleset, RulesetEvent } from '../../../src/firewall/ruleset.ts';

const ruleset: Ruleset = {
  ports: [{ first: 80, last: 80 }],
  allowFrom: [],
  includeLoopback: false,
  closing: false,
};

describe('FakeKernel', () => {
  for (const [what, change, code] of [
    ['no permission', { permitted: false }, 'no-permission'],
    ['no nf_tables', { hasNftables: false }, 'no-nftables'],
  ] as const) {
    it(`refuses every call with ${what}`, async () => {
      const kernel: FakeKernel = Object.assign(new FakeKernel(), change);
      const firewall = new FakeFirewall(kernel);
      for (const call of [
        () => firewall.apply(ruleset),
        () => firewall.remove(),
        () => firewall.inspect(),
        () => firewall.probe(),
        () => firewall.connections(ruleset.ports, false),
        () => firewall.destroy(ruleset.ports, false),
        async () => firewall.monitor(() => {}, assert.fail),
      ]) {
        await assert.rejects(call(), { name: 'FirewallError', code });
      }
      assert.deepEqual(kernel.transactions, []);
    });
  }

  it('shows an edit as a difference, and apply mends it', async () => {
    const kernel = new FakeKernel();
    const firewall = new FakeFirewall(kernel);
    const intact = await firewall.apply(ruleset);
    kernel.editTable('rule 1 of chain prerouting was added');
    assert.deepEqual(await firewall.inspect(), {
      ...intact,
      ruleset: null,
      refused: null,
      difference: 'rule 1 of chain prerouting was added',
    });
    assert.deepEqual(await firewall.apply(ruleset), intact);
  });

  it('adopts an intact orphan, replaces another, and leaves its own alone', async () => {
    const kernel = new FakeKernel();
    const [first, second] = [new FakeFirewall(kernel), new FakeFirewall(kernel)];
    await first.apply(ruleset);
    first.close();
    await second.apply(ruleset);
    await second.apply(ruleset);
    await second.apply({ ...ruleset, includeLoopback: true });
    assert.deepEqual(kernel.transactions, ['apply', 'adopt', 'apply']);
  });

  it('keeps a table that another process holds', async () => {
    const kernel = new FakeKernel();
    kernel.addHeldTable(ruleset);
    const firewall = new FakeFirewall(kernel);
    await assert.rejects(firewall.apply(ruleset), { code: 'table-held' });
    const found = await firewall.inspect();
    assert.ok(found.table === 'ours' && found.holder === 'other');
  });

  it('counts refusals and loses events', async () => {
    const kernel = new FakeKernel();
    const firewall = new FakeFirewall(kernel, { ownership: 'plain' });
    await firewall.apply(ruleset);
    kernel.refuse(0, 3);
    const found = await firewall.inspect();
    assert.deepEqual(found.table === 'ours' && found.refused, [3]);

    const event = await new Promise<RulesetEvent>((resolve, reject) => {
      firewall.monitor(resolve, reject);
      kernel.loseEvents();
    });
    assert.deepEqual(event, { kind: 'overflow', pid: null, command: null });
  });

  it('delivers nothing after a monitor is closed', async () => {
    const kernel = new FakeKernel();
    const monitor = new FakeFirewall(kernel).monitor(() => assert.fail('delivered'), assert.fail);
    kernel.addForeignTable();
    monitor.close();
    await new Promise((resolve) => setImmediate(resolve));
  });
});
