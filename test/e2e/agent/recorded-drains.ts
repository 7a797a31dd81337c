// Drains of the built agent, scraped every second as Prometheus would, for the alert rules to judge.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Endpoint } from '../../fixtures/endpoint.ts';
import type { Scrape } from '../../fixtures/monitoring/scrapes.ts';
import type { AgentProcess } from '../../fixtures/programs.ts';
import { Scene } from './scene.ts';
import { says } from './scripted-api.ts';

export const METRICS_ADDRESS = '127.0.0.1:9464';
/** Among those that the agents of these tests drain. */
export const SERVED_PORT = 8000;
const TARGET = { host: '127.0.0.1', port: SERVED_PORT };

const SCRAPE_INTERVAL_MS = 1_000;
const DEADLINE_MS = 60_000;

/** An agent that serves its metrics, a server behind a port that it drains, and one connection to it. */
export class RecordedDrain {
  readonly scene: Scene;
  readonly agent: AgentProcess;
  readonly scrapes: Scrape[] = [];
  readonly #endpoint: Endpoint;
  #connection = 0;
  #timer: NodeJS.Timeout | null = null;
  #waiting: (() => void)[] = [];

  private constructor(scene: Scene, agent: AgentProcess, endpoint: Endpoint) {
    this.scene = scene;
    this.agent = agent;
    this.#endpoint = endpoint;
  }

  /** Scraped from its first answer on. `prepare` runs before the agent starts. */
  static async start(
    test: Pick<TestContext, 'after'>,
    args: readonly string[] = [],
    prepare: (scene: Scene) => void = () => {},
  ): Promise<RecordedDrain> {
    const scene = await Scene.create(test);
    const endpoint = new Endpoint(scene.namespace);
    test.after(() => endpoint.close());
    await endpoint.call('listen', [SERVED_PORT]);
    prepare(scene);
    const agent = scene.start(['--metrics-listen', METRICS_ADDRESS, '--include-loopback', ...args]);
    const recorded = new RecordedDrain(scene, agent, endpoint);
    test.after(() => recorded.#stop());
    // curl waits for the listener.
    await scrape(scene, ['--retry', '20', '--retry-delay', '1', '--retry-connrefused']);
    recorded.#record();
    return recorded;
  }

  /** Waits until as many scrapes more have been made. */
  async further(count: number): Promise<void> {
    const target = this.scrapes.length + count;
    const endsAtMs = performance.now() + DEADLINE_MS;
    while (this.scrapes.length < target) {
      assert.ok(performance.now() < endsAtMs, `${this.scrapes.length} scrapes in time, expected ${target}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  async connect(): Promise<void> {
    const { handle, localPort } = await this.#endpoint.call('connect', TARGET);
    await this.#endpoint.call('accepted', localPort);
    this.#connection = handle;
  }

  async disconnect(): Promise<void> {
    await this.#endpoint.call('end', this.#connection);
  }

  /** What becomes of a new connection. */
  async attempt(): Promise<string | undefined> {
    return (await this.#endpoint.call('attempt', [TARGET]))[0]?.outcome;
  }

  /** The API says draining, and the agent has done it. */
  async drain(): Promise<void> {
    this.scene.api.reply = says('draining');
    await this.agent.log.waitFor('table-installed');
  }

  #record(): void {
    const beganMs = performance.now();
    const next = async (): Promise<void> => {
      const atMs = Date.now();
      const text = await scrape(this.scene).catch(() => null);
      this.scrapes.push({ atMs, text });
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (this.#timer === null) return;
      // A slot that was missed is left out, as Prometheus does.
      const leftMs = SCRAPE_INTERVAL_MS - ((performance.now() - beganMs) % SCRAPE_INTERVAL_MS);
      this.#timer = setTimeout(() => void next(), leftMs);
    };
    this.#timer = setTimeout(() => void next(), 0);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** A drain as it should be: a connection is left, ends, and the instance opens again. */
export async function recordCleanDrain(test: Pick<TestContext, 'after'>): Promise<readonly Scrape[]> {
  const recorded = await RecordedDrain.start(test);
  await recorded.connect();
  await recorded.further(4);
  await recorded.drain();
  for (let i = 0; i < 4; i++) {
    assert.equal(await recorded.attempt(), 'ECONNREFUSED');
    await recorded.further(1);
  }
  await recorded.disconnect();
  await recorded.agent.log.waitFor('drained');
  await recorded.further(4);
  recorded.scene.api.reply = says('running');
  await recorded.agent.log.waitFor('table-removed');
  assert.equal(await recorded.attempt(), 'connected');
  await recorded.further(4);
  return [...recorded.scrapes];
}

/** The text of one scrape; rejects when nobody answers. */
async function scrape(scene: Scene, more: readonly string[] = []): Promise<string> {
  const url = `http://${METRICS_ADDRESS}/metrics`;
  return scene.namespace.run('curl', ['--silent', '--show-error', '--fail', '--max-time', '5', ...more, url]);
}
