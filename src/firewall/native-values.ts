// What crosses to the addon in another form: ports and counts, thousands of them, as one array of numbers each. To read or make an
// object for each from outside JavaScript takes ten times as long, and all of it holds the one thread that runs the program.
import type { ConnectionCount, Inspection, PortRange, Ruleset } from './ruleset.ts';

/** The first and last port of each range. As doubles: the addon says what is wrong with one that is no port. */
export type PortBounds = Float64Array;

export interface NativeRuleset extends Omit<Ruleset, 'ports'> {
  readonly ports: PortBounds;
}

type Table<Kind extends Inspection['table']> = Extract<Inspection, { table: Kind }>;

export type NativeInspection =
  | Table<'absent'>
  | Table<'foreign'>
  | (Omit<Table<'ours'>, 'ruleset' | 'refused'> & {
      readonly ruleset: (Omit<Ruleset, 'ports'> & { readonly ports: Uint16Array }) | null;
      readonly refused: Float64Array | null;
    });

type Known = Extract<ConnectionCount, { known: true }>;

export type NativeConnectionCount =
  | Exclude<ConnectionCount, Known>
  | (Omit<Known, 'perRange'> & { readonly perRange: Float64Array });

export function toPortBounds(ports: readonly PortRange[]): PortBounds {
  const bounds = new Float64Array(2 * ports.length);
  let at = 0;
  for (const { first, last } of ports) {
    bounds[at++] = first;
    bounds[at++] = last;
  }
  return bounds;
}

export function toNativeRuleset(ruleset: Ruleset): NativeRuleset {
  return { ...ruleset, ports: toPortBounds(ruleset.ports) };
}

export function toInspection(native: NativeInspection): Inspection {
  if (native.table !== 'ours') return native;
  const { ruleset, refused } = native;
  return {
    ...native,
    ruleset: ruleset && { ...ruleset, ports: toPortRanges(ruleset.ports) },
    refused: refused && Array.from(refused),
  };
}

export function toConnectionCount(native: NativeConnectionCount): ConnectionCount {
  return native.known ? { ...native, perRange: Array.from(native.perRange) } : native;
}

function toPortRanges(bounds: Uint16Array): PortRange[] {
  const ports: PortRange[] = [];
  for (let at = 0; at < bounds.length; at += 2) ports.push({ first: bounds[at]!, last: bounds[at + 1]! });
  return ports;
}
