// The table as the kernel has it, what it refused, and who keeps taking it away.
import { Counter, type Registry } from 'prom-client';
import type { TableLook } from '../../firewall/look.ts';
import type { RulesetEvent } from '../../firewall/ruleset.ts';
import { ChoiceGauge, OptionalGauge, PREFIX } from './metrics-gauges.ts';
import { BoundedLabel } from './metrics-labels.ts';
import { ALL_RANGES, RANGES_HELP } from './metrics-ranges.ts';
import { RefusalTally } from './metrics-refusals.ts';

const TABLE_STATES = ['absent', 'owned', 'plain', 'foreign', 'unknown'] as const;
/** The kernel did not tell who it was. */
const NOBODY_KNOWN = 'unknown';

export class TableMetrics {
  readonly #tally = new RefusalTally();
  readonly #commands = new BoundedLabel();
  readonly #isInstalled: OptionalGauge;
  readonly #state: ChoiceGauge<(typeof TABLE_STATES)[number]>;
  readonly #refused: Counter<'range'>;
  readonly #installs: Counter;
  readonly #removals: Counter;
  readonly #restorations: Counter<'command'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#isInstalled = new OptionalGauge(
      registry,
      'table_installed',
      'Whether the kernel has our table, read for this scrape; absent when it cannot be read',
    );
    this.#state = new ChoiceGauge(
      registry,
      'table_state',
      'What the kernel has under our name, read for this scrape',
      'state',
      TABLE_STATES,
    );
    this.#refused = new Counter({
      name: `${PREFIX}refused_syns_total`,
      help: `SYNs refused since the agent started, over all tables of that time, ${RANGES_HELP}; absent where the kernel does not count them`,
      labelNames: ['range'],
      registers,
    });
    this.#installs = new Counter({
      name: `${PREFIX}table_installs_total`,
      help: 'Tables put in place or replaced by decision of the agent, restorations apart',
      registers,
    });
    this.#removals = new Counter({
      name: `${PREFIX}table_removals_total`,
      help: 'Tables removed by decision of the agent',
      registers,
    });
    this.#restorations = new Counter({
      name: `${PREFIX}table_restorations_total`,
      help: 'Tables put back after somebody else removed or altered them, by that command; "unknown" where the kernel did not tell, "other" after 20 commands',
      labelNames: ['command'],
      registers,
    });
    // A rate needs a sample from before the first one.
    this.#restorations.inc({ command: this.#commands.of(NOBODY_KNOWN) }, 0);
  }

  installed(isRestoration: boolean, by: RulesetEvent | null): void {
    if (!isRestoration) this.#installs.inc();
    else this.#restorations.inc({ command: this.#commands.of(by?.command || NOBODY_KNOWN) });
  }

  removed(): void {
    this.#removals.inc();
  }

  /** One look at the table, whoever looked. */
  seen(found: TableLook): void {
    this.#tally.read(found);
  }

  /** The look that was made for a scrape. */
  show(found: TableLook): void {
    this.seen(found);
    const isKnown = found.table !== 'unknown';
    this.#isInstalled.set(isKnown ? Number(found.table === 'ours') : null);
    this.#state.set(found.table === 'ours' ? found.ownership : found.table);
    this.#refused.reset();
    const { perRange, total } = this.#tally;
    if (perRange !== null) for (const [range, count] of perRange) this.#refused.inc({ range }, count);
    else if (total !== null) this.#refused.inc({ range: ALL_RANGES }, total);
  }
}
