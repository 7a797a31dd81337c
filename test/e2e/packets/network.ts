// The private network of these tests: a client, the host that drains, a container behind it with a published port, and a
// remote server beyond it. Each is a namespace with an endpoint in it.
import { Endpoint } from '../../fixtures/endpoint.ts';
import { connect, createNamespace } from '../../fixtures/netns.ts';

export const HOST = { v4: '192.0.2.1', v6: 'fd00:a::1' } as const;
export const CLIENT = { v4: '192.0.2.2', v6: 'fd00:a::2' } as const;
/** The client's other addresses, as if a colleague of it: what --allow-from names. */
export const ALLOWED = { v4: '192.0.2.77', v6: 'fd00:a::77' } as const;
export const REMOTE = { v4: '198.51.100.2', v6: 'fd00:c::2' } as const;
const CONTAINER = { v4: '172.30.0.2', v6: 'fd00:b::2' } as const;

export const FAMILIES = ['v4', 'v6'] as const;

/** What the host serves itself: single ports, two of a range, and one that no test drains. */
export const SERVED = { web: 80, tls: 443, rangeFirst: 8000, rangeLast: 8010, other: 22 } as const;
/** The host's port that leads to the container's port 80. */
export const PUBLISHED = 8080;

// What a container engine writes: the published port, from outside and from the host, and masquerading for what goes out.
const ENGINE = `table inet engine {
  chain prerouting { type nat hook prerouting priority dstnat;
    fib daddr type local tcp dport ${PUBLISHED} dnat ip to ${CONTAINER.v4}:80
    fib daddr type local tcp dport ${PUBLISHED} dnat ip6 to [${CONTAINER.v6}]:80
  }
  chain output { type nat hook output priority -100;
    fib daddr type local tcp dport ${PUBLISHED} dnat ip to ${CONTAINER.v4}:80
  }
  chain postrouting { type nat hook postrouting priority srcnat;
    ip saddr 172.30.0.0/24 oifname "to-remote" masquerade
    ip6 saddr fd00:b::/64 oifname "to-remote" masquerade
  }
}`;

export class Network {
  readonly client: Endpoint;
  readonly host: Endpoint;
  readonly container: Endpoint;
  readonly remote: Endpoint;

  private constructor(client: Endpoint, host: Endpoint, container: Endpoint, remote: Endpoint) {
    this.client = client;
    this.host = host;
    this.container = container;
    this.remote = remote;
  }

  /** Joins the namespaces and starts the servers. Nothing in it uses conntrack until `publish`. */
  static async create(): Promise<Network> {
    const namespaces = await Promise.all([1, 2, 3, 4].map(createNamespace));
    const [client, host, container, remote] = namespaces.map((namespace) => new Endpoint(namespace));
    const network = new Network(client!, host!, container!, remote!);
    await network.#join();
    await network.host.call('listen', Object.values(SERVED));
    await network.container.call('listen', [80]);
    await network.remote.call('listen', [SERVED.web, PUBLISHED]);
    return network;
  }

  /** Loads the container engine's table. */
  async publish(): Promise<void> {
    await this.nft(ENGINE);
  }

  /** Loads nft text on the host. */
  async nft(ruleset: string): Promise<void> {
    await this.host.namespace.run('nft', ['-f', '-'], { input: ruleset });
  }

  /** What the host's conntrack knows, a line an entry. */
  async tracked(): Promise<string[]> {
    const text = await this.host.namespace.run('cat', ['/proc/net/nf_conntrack']);
    return text.split('\n').filter((line) => line !== '');
  }

  async close(): Promise<void> {
    const endpoints = [this.client, this.host, this.container, this.remote];
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await Promise.all(endpoints.map((endpoint) => endpoint.namespace.close()));
  }

  async #join(): Promise<void> {
    const { client, host, container, remote } = this;
    const join = (far: Endpoint, name: string, near: readonly string[], addresses: readonly string[]) =>
      connect(
        { namespace: host.namespace, device: `to-${name}`, addresses: near },
        { namespace: far.namespace, device: 'to-host', addresses },
      );
    const clients = [CLIENT, ALLOWED].flatMap(({ v4, v6 }) => [`${v4}/24`, `${v6}/64`]);
    await join(client, 'client', [`${HOST.v4}/24`, `${HOST.v6}/64`], clients);
    await join(
      container,
      'container',
      ['172.30.0.1/24', 'fd00:b::1/64'],
      [`${CONTAINER.v4}/24`, `${CONTAINER.v6}/64`],
    );
    await join(remote, 'remote', ['198.51.100.1/24', 'fd00:c::1/64'], [`${REMOTE.v4}/24`, `${REMOTE.v6}/64`]);
    await host.namespace.shell(
      'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    );
    await container.namespace.shell(
      'ip route add default via 172.30.0.1; ip -6 route add default via fd00:b::1',
    );
  }
}
