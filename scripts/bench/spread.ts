// What many measurements of one thing come to: the median and how far they lie apart, and how sure a ratio of pairs is.

export interface Spread {
  readonly median: number;
  readonly p5: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
  readonly count: number;
}

/** Throws RangeError without a value. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no measurement to take a median of');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    median: at(0.5),
    p5: at(0.05),
    p95: at(0.95),
    p99: at(0.99),
    most: at(1),
    count: sorted.length,
  };
}

/** `0.41 ms (0.38 to 0.52, 2,000 times)`: the median, and where nine of ten lie. */
export function inWords({ median, p5, p95, count }: Spread, unit: string): string {
  return `${number(median)} ${unit} (${number(p5)} to ${number(p95)}, ${count.toLocaleString('en')} times)`;
}

/** Three digits that count. */
export function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export interface Interval {
  readonly mean: number;
  readonly from: number;
  readonly to: number;
}

/** The mean with the 95 % confidence interval of Student's t for it: of ratios, one for each pair measured. Throws RangeError below two. */
export function confidence95(values: readonly number[]): Interval {
  const count = values.length;
  if (count < 2) throw new RangeError(`${count} measurements have no confidence interval`);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = studentT975(count - 1) * Math.sqrt(variance / count);
  return { mean, from: mean - half, to: mean + half };
}

/** The 97.5 % quantile, by the Cornish-Fisher expansion: right to a hundredth from four degrees of freedom on. */
function studentT975(degrees: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}
