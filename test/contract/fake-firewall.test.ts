// The contract against the firewall in memory.
import { FakeFirewall, FakeKernel } from '../../src/firewall/fake-firewall.ts';
import { describeFirewallContract } from './firewall.contract.ts';

describeFirewallContract('fake firewall', async () => {
  const kernel = new FakeKernel();
  return {
    open: async (options) => new FakeFirewall(kernel, options),
    addForeignTable: async (comment) => kernel.addForeignTable(comment),
    flushRuleset: async () => kernel.flushRuleset(),
    close: async () => {},
  };
});
