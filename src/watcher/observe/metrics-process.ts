// Figures of the process under the names that every program's have. Each is read at the scrape: prom-client's own
// collectDefaultMetrics would wake the process a hundred times a second to watch its event loop.
import { readdirSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

export class ProcessMetrics {
  readonly #cpu: Counter;
  readonly #eventLoop: Counter;
  readonly #lag: Gauge;
  readonly #gauges: readonly (readonly [gauge: Gauge, read: () => number | null])[];

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    this.#cpu = counter('process_cpu_seconds_total', 'User and system CPU time spent');
    this.#eventLoop = counter(
      'nodejs_eventloop_active_seconds_total',
      'Time in which the event loop was not waiting for events',
    );
    this.#lag = gauge(
      'nodejs_eventloop_lag_seconds',
      'Time that one turn of the event loop took, at the scrape',
    );
    // The difference of two clocks: read once, or it would shake.
    const startSeconds = Date.now() / 1000 - process.uptime();
    this.#gauges = [
      [gauge('process_start_time_seconds', 'When the process started'), () => startSeconds],
      [gauge('process_resident_memory_bytes', 'Resident memory'), () => process.memoryUsage.rss()],
      [gauge('nodejs_heap_size_used_bytes', 'Heap in use'), () => process.memoryUsage().heapUsed],
      [gauge('process_open_fds', 'Open file descriptors'), openDescriptors],
    ];
  }

  async show(): Promise<void> {
    const { user, system } = process.cpuUsage();
    this.#cpu.reset();
    this.#cpu.inc((user + system) / 1e6);
    this.#eventLoop.reset();
    this.#eventLoop.inc(performance.eventLoopUtilization().active / 1000);
    for (const [gauge, read] of this.#gauges) {
      const value = read();
      if (value === null) gauge.remove();
      else gauge.set(value);
    }
    const beganMs = performance.now();
    await new Promise(setImmediate);
    this.#lag.set((performance.now() - beganMs) / 1000);
  }
}

/** Without the one by which they are read; null when there is none left for that. */
function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}
