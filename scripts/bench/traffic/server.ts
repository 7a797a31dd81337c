// A network namespace with a server in it, behind a link of its own to the client's, and the firewall of that namespace.
import type { Ruleset } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn, type RemoteFirewall } from '../../../test/fixtures/firewall-process.ts';
import { connect, type Namespace } from '../../../test/fixtures/netns.ts';

export class Server {
  readonly namespace: Namespace;
  readonly client: Namespace;
  /** Where the client reaches it. */
  readonly address: string;
  readonly #firewall: RemoteFirewall;

  private constructor(namespace: Namespace, client: Namespace, address: string, firewall: RemoteFirewall) {
    this.namespace = namespace;
    this.client = client;
    this.address = address;
    this.#firewall = firewall;
  }

  /** Links `namespace` to the client's; `index` is another for every server. */
  static async join(namespace: Namespace, client: Namespace, index: number): Promise<Server> {
    const device = `veth${index}`;
    const address = `10.0.${index}.1`;
    await connect(
      { namespace: client, device, addresses: [`10.0.${index}.2/24`] },
      { namespace, device, addresses: [`${address}/24`] },
    );
    return new Server(namespace, client, address, await openFirewallIn(namespace, { ownership: 'auto' }));
  }

  /** Refuses so many ranges of ports, from 10,000 on; 0 takes the table away. */
  async refuse(ranges: number): Promise<void> {
    if (ranges === 0) await this.#firewall.remove();
    else await this.#firewall.apply(rulesetOf(ranges));
  }

  async close(): Promise<void> {
    await this.#firewall.kill();
  }
}

/** Single ports, each 11 from the one before. */
function rulesetOf(count: number): Ruleset {
  const ports = Array.from({ length: count }, (_, index) => {
    const port = 10_000 + 11 * index;
    return { first: port, last: port };
  });
  return { ports, allowFrom: [], includeLoopback: false, closing: false };
}
