// The private network of these tests: a client and the host that drains; where asked for, a container behind the host with a
// published port, and a remote server beyond it. Each is a namespace with an endpoint in it.
import { Endpoint } from '../../fixtures/endpoint.ts';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';

interface Addresses {
  readonly v4: string;
  readonly v6: string;
}

export const HOST = { v4: '192.0.2.1', v6: 'fd00:a::1' } as const;
export const CLIENT = { v4: '192.0.2.2', v6: 'fd00:a::2' } as const;
/** The client's other addresses, as if a colleague of it: what --allow-from names. */
export const ALLOWED = { v4: '192.0.2.77', v6: 'fd00:a::77' } as const;
export const REMOTE = { v4: '198.51.100.2', v6: 'fd00:c::2' } as const;
const CONTAINER = { v4: '172.30.0.2', v6: 'fd00:b::2' } as const;
const CONTAINER_GATEWAY = { v4: '172.30.0.1', v6: 'fd00:b::1' } as const;
const REMOTE_GATEWAY = { v4: '198.51.100.1', v6: 'fd00:c::1' } as const;

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

export interface Published {
  /** Serves the published port, on a port of its own. */
  readonly container: Endpoint;
  /** Serves drained port numbers elsewhere. */
  readonly remote: Endpoint;
}

export class Network {
  readonly client: Endpoint;
  readonly host: Endpoint;
  readonly #endpoints: Endpoint[] = [];

  private constructor(client: Endpoint, host: Endpoint) {
    this.client = client;
    this.host = host;
    this.#endpoints.push(client, host);
  }

  /** Joins client and host, and starts the host's servers. Nothing in it uses conntrack until `publish`. */
  static async create(): Promise<Network> {
    const [client, host] = await Promise.all([createNamespace(), createNamespace()]);
    const network = new Network(new Endpoint(client), new Endpoint(host));
    try {
      await network.#join(client, 'client', HOST, [CLIENT, ALLOWED]);
      await network.host.call('listen', Object.values(SERVED));
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Adds container and remote server, and loads the container engine's table. */
  async publish(): Promise<Published> {
    const host = this.host.namespace;
    const [inner, outer] = await Promise.all([createNamespace(), createNamespace()]);
    const [container, remote] = [new Endpoint(inner), new Endpoint(outer)];
    this.#endpoints.push(container, remote);
    // A forwarded packet waits for the neighbour to be found from a link-local address, which is not to be tentative.
    await host.shell('echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad');
    await this.#join(inner, 'container', CONTAINER_GATEWAY, [CONTAINER]);
    await this.#join(outer, 'remote', REMOTE_GATEWAY, [REMOTE]);
    await host.shell(
      'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    );
    const { v4, v6 } = CONTAINER_GATEWAY;
    await inner.shell(`ip route add default via ${v4}; ip -6 route add default via ${v6}`);
    await Promise.all([
      container.call('listen', [80]),
      remote.call('listen', [SERVED.web, PUBLISHED]),
      this.nft(ENGINE),
    ]);
    return { container, remote };
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
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.namespace.close()));
  }

  #join(far: Namespace, name: string, near: Addresses, others: readonly Addresses[]): Promise<void> {
    const prefixed = ({ v4, v6 }: Addresses) => [`${v4}/24`, `${v6}/64`];
    return connect(
      { namespace: this.host.namespace, device: `to-${name}`, addresses: prefixed(near) },
      { namespace: far, device: 'to-host', addresses: others.flatMap(prefixed) },
    );
  }
}
