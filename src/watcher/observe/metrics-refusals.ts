// Refused SYNs as a counter that only goes up. The kernel counts anew in every table it is given, so what each table counted is
// added up here, reading by reading.
import type { TableLook } from '../../firewall/look.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import { MAX_RANGES } from './metrics-ranges.ts';

export class RefusalTally {
  readonly #perRange = new Map<string, number>();
  #total: number | null = null;
  #isSummed = false;
  /** What the table in place showed last, by range; null before the first look. */
  #shown: ReadonlyMap<string, number> | null = null;

  /**
   * Takes up one look at the table. A count lower than the one before is of a new table, and counts as a whole. What a table
   * found at the start had counted was counted by an earlier agent, and is not.
   */
  read(found: TableLook): void {
    if (found.table === 'unknown') return;
    if (found.table !== 'ours') {
      this.#shown = new Map();
      return;
    }
    const { ruleset, refused } = found;
    // Altered, or on a kernel that does not count by element: nothing can be read from it.
    if (ruleset === null || refused === null) return;
    const shown = new Map(ruleset.ports.map((range, i) => [formatPortRange(range), refused[i] ?? 0]));
    const before = this.#shown ?? shown;
    for (const [range, count] of shown) {
      const last = before.get(range) ?? 0;
      this.#add(range, count >= last ? count - last : count);
    }
    this.#shown = shown;
  }

  /** SYNs refused since the start, over all ranges; null where they were never counted. */
  get total(): number | null {
    return this.#total;
  }

  /** By range, as `80` or `8000-8100`; null when there are, or have been, too many to tell apart. */
  get perRange(): ReadonlyMap<string, number> | null {
    return this.#isSummed ? null : this.#perRange;
  }

  #add(range: string, count: number): void {
    this.#total = (this.#total ?? 0) + count;
    if (this.#isSummed) return;
    this.#perRange.set(range, (this.#perRange.get(range) ?? 0) + count);
    if (this.#perRange.size <= MAX_RANGES) return;
    // From now on for good: a series that came back would have missed what was refused meanwhile.
    this.#isSummed = true;
    this.#perRange.clear();
  }
}
