// Which licences may be part of a whole that is GPL-3.0-or-later, as the SPDX expressions of their packages name them.

/** Compatible with version 3 of the GPL, by the FSF's list of licences. */
const COMPATIBLE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'GPL-2.0-or-later',
  'GPL-3.0-or-later',
  'ISC',
  'LGPL-2.1-or-later',
  'MIT',
  'Unlicense',
  'Zlib',
]);

/** Whether something under this SPDX expression may be shipped. An expression that cannot be read is not compatible. */
export function isCompatible(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;
  const either = (): boolean => {
    let result = both();
    while (tokens[next] === 'OR') {
      next += 1;
      // Read before it is combined: a part that decides nothing is still to be well-formed.
      const right = both();
      result = result || right;
    }
    return result;
  };
  const both = (): boolean => {
    let result = one();
    while (tokens[next] === 'AND') {
      next += 1;
      const right = one();
      result = result && right;
    }
    return result;
  };
  const one = (): boolean => {
    const token = tokens[next];
    next += 1;
    if (token !== '(') return token !== undefined && COMPATIBLE.has(token);
    const result = either();
    const isClosed = tokens[next] === ')';
    next += 1;
    return result && isClosed;
  };
  return either() && next === tokens.length;
}
