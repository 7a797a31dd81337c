// The demo's private network: a LAN with a client, a HAProxy, an Interaction API and two instances, each in a namespace of
// its own, and a container behind instance A.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogLines } from '../fixtures/log-lines.ts';
import { connect, createNamespace, type Namespace } from '../fixtures/netns.ts';
import { type AgentProcess, type ApiProcess, startAgent, startApi } from '../fixtures/programs.ts';
import type { ClientCommand } from './client-protocol.ts';

export const WEB_PORT = 8080;
/** The container's port 80, published on instance A. */
export const PUBLISHED_PORT = 8088;
export const ADDRESSES = {
  balancer: '10.80.0.2',
  api: '10.80.0.3',
  client: '10.80.0.10',
  a: '10.80.0.11',
  b: '10.80.0.12',
};
export const A_V6 = 'fd80::11';

type Host = keyof typeof ADDRESSES;

const HAPROXY_CFG = `
global
  maxconn 1000
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch 1
  retry-on conn-failure
frontend web
  bind ${ADDRESSES.balancer}:80
  default_backend instances
backend instances
  balance roundrobin
  http-reuse always
  option httpchk GET /health
  default-server check inter 300ms fall 2 rise 2 pool-purge-delay 1s
  server a ${ADDRESSES.a}:${WEB_PORT}
  server b ${ADDRESSES.b}:${WEB_PORT}
`;

export class Stage {
  readonly #namespaces = new Map<Host | 'lan' | 'container', Namespace>();
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];
  #client: ChildProcess | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  in(name: Host | 'container'): Namespace {
    return this.#namespaces.get(name) as Namespace;
  }

  /** Namespaces, cables, addresses. */
  async build(): Promise<void> {
    const lan = await this.#add('lan');
    await lan.run('ip', ['link', 'add', 'br0', 'type', 'bridge']);
    await lan.run('ip', ['link', 'set', 'br0', 'up']);
    for (const [name, address] of Object.entries(ADDRESSES) as [Host, string][]) {
      const namespace = await this.#add(name);
      const v6 = address.replace('10.80.0.', 'fd80::');
      await connect(
        { namespace: lan, device: `to-${name}`, addresses: [] },
        { namespace, device: 'eth0', addresses: [`${address}/24`, `${v6}/64`] },
      );
      await lan.run('ip', ['link', 'set', `to-${name}`, 'master', 'br0']);
    }
    const container = await this.#add('container');
    await connect(
      { namespace: this.in('a'), device: 'docker0', addresses: ['172.17.0.1/16'] },
      { namespace: container, device: 'eth0', addresses: ['172.17.0.2/16'] },
    );
    await container.run('ip', ['route', 'add', 'default', 'via', '172.17.0.1']);
    await this.in('a').shell('echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  /** Starts a web server and waits until it listens. */
  async serveWeb(host: 'a' | 'b' | 'container', name: string, port: number): Promise<void> {
    const script = join(import.meta.dirname, 'web-server.ts');
    const child = this.in(host).spawnNode(script, [name, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    await once(child.stdout!, 'data');
  }

  /** Publishes the container's port 80 as Docker does; from here on the instance tracks connections. */
  async publish(): Promise<void> {
    await this.in('a').run('nft', ['-f', '-'], {
      input: `table ip docker {
        chain prerouting {
          type nat hook prerouting priority dstnat
          fib daddr type local tcp dport ${PUBLISHED_PORT} dnat to 172.17.0.2:80
        }
      }
`,
    });
  }

  async startBalancer(): Promise<string> {
    const file = join(this.#directory, 'haproxy.cfg');
    writeFileSync(file, HAPROXY_CFG);
    this.#children.push(this.in('balancer').spawn('haproxy', ['-db', '-q', '-f', file], { stdio: 'ignore' }));
    return (await this.in('balancer').run('haproxy', ['-v'])).split('\n')[0] as string;
  }

  startApi(): Promise<ApiProcess> {
    return startApi({
      namespace: this.in('api'),
      directory: this.#directory,
      listen: `${ADDRESSES.api}:8443`,
    });
  }

  startAgent(args: readonly string[], env: Readonly<Record<string, string>>): AgentProcess {
    const directory = join(this.#directory, 'a');
    mkdirSync(directory);
    return startAgent({ namespace: this.in('a'), directory, args, env });
  }

  /** Starts the client; its events come as log lines. */
  startClient(): LogLines {
    this.#client = this.in('client').spawnNode(join(import.meta.dirname, 'client.ts'), [], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(this.#client);
    return new LogLines(this.#client.stdout!);
  }

  tellClient(command: ClientCommand): void {
    this.#client?.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Ends the processes started here, and removes the namespaces. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const namespace of this.#namespaces.values()) await namespace.close();
  }

  async #add(name: Host | 'lan' | 'container'): Promise<Namespace> {
    const namespace = await createNamespace();
    this.#namespaces.set(name, namespace);
    return namespace;
  }
}
