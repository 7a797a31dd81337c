// The ports an operator names, as sorted disjoint ranges: the form in which plan, firewall and status compare them.

/** An inclusive range of TCP ports, 1 <= first <= last <= 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A port token that means no port or range; `token` is the text as given. */
export class PortRangeError extends Error {
  override readonly name = 'PortRangeError';
  readonly token: string;

  constructor(token: string, problem: string) {
    super(`'${token}' ${problem}`);
    this.token = token;
  }
}

const LAST_PORT = 65_535;

/** Parses `80` or `8000-8100`. Throws `PortRangeError` naming the token. */
export function parsePortRange(token: string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(token);
  if (match === null) {
    throw new PortRangeError(token, 'is not a port or a range of ports such as 80 or 8000-8100');
  }
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1 || last > LAST_PORT || first > LAST_PORT) {
    throw new PortRangeError(token, `is outside the ports 1 to ${LAST_PORT}`);
  }
  if (last < first) {
    throw new PortRangeError(token, 'is a range that ends before it begins');
  }
  return { first, last };
}

/** The same ports in canonical form: sorted, overlapping and adjacent ranges merged. */
export function mergePortRanges(ranges: readonly PortRange[]): PortRange[] {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const merged: PortRange[] = [];
  for (const range of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && range.first <= previous.last + 1) {
      merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
    } else {
      merged.push({ first: range.first, last: range.last });
    }
  }
  return merged;
}

/** `80` for a single port, `8000-8100` for a range: what `parsePortRange` reads. */
export function formatPortRange(range: PortRange): string {
  return range.first === range.last ? String(range.first) : `${range.first}-${range.last}`;
}
