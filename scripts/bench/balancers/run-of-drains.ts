// One balancer with two instances behind it, of which the first is stopped again and again, drained before or not.
import type { TestContext } from 'node:test';
import { Fleet } from '../../../test/e2e/balancers/fleet.ts';
import { Haproxy } from '../../../test/e2e/balancers/haproxy.ts';
import { Nginx } from '../../../test/e2e/balancers/nginx.ts';

/** So that a balancer needs a new connection now and then, as behind many applications. */
const REQUESTS_PER_CONNECTION = 100;

export interface Balancer {
  readonly name: string;
  /** The configuration that is shipped for it, and what it asks of the agent. */
  readonly file: string;
  readonly agent: readonly string[];
  /** Runs it; returns how often it gave a request to a second server, as the first one did not take the connection. */
  readonly start: (
    test: Pick<TestContext, 'after'>,
    fleet: Fleet,
    file: string,
  ) => Promise<() => Promise<number>>;
  /** Learns of an instance that is gone only from a request, which it gives to another. */
  readonly asksWhoIsGone: boolean;
}

export const BALANCERS: readonly Balancer[] = [
  {
    name: 'HAProxy',
    file: 'haproxy-agent-check.cfg',
    agent: ['--agent-check-listen', '9081', '--refuse-delay', '5'],
    start: async (test, { front }, file) => {
      const haproxy = await Haproxy.start(test, front, file);
      return async () => (await haproxy.server('a')).redispatched;
    },
    asksWhoIsGone: false,
  },
  {
    name: 'nginx',
    file: 'nginx.conf',
    agent: [],
    start: async (test, { front }, file) => {
      const nginx = await Nginx.start(test, front, file);
      return async () => nginx.triedAgain();
    },
    asksWhoIsGone: true,
  },
];

/** What came of the requests while an instance was stopped so many times. */
export interface Stops {
  readonly count: number;
  readonly answered: number;
  readonly failures: readonly string[];
  readonly slowestMs: number;
  /** Of requests to a second server. */
  readonly triedAgain: number;
  /** Requests were sent all this time. */
  readonly lastedMs: number;
  /** From the API's word to `drained`, one for each drain. */
  readonly drainsMs: readonly number[];
}

export class RunOfDrains {
  readonly #balancer: Balancer;
  readonly #fleet: Fleet;
  readonly #triedAgain: () => Promise<number>;
  readonly #clients: number;
  readonly #closers: (() => unknown)[];

  private constructor(
    balancer: Balancer,
    fleet: Fleet,
    triedAgain: () => Promise<number>,
    clients: number,
    closers: (() => unknown)[],
  ) {
    this.#balancer = balancer;
    this.#fleet = fleet;
    this.#triedAgain = triedAgain;
    this.#clients = clients;
    this.#closers = closers;
  }

  static async create(balancer: Balancer, clients: number): Promise<RunOfDrains> {
    const closers: (() => unknown)[] = [];
    const test = { after: (close: () => unknown) => void closers.push(close) } as Pick<TestContext, 'after'>;
    try {
      const fleet = await Fleet.create(test, balancer.agent, REQUESTS_PER_CONNECTION);
      const triedAgain = await balancer.start(test, fleet, balancer.file);
      return new RunOfDrains(balancer, fleet, triedAgain, clients, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  /** Sends requests, and stops the instance for as long as `next` says that there is one more time. */
  async stop({ isDrained, next }: { isDrained: boolean; next: () => boolean }): Promise<Stops> {
    const drainsMs: number[] = [];
    const before = await this.#triedAgain();
    const beganMs = performance.now();
    await this.#fleet.startClients(this.#clients);
    let count = 0;
    while (next()) {
      if (isDrained) drainsMs.push(await this.#drain());
      await this.#stopInstance();
      await this.#fleet.startInstance();
      await this.#fleet.untilBoth();
      count += 1;
    }
    const { answered, failures, slowestMs } = await this.#fleet.stopClients();
    const lastedMs = performance.now() - beganMs;
    const triedAgain = (await this.#triedAgain()) - before;
    return { count, answered, failures, slowestMs, triedAgain, lastedMs, drainsMs };
  }

  close(): Promise<void> {
    return closeAll(this.#closers);
  }

  async #drain(): Promise<number> {
    const { host } = this.#fleet;
    const from = host.agent.log.lines.length;
    const beganMs = performance.now();
    await host.setState('draining');
    await host.agent.log.waitFor('drained', from, 30_000);
    return performance.now() - beganMs;
  }

  /** Returns when what the balancer makes of an instance that is gone has been seen. */
  async #stopInstance(): Promise<void> {
    const before = await this.#triedAgain();
    await this.#fleet.stopInstance();
    do await this.#fleet.answered(2 * this.#clients);
    while (this.#balancer.asksWhoIsGone && (await this.#triedAgain()) === before);
  }
}

async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}
