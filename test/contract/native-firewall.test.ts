// The contract against the addon and the running kernel, each time in a network namespace of its own.
import assert from 'node:assert/strict';
import { openFirewallIn, type RemoteFirewall } from '../fixtures/firewall-process.ts';
import { createNamespace } from '../fixtures/netns.ts';
import { describeFirewallContract } from './firewall.contract.ts';

describeFirewallContract('native firewall', async () => {
  const namespace = await createNamespace();
  const opened: RemoteFirewall[] = [];
  return {
    async open(options) {
      const firewall = await openFirewallIn(namespace, options);
      opened.push(firewall);
      return firewall;
    },
    async addForeignTable(comment) {
      const body = comment === null ? '' : `comment "${comment}"`;
      await namespace.run('nft', ['-f', '-'], { input: `table inet cs-instance-watcher { ${body}\n}\n` });
    },
    async flushRuleset() {
      await namespace.run('nft', ['flush', 'ruleset']);
    },
    async close() {
      for (const firewall of opened) {
        firewall.close();
        assert.equal(await firewall.end(), 0);
      }
      await namespace.close();
    },
  };
});
