// How long something is to last: as people write it, and as the API's `ttl` parameter is read. A total that is not whole
// seconds must never be sent: stored as an expiry, it makes every function of the deployment fail.

export type Duration =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly problem: string };

/** What the server makes of `ttl`. `seconds` is whole, not zero, and negative for what has expired already. */
export type WireTtl =
  | { readonly kind: 'none' }
  | { readonly kind: 'seconds'; readonly seconds: number }
  | { readonly kind: 'fractional' };

/** The API's own unit names, which are those of Python's timedelta. */
const wireUnitMicroseconds: Readonly<Record<string, number>> = {
  weeks: 604_800e6,
  days: 86_400e6,
  hours: 3_600e6,
  minutes: 60e6,
  seconds: 1e6,
  milliseconds: 1e3,
  microseconds: 1,
};

const shortUnits: Readonly<Record<string, string>> = {
  w: 'weeks',
  d: 'days',
  h: 'hours',
  m: 'minutes',
  min: 'minutes',
  s: 'seconds',
};

const maxSeconds = 36_500 * 86_400;
const expected = 'expected for example 1h30m, 90s, 2d, 3600 (seconds) or hours=1,minutes=30';

/** Reads what a person wrote. `seconds` is whole and from 0 to a hundred years; a `problem` says what was wrong and what to write. */
export function parseDuration(text: string): Duration {
  const wanted = text.trim().toLowerCase();
  if (/^\d+$/.test(wanted)) return total(text, [{ amount: wanted, unit: 'seconds' }]);
  if (/-\s*\.?\d/.test(wanted)) return refused(text, 'is negative; a duration begins now and ends later');
  const parts = wanted.includes('=') ? splitAssignments(wanted) : splitShort(wanted);
  return parts === null ? refused(text, `is no duration: ${expected}`) : total(text, parts);
}

interface Part {
  readonly amount: string;
  readonly unit: string;
}

const unsigned = /^(?:\d+(?:\.\d*)?|\.\d+)$/;

function splitAssignments(text: string): Part[] | null {
  const parts: Part[] = [];
  for (const assignment of text.split(',')) {
    const [unit = '', amount = '', ...rest] = assignment.split('=').map((side) => side.trim());
    if (rest.length > 0 || !unsigned.test(amount) || !Object.hasOwn(wireUnitMicroseconds, unit)) return null;
    parts.push({ amount, unit });
  }
  return parts;
}

function splitShort(text: string): Part[] | null {
  const parts: Part[] = [];
  let readTo = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)\s*/g)) {
    const [whole, amount = '', unit = ''] = match;
    if (match.index !== readTo || !Object.hasOwn(shortUnits, unit)) return null;
    parts.push({ amount, unit: shortUnits[unit]! });
    readTo += whole.length;
  }
  return parts.length > 0 && readTo === text.length ? parts : null;
}

function total(text: string, parts: readonly Part[]): Duration {
  const units = parts.map(({ unit }) => unit);
  const repeated = units.find((unit, index) => units.indexOf(unit) !== index);
  if (repeated !== undefined) return refused(text, `has ${repeated} twice`);
  const seconds = toSeconds(parts);
  if (!(seconds <= maxSeconds)) return refused(text, 'is more than a hundred years');
  if (!Number.isInteger(seconds)) return refused(text, 'is not a whole number of seconds');
  return { ok: true, seconds };
}

/** Rounded to microseconds, as timedelta does, so that `hours=0.1` is 360 and not a float beside it. */
function toSeconds(parts: readonly Part[]): number {
  const microseconds = parts.map(({ amount, unit }) => Number(amount) * wireUnitMicroseconds[unit]!);
  return Math.round(microseconds.reduce((sum, part) => sum + part, 0)) / 1e6;
}

function refused(text: string, why: string): Duration {
  return { ok: false, problem: `${JSON.stringify(text)} ${why}` };
}

const none: WireTtl = { kind: 'none' };

/**
 * Reads a `ttl` parameter as the running system does: whole seconds, or `unit=number,...` with fractions and signs, summed.
 * What it cannot read is silently no TTL, as is zero; so is a hundred years and more.
 */
export function readWireTtl(text: string): WireTtl {
  if (/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(text)) return toTtl(Number(text.replaceAll('_', '')));
  const amounts = new Map<string, string>();
  for (const assignment of text.split(',')) {
    const [unit = '', amount = '', ...rest] = assignment.split('=').map((side) => side.trim());
    const isRead = rest.length === 0 && signed.test(amount) && Object.hasOwn(wireUnitMicroseconds, unit);
    if (!isRead) return none;
    // A repeated unit is a repeated key of a dictionary: the last one counts.
    amounts.set(unit, amount);
  }
  return toTtl(toSeconds([...amounts].map(([unit, amount]) => ({ unit, amount }))));
}

const signed = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function toTtl(seconds: number): WireTtl {
  if (seconds === 0 || !(seconds <= maxSeconds)) return none;
  if (seconds < -maxSeconds) return { kind: 'seconds', seconds: -maxSeconds };
  return Number.isInteger(seconds) ? { kind: 'seconds', seconds } : { kind: 'fractional' };
}
