// Writers that note what was acknowledged: whatever happens, that must be there afterwards.
import { Agent } from 'node:http';
import { pause, type ServerProcess } from './server-process.ts';
import { ask } from './steady-client.ts';

export class Writers {
  /** Key and value of every write that was answered 200. */
  readonly acknowledged = new Map<string, string>();
  /** Other answers, by their status; 0 for none at all. */
  readonly refused = new Map<number, number>();
  /** Where they write; undefined while there is no server. */
  server: ServerProcess | undefined;
  readonly #valueBytes: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #running: Promise<unknown>;
  #turns = 0;
  #isOver = false;

  constructor(server: ServerProcess, count: number, valueBytes: number) {
    this.server = server;
    this.#valueBytes = valueBytes;
    this.#running = Promise.all(Array.from({ length: count }, (_, writer) => this.#write(writer)));
  }

  /** Resolves when so many more were acknowledged, or false when that takes too long. */
  async more(count: number, patienceMs: number): Promise<boolean> {
    const enough = this.acknowledged.size + count;
    const deadlineMs = performance.now() + patienceMs;
    while (this.acknowledged.size < enough) {
      if (performance.now() > deadlineMs) return false;
      await pause(5);
    }
    return true;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    this.#agent.destroy();
  }

  /** What of the acknowledged is not in the table, or otherwise. */
  async lost(port: number): Promise<string[]> {
    const { status, body } = await ask(port, 'GET', '/configuration?raw=true');
    if (status !== 200) return [`the table was answered ${status} ${body.slice(0, 200)}`];
    const found = JSON.parse(body) as Record<string, string>;
    return [...this.acknowledged]
      .filter(([key, value]) => found[key] !== value)
      .map(([key]) => `${key} was acknowledged and is not there`);
  }

  async #write(writer: number): Promise<void> {
    while (!this.#isOver) {
      const { server } = this;
      if (server === undefined) {
        await pause(5);
        continue;
      }
      this.#turns += 1;
      const key = `w${writer}.${this.#turns}`;
      const value = `${key}:${'x'.repeat(this.#valueBytes)}`;
      const status = await ask(server.port, 'POST', `/configuration/${key}`, {
        body: value,
        agent: this.#agent,
      }).then(
        (answer) => (answer.body === value || answer.status !== 200 ? answer.status : -1),
        () => 0,
      );
      if (status === 200) this.acknowledged.set(key, value);
      else {
        this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
        await pause(10);
      }
    }
  }
}
