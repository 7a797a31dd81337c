// The connections that a drain waits for. What cannot be counted has no sample.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionCount, DestroyResult, PortRange } from '../../firewall/ruleset.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import { OptionalGauge, PREFIX } from './metrics-gauges.ts';
import { ALL_RANGES, MAX_RANGES, RANGES_HELP } from './metrics-ranges.ts';

export class ConnectionMetrics {
  readonly #left: OptionalGauge;
  readonly #idle: OptionalGauge;
  readonly #perRange: Gauge<'range'>;
  readonly #closed: Counter<'result'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#left = new OptionalGauge(
      registry,
      'connections_left',
      'Connections that the drain waits for; absent while none is waited for and when they cannot be counted',
    );
    this.#idle = new OptionalGauge(
      registry,
      'connections_idle',
      'Flows idle for over an hour, which are not part of connections_left; absent as that is',
    );
    this.#perRange = new Gauge({
      name: `${PREFIX}range_connections_left`,
      help: `Connections that the drain waits for, ${RANGES_HELP}; absent as connections_left is`,
      labelNames: ['range'],
      registers,
    });
    this.#closed = new Counter({
      name: `${PREFIX}connections_closed_total`,
      help: 'Connections of this host that were closed after --drain-timeout, and those that could not be (closed, failed)',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['closed', 'failed']) this.#closed.inc({ result }, 0);
  }

  /** `ports`: those that were counted, in the same order. */
  counted(count: ConnectionCount, ports: readonly PortRange[]): void {
    this.clear();
    if (!count.known) return;
    this.#left.set(count.total);
    this.#idle.set(count.idle);
    if (ports.length > MAX_RANGES) this.#perRange.set({ range: ALL_RANGES }, count.total);
    else
      for (const [i, range] of ports.entries())
        this.#perRange.set({ range: formatPortRange(range) }, count.perRange[i] ?? 0);
  }

  /** Nothing is counted any longer. */
  clear(): void {
    this.#left.set(null);
    this.#idle.set(null);
    this.#perRange.reset();
  }

  closed({ closed, failed }: DestroyResult): void {
    this.#closed.inc({ result: 'closed' }, closed);
    this.#closed.inc({ result: 'failed' }, failed);
  }
}
