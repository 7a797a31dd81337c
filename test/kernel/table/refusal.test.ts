// Real packets: who is refused, how, and that each refusal is counted on its range. (Connections that live on and
// published ports are the end-to-end suite's.)
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';

const program = fileURLToPath(new URL('./connect-program.ts', import.meta.url));

for (const ownership of ['auto', 'plain'] as const) {
  describe(`packets, ownership ${ownership}`, () => {
    let server: Namespace;
    let client: Namespace;
    let firewall: RemoteFirewall;
    let listener: ReturnType<Namespace['spawnNode']>;

    before(async () => {
      [server, client] = await Promise.all([createNamespace(), createNamespace()]);
      await connect(
        { namespace: server, device: 'veth0', addresses: ['192.0.2.1/24', '2001:db8::1/64'] },
        { namespace: client, device: 'veth0', addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::2/64'] },
      );
      listener = server.spawnNode(program, ['listen', '80', '443', '8050'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(listener.stdout!, 'data');
      firewall = await openFirewallIn(server, { ownership });
    });
    after(async () => {
      listener.stdin!.end();
      await Promise.all([once(listener, 'exit'), firewall.kill()]);
      await Promise.all([server.close(), client.close()]);
    });

    /** Connects from `from` to each `address port [source]`; resolves with what became of each. */
    const attempts = async (from: Namespace, ...targets: string[]) =>
      (await from.run(process.execPath, [program, 'connect', ...targets])).trim().split('\n');

    const everywhere = [
      '192.0.2.1 80',
      '2001:db8::1 80',
      '192.0.2.1 8050',
      '2001:db8::1 8050',
      '192.0.2.1 443',
    ];
    const ruleset: Ruleset = {
      ports: [
        { first: 80, last: 80 },
        { first: 8000, last: 8100 },
      ],
      allowFrom: [],
      includeLoopback: false,
      closing: false,
    };

    it('refuses the ports given with a RST, on IPv4 and IPv6, and counts by range', async () => {
      await firewall.remove();
      assert.deepEqual(await attempts(client, ...everywhere), new Array(5).fill('connected'));
      await firewall.apply(ruleset);
      const refused = new Array(4).fill('ECONNREFUSED');
      assert.deepEqual(await attempts(client, ...everywhere), [...refused, 'connected']);
      const found = await firewall.inspect();
      assert.deepEqual(found.table === 'ours' && found.refused, [2, 2]);
      await firewall.remove();
      assert.deepEqual(await attempts(client, ...everywhere), new Array(5).fill('connected'));
    });

    it('refuses none of those it is to let in', async () => {
      await firewall.apply({ ...ruleset, allowFrom: ['192.0.2.3/32', '2001:db8::2/128'] });
      const targets = ['192.0.2.1 80 192.0.2.3', '2001:db8::1 80', '192.0.2.1 80 192.0.2.2'];
      assert.deepEqual(await attempts(client, ...targets), ['connected', 'connected', 'ECONNREFUSED']);
      const found = await firewall.inspect();
      assert.deepEqual(found.table === 'ours' && found.refused, [1, 0]);
    });

    it('refuses over loopback only when it is included', async () => {
      const targets = ['127.0.0.1 80', '::1 80', '192.0.2.1 80'];
      await firewall.apply(ruleset);
      assert.deepEqual(await attempts(server, ...targets), new Array(3).fill('connected'));
      await firewall.apply({ ...ruleset, includeLoopback: true });
      assert.deepEqual(await attempts(server, ...targets), new Array(3).fill('ECONNREFUSED'));
    });
  });
}
