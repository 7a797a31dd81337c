// Points in time as the running system prints them, Python's `str(datetime)`, and as they are read back.

/** `2020-11-20 14:52:01.386000+00:00`, in UTC and without the fraction when it is zero. RangeError outside the years 1 to 9999. */
export function pythonTimestamp(ms: number): string {
  const iso = new Date(ms).toISOString();
  if (!/^(?!0000)\d{4}-/.test(iso)) throw new RangeError(`no timestamp of the years 1 to 9999: ${ms} ms`);
  const fraction = iso.slice(20, 23);
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
}

/** The years 1 to 9999, which are all that Python has and all that can be printed again. */
const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

const form =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[Tt ]+(?<hours>\d{2}):(?<minutes>\d{2})(?::(?<seconds>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?\s*(?:[Zz]|UTC|(?<sign>[+-])(?<zoneHours>\d{2}):?(?<zoneMinutes>\d{2})?)?$/;

/**
 * Epoch milliseconds, cut off below. Takes the running system's form, ISO 8601's, a date alone, and no zone for UTC; null
 * for anything else, a 31st of February and years that are not of 1 to 9999 included.
 */
export function parseTimestamp(text: string): number | null {
  const parts = form.exec(text.trim())?.groups;
  if (parts === undefined) return null;
  const { date, hours = '00', minutes = '00', seconds = '00', fraction = '', sign } = parts;
  const [zoneHours, zoneMinutes] = [Number(parts.zoneHours ?? 0), Number(parts.zoneMinutes ?? 0)];
  if (zoneHours > 23 || zoneMinutes > 59) return null;
  const local = `${date}T${hours}:${minutes}:${seconds}`;
  const localMs = Date.parse(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // Date.parse lets the 31st of a shorter month and 24:00 run over into the next.
  if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(local)) return null;
  const offsetMs = (zoneHours * 60 + zoneMinutes) * 60_000;
  const ms = sign === '-' ? localMs + offsetMs : localMs - offsetMs;
  return firstMs <= ms && ms <= lastMs ? ms : null;
}
