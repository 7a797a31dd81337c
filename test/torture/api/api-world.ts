// An instance whose way to its API is the long one: metadata service, role, Discovery Lambda, a name, TLS, HTTP and a signature
// that is verified; and a client that tries its ports.
import { readdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { AwsScene } from '../../e2e/agent/aws-scene.ts';
import { type AgentProcess, INSTANCE_ID } from '../../fixtures/programs.ts';
import { AgentClock } from './agent-clock.ts';
import type { Family, Stance } from './fault.ts';
import { NameServer } from './name-server.ts';
import { PortProbe } from './port-probe.ts';
import { API_HOST, SecureFront, trustBundle } from './secure-front.ts';

/** Beside the API: a second address of it, and a proxy. */
const SOCKETS = 3;

/** For what comes within a period, unless a machine is very busy. */
const PATIENCE_MS = 20_000;
/** On a machine so busy that its first polls go past their deadline. */
const START_PATIENCE_MS = 60_000;

export interface Questions {
  readonly api: number;
  readonly names: number;
  readonly services: number;
}

export class ApiWorld {
  readonly aws: AwsScene;
  readonly front: SecureFront;
  /** Where the API may move to. */
  readonly elsewhere: SecureFront;
  readonly names: NameServer;
  readonly probe: PortProbe;
  readonly stance: Stance;
  readonly #family: Family;
  readonly #clock: AgentClock | null;
  #agent: AgentProcess | undefined;

  private constructor(
    aws: AwsScene,
    names: NameServer,
    probe: PortProbe,
    { family, stance }: { readonly family: Family; readonly stance: Stance },
  ) {
    this.aws = aws;
    this.names = names;
    this.probe = probe;
    this.stance = stance;
    this.#family = family;
    this.#clock = family.withClock ? AgentClock.create(aws.scene.directory) : null;
    const [front, elsewhere] = aws.sockets;
    this.front = new SecureFront(front!, aws.working);
    this.elsewhere = new SecureFront(elsewhere!, aws.working);
  }

  /** Lasts until the test ends, or whatever else calls what it was given to `after`. */
  static async create(t: Pick<TestContext, 'after'>, family: Family, stance: Stance): Promise<ApiWorld> {
    const aws = await AwsScene.create(t as TestContext, { sockets: SOCKETS });
    const names = await NameServer.create(aws.scene.namespace);
    t.after(() => names.close());
    const probe = await PortProbe.create(aws.scene.namespace);
    t.after(() => probe.close());
    const world = new ApiWorld(aws, names, probe, { family, stance });
    if (world.#clock !== null) t.after(() => world.#clock?.close());
    t.after(() => {
      world.front.close();
      world.elsewhere.close();
    });
    const vpcEndpoint = family.withEndpoint ? new URL(aws.api.url).host : '';
    aws.sandbox.change({ discovery: { apiUrl: world.front.url, vpcEndpoint } });
    writeFileSync(world.#bundle, trustBundle());
    return world;
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('no agent was started');
    return this.#agent;
  }

  /** The agent's, in a family with one. */
  get clock(): AgentClock {
    if (this.#clock === null) throw new Error('the agents of this family have the clock of the host');
    return this.#clock;
  }

  /** The socket of the proxy, which is a fault's or a family's to serve. */
  get proxyUrl(): string {
    return `http://127.0.0.1:${this.aws.sockets[2]!.port}`;
  }

  get proxySocket() {
    return this.aws.sockets[2]!.socket;
  }

  /** Starts the agent and waits until it is in its stance. */
  async start(): Promise<void> {
    await this.boot();
    await this.agent.log.waitFor('state-changed', 0, START_PATIENCE_MS);
    // Those of drained/: until then the record is being written.
    if (this.stance === 'draining') await this.agent.log.waitFor('hook-completed', 0, START_PATIENCE_MS);
  }

  /** Starts the agent on an instance that nothing was learnt of before, and waits for nothing. */
  async boot(): Promise<void> {
    await this.aws.fleet.setState(INSTANCE_ID, this.stance);
    const { args = [], env = {} } = this.#family;
    const named = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('PROXY', this.proxyUrl)]),
    );
    this.#agent = this.aws.start(args, {
      env: { AWS_CA_BUNDLE: this.#bundle, ...this.#clock?.env, ...named },
      wrapper: this.names.wrapper(this.aws.scene.path('resolv.conf')),
    });
  }

  /** Waits until `count` polls more have ended. */
  async polls(count: number): Promise<void> {
    const { log } = this.agent;
    for (let from = log.lines.length, left = count; left > 0; left -= 1) {
      from = log.lines.indexOf(await log.waitFor('polled', from, PATIENCE_MS)) + 1;
    }
  }

  /** What the agent has asked so far: connections to the API and requests of it, names, and the services of AWS. */
  questions(): Questions {
    const { imds, sts, ec2, lambda } = this.aws.sandbox.requests().total;
    const fronts = [this.front, this.elsewhere];
    const https = fronts.reduce((sum, { connections, requests }) => sum + connections + requests, 0);
    return {
      api: https + this.aws.api.polls.length,
      names: this.names.questions,
      services: imds + sts + ec2 + lambda,
    };
  }

  /** Hosts that were asked for and are none of the API's: where a redirect leads, above all. A search list adds to a name. */
  strangers(): string[] {
    return [...this.names.names].filter((name) => !name.startsWith(API_HOST));
  }

  /** Everything below the agent's directories, by name. */
  files(): string {
    return readdirSync(this.aws.scene.root, { recursive: true }).sort().join(' ');
  }

  /** The table, with handles: equal texts mean that it was not even replaced. Its counters are left out. */
  async table(): Promise<string> {
    const { namespace } = this.aws.scene;
    const list = 'nft -s -a list table inet cs-instance-watcher 2>/dev/null || true';
    return await namespace.shell(list);
  }

  /** A rule of somebody else's, in a table of its own, for every packet to the API's address. */
  rule(
    verdict: 'drop' | 'reject with tcp reset',
    port: number = this.front.port,
  ): Promise<() => Promise<void>> {
    return this.#rules(`tcp dport ${port} ${verdict};`);
  }

  /**
   * Whatever is sent over these connections is lost without a word, as when a gateway has forgotten them. Named by the agent's
   * ports, as `keptConnections` tells them.
   */
  forget(ports: readonly string[]): Promise<() => Promise<void>> {
    return this.#rules(`tcp sport { ${ports} } drop; tcp dport { ${ports} } drop;`);
  }

  /** The agent's ports of its connections to the API. */
  async keptConnections(): Promise<string[]> {
    const { namespace } = this.aws.scene;
    const sockets = await namespace.shell(`ss -Htn state established dport = :${this.front.port}`);
    return [...sockets.matchAll(/:(\d+)\s+\S+:\d+\s*$/gm)].map(([, port]) => port!);
  }

  async #rules(rules: string): Promise<() => Promise<void>> {
    const { namespace } = this.aws.scene;
    const chain = `chain output { type filter hook output priority 0; ${rules} }`;
    await namespace.run('nft', [`table inet faults { ${chain}; }`]);
    return () => namespace.run('nft', ['delete table inet faults']).then(() => undefined);
  }

  get #bundle(): string {
    return this.aws.scene.path('authorities.pem');
  }
}
