// When a log file is rotated, what the rotated file is called and which of those are deleted: the rules of Python's
// logging.handlers.TimedRotatingFileHandler, as pure functions of local time.
import type { RotationSpec, RotationUnit } from './rotation-spec.ts';

const UNIT_MS: Partial<Record<RotationUnit, number>> = { S: 1000, M: 60_000, H: 3_600_000, D: 86_400_000 };

/**
 * The moment (ms since the epoch) at or after which a file that was begun or last written at `fromMs` is rotated.
 * S, M, H, D count from `fromMs`. `midnight` is the next local midnight; W0 to W6 the local midnight that ends the next
 * such day, Monday first; as in Python, both ignore the interval.
 */
export function nextRotation(spec: RotationSpec, fromMs: number): number {
  const unitMs = UNIT_MS[spec.unit];
  if (unitMs !== undefined) return fromMs + spec.interval * unitMs;
  const from = new Date(fromMs);
  const daysToWait = spec.unit === 'MIDNIGHT' ? 0 : (weekday(spec.unit) - mondayFirst(from) + 7) % 7;
  return new Date(from.getFullYear(), from.getMonth(), from.getDate() + daysToWait + 1).getTime();
}

/**
 * What is put behind the file's name when it is rotated at `rotationMs`: the local time one interval earlier, in Python's
 * eyes the time it was begun (for midnight and W0 to W6 too, where the interval has no other effect).
 */
export function backupSuffix(spec: RotationSpec, rotationMs: number): string {
  const begun = beginning(spec, rotationMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [String(begun.getFullYear()), two(begun.getMonth() + 1), two(begun.getDate())].join('-');
  const clock = [begun.getHours(), begun.getMinutes(), begun.getSeconds()].map(two);
  const shown = { S: 3, M: 2, H: 1 }[spec.unit as string] ?? 0;
  return shown === 0 ? date : `${date}_${clock.slice(0, shown).join('-')}`;
}

/** The rotated files, of the names in the directory, that are over the number to keep: the oldest by name. */
export function backupsToDelete(spec: RotationSpec, baseName: string, names: readonly string[]): string[] {
  if (spec.backupCount === 0) return [];
  const shown = { S: 3, M: 2, H: 1 }[spec.unit as string] ?? 0;
  const clock = shown === 0 ? '' : `_${Array(shown).fill('\\d{2}').join('-')}`;
  const suffix = new RegExp(`^\\.\\d{4}-\\d{2}-\\d{2}${clock}(\\.\\w+)?$`);
  const backups = names.filter(
    (name) => name.startsWith(baseName) && suffix.test(name.slice(baseName.length)),
  );
  return backups.sort().slice(0, Math.max(0, backups.length - spec.backupCount));
}

/** Whole days go back by the calendar, so that a day of 23 or 25 hours keeps its own date. */
function beginning(spec: RotationSpec, rotationMs: number): Date {
  const unitMs = UNIT_MS[spec.unit];
  if (unitMs !== undefined && spec.unit !== 'D') return new Date(rotationMs - spec.interval * unitMs);
  const days = spec.interval * (spec.unit.startsWith('W') ? 7 : 1);
  const begun = new Date(rotationMs);
  begun.setDate(begun.getDate() - days);
  return begun;
}

function weekday(unit: RotationUnit): number {
  return Number(unit.slice(1));
}

function mondayFirst(date: Date): number {
  return (date.getDay() + 6) % 7;
}
