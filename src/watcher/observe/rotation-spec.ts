// `--log-file-rotate`: the three numbers of Python's TimedRotatingFileHandler, which the field's command lines are written for.

/** Unit of rotation: seconds, minutes, hours, days, at local midnight, or at midnight after a weekday (W0 is Monday). */
export type RotationUnit =
  | 'S'
  | 'M'
  | 'H'
  | 'D'
  | 'MIDNIGHT'
  | 'W0'
  | 'W1'
  | 'W2'
  | 'W3'
  | 'W4'
  | 'W5'
  | 'W6';

export interface RotationSpec {
  readonly unit: RotationUnit;
  /** Units between two rotations, at least 1. Python ignores it for W0 to W6. */
  readonly interval: number;
  /** Rotated files kept; 0 keeps all. */
  readonly backupCount: number;
}

/** Parses `d,1,7`: unit (any case), interval, files kept. Throws `RangeError` saying what was expected. */
export function parseRotation(text: string): RotationSpec {
  const match = /^(S|M|H|D|MIDNIGHT|W[0-6])\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})$/.exec(text.trim().toUpperCase());
  if (match === null || Number(match[2]) < 1) {
    throw new RangeError(
      `expected UNIT,INTERVAL,KEEP with UNIT one of s, m, h, d, midnight, w0 to w6 and INTERVAL at least 1, such as d,1,7; got '${text}'`,
    );
  }
  return { unit: match[1] as RotationUnit, interval: Number(match[2]), backupCount: Number(match[3]) };
}

/** What `parseRotation` reads. */
export function formatRotation(spec: RotationSpec): string {
  return `${spec.unit.toLowerCase()},${spec.interval},${spec.backupCount}`;
}
