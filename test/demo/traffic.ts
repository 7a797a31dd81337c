// The steady requests through the balancer: who served them, second by second.
import { setTimeout as pause } from 'node:timers/promises';
import type { LogLines } from '../fixtures/log-lines.ts';
import type { Screen } from './screen.ts';

export interface Served {
  readonly a: number;
  readonly b: number;
  readonly failed: number;
}

export class Traffic {
  readonly #client: LogLines;
  readonly #screen: Screen;

  constructor(client: LogLines, screen: Screen) {
    this.#client = client;
    this.#screen = screen;
  }

  /** Everything served since the load began. */
  get total(): Served {
    return this.#sum(0);
  }

  sent(): number {
    const { a, b, failed } = this.total;
    return a + b + failed;
  }

  /** Lets requests run for a time and shows them every second; resolves with the last whole second of it. */
  async watch(durationMs: number): Promise<Served> {
    let last: Served = { a: 0, b: 0, failed: 0 };
    for (let passedMs = 0; passedMs < durationMs; passedMs += 1_000) {
      const from = this.#client.lines.length;
      await pause(1_000);
      last = this.#sum(from);
      this.#screen.line(
        'balancer',
        `requests/s   A ${bar(last.a)} ${last.a}   B ${bar(last.b)} ${last.b}   failed ${last.failed}`,
      );
    }
    return last;
  }

  #sum(from: number): Served {
    const sum = { a: 0, b: 0, failed: 0 };
    for (const line of this.#client.lines.slice(from)) {
      if (line.event !== 'served') continue;
      sum.a += Number(line.a);
      sum.b += Number(line.b);
      sum.failed += Number(line.failed);
    }
    return sum;
  }
}

function bar(requests: number): string {
  return '#'.repeat(Math.round(requests / 10)).padEnd(10, '.');
}
