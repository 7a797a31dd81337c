// An instance whose way to its API is the long one: metadata service, role, Discovery Lambda, a name, TLS, HTTP and a signature
// that is verified; and a client that tries its ports.
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { AwsScene } from '../../e2e/agent/aws-scene.ts';
import { type AgentProcess, INSTANCE_ID } from '../../fixtures/programs.ts';
import type { Family, Stance } from './fault.ts';
import { NameServer } from './name-server.ts';
import { PortProbe } from './port-probe.ts';
import { SecureFront, trustBundle } from './secure-front.ts';

/** Beside the API: a second address of it, and a proxy. */
const SOCKETS = 3;

export class ApiWorld {
  readonly aws: AwsScene;
  readonly front: SecureFront;
  /** Where the API may move to. */
  readonly elsewhere: SecureFront;
  readonly names: NameServer;
  readonly probe: PortProbe;
  readonly stance: Stance;
  readonly #family: Family;
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
    await this.agent.log.waitFor('state-changed');
    // Those of drained/: until then the record is being written.
    if (this.stance === 'draining') await this.agent.log.waitFor('hook-completed');
  }

  /** Starts the agent on an instance that nothing was learnt of before, and waits for nothing. */
  async boot(): Promise<void> {
    await this.aws.fleet.setState(INSTANCE_ID, this.stance);
    const { args = [], env = {} } = this.#family;
    const named = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('PROXY', this.proxyUrl)]),
    );
    this.#agent = this.aws.start(args, {
      env: { AWS_CA_BUNDLE: this.#bundle, ...named },
      wrapper: this.names.wrapper(this.aws.scene.path('resolv.conf')),
    });
  }

  /** Waits until `count` polls more have ended. */
  async polls(count: number): Promise<void> {
    const from = this.agent.log.lines.length;
    let left = count;
    await this.agent.log.waitFor(
      ({ event }) => event === 'polled' && --left === 0,
      from,
      10_000 + count * 3_000,
    );
  }

  /** Everything that the agent has asked of anybody. */
  questions(): number {
    const { imds, sts, ec2, lambda } = this.aws.sandbox.requests().total;
    const fronts = [this.front, this.elsewhere];
    const https = fronts.reduce((sum, { connections, requests }) => sum + connections + requests, 0);
    return imds + sts + ec2 + lambda + https + this.names.questions + this.aws.api.polls.length;
  }

  /** The table, with handles: equal texts mean that it was not even replaced. Its counters are left out. */
  async table(): Promise<string> {
    const { namespace } = this.aws.scene;
    const list = 'nft -s -a list table inet cs-instance-watcher 2>/dev/null || true';
    return await namespace.shell(list);
  }

  /** A rule of somebody else's, in a table of its own, for every packet to the API's address. */
  async rule(verdict: 'drop' | 'reject with tcp reset'): Promise<() => Promise<void>> {
    const { namespace } = this.aws.scene;
    await namespace.shell(
      `nft 'table inet faults { chain output { type filter hook output priority 0;
        tcp dport ${this.front.port} ${verdict}; }; }'`,
    );
    return () => namespace.shell('nft delete table inet faults').then(() => undefined);
  }

  get #bundle(): string {
    return this.aws.scene.path('authorities.pem');
  }
}
