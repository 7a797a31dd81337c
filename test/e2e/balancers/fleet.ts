// Two instances behind a balancer, each a namespace with an agent; the first is drained and stopped. Addresses and ports are those of
// the shipped configurations, so that these run exactly as they are.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';
import {
  type AgentProcess,
  askEverySecond,
  KEY,
  startAgent,
  temporaryDirectory,
} from '../../fixtures/programs.ts';
import { DrainHost } from '../packets/drain-host.ts';
import { ProgramIn } from './child-process.ts';
import type { Tally } from './clients-program.ts';
import { Stream } from './stream.ts';

const APPLICATION_PORT = 8080;
const INSTANCES = { a: '192.0.2.11', b: '192.0.2.12' } as const;

export class Fleet {
  /** Where the balancer and its clients are. */
  readonly front: Namespace;
  /** The instance that drains. */
  readonly host: DrainHost;
  readonly #backs: readonly Namespace[];
  readonly #applications: ProgramIn<string>[];
  readonly #agentArguments: readonly string[];
  readonly #requestsPerConnection: number;
  #clients: ProgramIn<Tally> | null = null;
  #otherAgent: AgentProcess | null = null;

  private constructor(
    front: Namespace,
    backs: readonly Namespace[],
    host: DrainHost,
    agentArguments: readonly string[],
    requestsPerConnection: number,
  ) {
    this.front = front;
    this.#backs = backs;
    this.host = host;
    this.#agentArguments = agentArguments;
    this.#requestsPerConnection = requestsPerConnection;
    this.#applications = Object.keys(INSTANCES).map((_name, i) => this.#application(i));
  }

  /**
   * Starts the instances and their agents, with these arguments; lasts until the test ends. The applications close a connection
   * after so many requests, as many do; 0 for never.
   */
  static async create(
    test: Pick<TestContext, 'after'>,
    agentArguments: readonly string[],
    requestsPerConnection: number,
  ): Promise<Fleet> {
    const [front, ...backs] = await Promise.all([createNamespace(), createNamespace(), createNamespace()]);
    test.after(() => Promise.all([front, ...backs].map((namespace) => namespace.close())));
    const entries = Object.entries(INSTANCES);
    for (const [i, [name, address]] of entries.entries()) {
      const near = { namespace: front, device: `to-${name}`, addresses: ['192.0.2.1/32'] };
      await connect(near, { namespace: backs[i]!, device: 'to-front', addresses: [`${address}/24`] });
      await front.run('ip', ['route', 'add', address, 'dev', `to-${name}`]);
    }
    const host = await DrainHost.create(backs[0]!, 'plain');
    const fleet = new Fleet(front, backs, host, agentArguments, requestsPerConnection);
    test.after(() => fleet.#close());
    await Promise.all(fleet.#applications.map((application) => application.next()));
    fleet.#startAgent();
    fleet.#startOther(test);
    await host.agent.log.waitFor('state-changed');
    await fleet.#otherAgent?.log.waitFor('hold-began');
    return fleet;
  }

  /** Clients send from now on; waits until both instances have answered. Those before them have stopped. */
  async startClients(count = 20): Promise<void> {
    await this.#clients?.kill();
    this.#clients = new ProgramIn<Tally>(this.front, 'clients-program.ts', [
      '127.0.0.1',
      '80',
      String(count),
    ]);
    await this.untilBoth();
  }

  /** Waits until both instances answer. */
  untilBoth(): Promise<Tally> {
    return this.#tallies.next(
      ({ recent }) => recent.a !== undefined && recent.b !== undefined,
      'both instances',
    );
  }

  /** Waits until so many more requests were answered, and returns the whole tally. */
  async answered(more: number): Promise<Tally> {
    const { answered } = await this.#tallies.next();
    return this.#tallies.next((tally) => tally.answered >= answered + more, `${more} more answers`);
  }

  /** Waits until only the other instance answers. */
  untilLeft(): Promise<Tally> {
    return this.#tallies.next(
      ({ recent }) => recent.a === undefined && (recent.b ?? 0) > 0,
      'only b to answer',
    );
  }

  /** The clients stop; what became of all their requests. */
  async stopClients(): Promise<Tally> {
    const last = this.#tallies.next();
    this.#tallies.tell();
    return last;
  }

  /** Opens an answer that does not end, from the instance that will drain. */
  async openStream(): Promise<Stream> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const stream = await Stream.open(this.front);
      if (stream.server === 'a') return stream;
      stream.abandon();
    }
    throw new Error('no stream came from a');
  }

  /** The application ends the answers that go on. */
  endStreams(): void {
    this.#applications[0]!.tell();
  }

  /** The instance is gone, as a stopped one is: it does not answer at all. */
  async stopInstance(): Promise<void> {
    await this.#applications[0]!.kill();
    await this.host.agent.kill();
    await this.#backs[0]!.run('ip', ['link', 'set', 'to-front', 'down']);
  }

  /** The stopped instance runs again, as one that was started by the API's own wish: it says running. */
  async startInstance(): Promise<void> {
    await this.host.setState('running');
    await this.#backs[0]!.run('ip', ['link', 'set', 'to-front', 'up']);
    this.#startAgent();
    this.#applications[0] = this.#application(0);
    await this.#applications[0].next();
  }

  /** SYNs to the application's port that the drain table has refused. */
  async refusedConnections(): Promise<number> {
    const [, packets] = /counter packets (\d+)/.exec(await this.host.table()) ?? [];
    assert.ok(packets !== undefined, await this.host.table());
    return Number(packets);
  }

  #startAgent(): void {
    this.host.start({ ports: [String(APPLICATION_PORT)], args: this.#agentArguments });
  }

  /** Starts the one of an instance; its first message says that it listens. */
  #application(i: number): ProgramIn<string> {
    const words = [Object.keys(INSTANCES)[i]!, String(this.#requestsPerConnection)];
    return new ProgramIn<string>(this.#backs[i]!, 'application-program.ts', words);
  }

  /** The agent that is not to drain reaches no API all the while: not knowing takes no server out. */
  #startOther(test: Pick<TestContext, 'after'>): void {
    const directory = temporaryDirectory('/run');
    test.after(directory.close);
    const ports = ['--on-draining-block-new-connections-to-ports', String(APPLICATION_PORT)];
    this.#otherAgent = startAgent({
      namespace: this.#backs[1]!,
      directory: directory.path,
      args: [...askEverySecond({ url: 'http://127.0.0.1:1/v1/' }), ...ports, ...this.#agentArguments],
      env: KEY,
    });
  }

  get #tallies(): ProgramIn<Tally> {
    assert.ok(this.#clients !== null, 'clients were started');
    return this.#clients;
  }

  async #close(): Promise<void> {
    await this.#clients?.kill();
    for (const application of this.#applications) await application.kill();
    await this.#otherAgent?.kill();
    await this.host.close();
  }
}
