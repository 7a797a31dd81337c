// A firewall that changes nothing: it reads the real one, and remembers what it was asked to do as if it had been done.
import { FirewallError } from '../../firewall/errors.ts';
import type { Firewall } from '../../firewall/firewall.ts';
import type {
  ConnectionCount,
  DestroyResult,
  Inspection,
  KernelFeatures,
  PortRange,
  Ruleset,
} from '../../firewall/ruleset.ts';
import { isSameRuleset } from '../../watcher/domain/desired-firewall.ts';
import { formatPortRange } from '../../watcher/domain/port-ranges.ts';
import type { Clock } from '../../watcher/ports.ts';

const FOREIGN = 'a table inet cs-instance-watcher is there that is not ours';

export interface DryRunFirewallOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How long the kernel may lag behind: an agent that runs beside asks at other times. */
  readonly differsAfterMs: number;
  /** Told once when the kernel has had another table than this firewall for that long, and null when they agree again. */
  readonly onDifference: (difference: string | null) => void;
}

/** Over `real`, which is only ever read. What keeps the real one from filtering fails here with the same errors. */
export class DryRunFirewall implements Firewall {
  readonly #real: Firewall;
  readonly #options: DryRunFirewallOptions;
  /** What would be in place; undefined until something would have been done: then it is what is there. */
  #kept: Ruleset | null | undefined = undefined;
  #difference: { readonly text: string; readonly sinceMs: number; isTold: boolean } | null = null;

  constructor(real: Firewall, options: DryRunFirewallOptions) {
    this.#real = real;
    this.#options = options;
  }

  async apply(ruleset: Ruleset): Promise<Inspection> {
    const found = await this.#real.inspect();
    if (found.table === 'foreign') throw new FirewallError('foreign-table', 'apply', FOREIGN);
    this.#kept = ruleset;
    return inPlace(ruleset);
  }

  async remove(): Promise<void> {
    this.#kept = null;
  }

  async inspect(): Promise<Inspection> {
    const found = await this.#real.inspect();
    // Somebody else's table would be in the way of ours.
    if (this.#kept === undefined || found.table === 'foreign') return found;
    this.#compare(this.#kept, found);
    return this.#kept === null ? { table: 'absent' } : inPlace(this.#kept);
  }

  /** What others do to a table that is not there cannot be heard; the polls look all the same. */
  monitor(): { close(): void } {
    return { close: () => {} };
  }

  connections(ports: readonly PortRange[], includeLoopback: boolean): Promise<ConnectionCount> {
    return this.#real.connections(ports, includeLoopback);
  }

  /** Counts what would be closed. */
  async destroy(ports: readonly PortRange[], includeLoopback: boolean): Promise<DestroyResult> {
    const count = await this.#real.connections(ports, includeLoopback);
    return { closed: count.known ? count.total : 0, failed: 0 };
  }

  probe(): Promise<KernelFeatures> {
    return this.#real.probe();
  }

  close(): void {
    this.#real.close();
  }

  #compare(kept: Ruleset | null, found: Inspection): void {
    const { clock, differsAfterMs, onDifference } = this.#options;
    const text = differenceOf(kept, found);
    if (text === null) {
      if (this.#difference?.isTold === true) onDifference(null);
      this.#difference = null;
      return;
    }
    const nowMs = clock.monotonicMs();
    if (this.#difference?.text !== text) this.#difference = { text, sinceMs: nowMs, isTold: false };
    if (this.#difference.isTold || nowMs - this.#difference.sinceMs < differsAfterMs) return;
    this.#difference.isTold = true;
    onDifference(text);
  }
}

function inPlace(ruleset: Ruleset): Inspection {
  return { table: 'ours', ownership: 'plain', holder: 'nobody', ruleset, difference: null, refused: null };
}

function differenceOf(kept: Ruleset | null, found: Inspection): string | null {
  const isThere = found.table === 'ours';
  if (kept === null) return isThere ? 'the kernel has a drain table, this agent would have none' : null;
  if (!isThere) return 'the kernel has no drain table, this agent would have one';
  if (found.ruleset === null) return `the kernel has an altered drain table: ${found.difference}`;
  if (isSameRuleset(kept, found.ruleset)) return null;
  const there = traits(found.ruleset);
  const differing = Object.entries(traits(kept)).filter(([name, value]) => there[name] !== value);
  const each = differing.map(([name, value]) => `${name}: ${there[name]} in the kernel, here ${value}`);
  return `the drain table in the kernel is not the one that this agent would have there: ${each.join('; ')}`;
}

/** What of a ruleset can differ, in words. */
function traits({ ports, allowFrom, includeLoopback, closing }: Ruleset): { [name: string]: string } {
  return {
    ports: ports.map(formatPortRange).join(' '),
    'never refused': allowFrom.join(' ') || 'nobody',
    'loopback included': includeLoopback ? 'yes' : 'no',
    'connections left are reset': closing ? 'yes' : 'no',
  };
}
