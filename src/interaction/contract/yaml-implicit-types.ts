// What a plain scalar means in YAML 1.1 as PyYAML reads it, the library of the running system. Reading resolves scalars by
// it, and printing quotes the strings that would be taken for something else.
import { DocumentError } from './document-error.ts';
import { PythonFloat } from './python-json.ts';
import { PythonDate } from './python-text.ts';

/** A plain scalar that means something other than its text. `read` throws DocumentError when the form is right but the value is not. */
export interface ImplicitType {
  readonly tag: string;
  readonly form: RegExp;
  readonly read: (text: string) => unknown;
}

const prefix = 'tag:yaml.org,2002:';

/** Python converts no more decimal digits than that to or from an integer. */
const maxIntegerDigits = 4300;

export const implicitTypes: readonly ImplicitType[] = [
  { tag: `${prefix}null`, form: /^(?:~|null|Null|NULL|)$/, read: () => null },
  {
    tag: `${prefix}bool`,
    form: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
    read: (text) => /^(?:yes|true|on)$/i.test(text),
  },
  {
    tag: `${prefix}int`,
    form: /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
    read: readInteger,
  },
  {
    tag: `${prefix}float`,
    form: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    read: readFloat,
  },
  {
    tag: `${prefix}timestamp`,
    form: /^(?:\d{4}-\d{2}-\d{2}|\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::\d{2})?))?)$/,
    read: readTimestamp,
  },
  {
    tag: `${prefix}value`,
    form: /^=$/,
    read: () => {
      throw new DocumentError('a bare = has no meaning');
    },
  },
];

/** What does not resolve to a type of its own, yet is no plain string: a merge key, and indicators alone. */
const notPlain = /^(?:<<|!|&|\*)$/;

/** Whether the text, unquoted, is read as the string that it is. */
export function isPlainString(text: string): boolean {
  return !notPlain.test(text) && !implicitTypes.some(({ form }) => form.test(text));
}

/** An integer of YAML 1.1 (JSON's are among them): a number, or a bigint when a number would lose digits. Throws DocumentError. */
export function readInteger(text: string): number | bigint {
  const [sign, digits] = splitSign(text.replaceAll('_', ''));
  if (digits.length > maxIntegerDigits) throw new DocumentError('the number has too many digits');
  const magnitude = readMagnitude(digits);
  const value = sign < 0 ? -magnitude : magnitude;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function readMagnitude(digits: string): bigint {
  if (/^0[bx]$/.test(digits)) throw new DocumentError('the number has no digits');
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  if (/^0./.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function readFloat(text: string): PythonFloat {
  const [sign, digits] = splitSign(text.replaceAll('_', '').toLowerCase());
  if (digits === '.inf') return new PythonFloat(sign * Number.POSITIVE_INFINITY);
  if (digits === '.nan') return new PythonFloat(Number.NaN);
  let base = 1;
  let value = 0;
  // The last part first, as there: the order of additions shows in the last digit.
  for (const part of digits.split(':').reverse()) {
    value += Number(part) * base;
    base *= 60;
  }
  return new PythonFloat(sign * value);
}

function splitSign(text: string): [1 | -1, string] {
  if (/^[-+]/.test(text)) return [text.startsWith('-') ? -1 : 1, text.slice(1)];
  return [1, text];
}

const timestampParts =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d{1,2})(?::(\d{2}))?))?)?$/;

function readTimestamp(text: string): PythonDate {
  const parts = timestampParts.exec(text)!;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as Six;
  const midnight = new Date(Date.UTC(2000, month - 1, day));
  // Not by the constructor, which takes years under 100 for those of the last century.
  midnight.setUTCFullYear(year, month - 1, day);
  const isDay = year > 0 && midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59) throw new DocumentError('there is no such date');

  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  if (parts[4] === undefined) return new PythonDate(date, `datetime.date(${year}, ${month}, ${day})`);
  const microsecond = Number((parts[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const offsetS = parts[8] === undefined ? readOffset(parts[9], parts[10], parts[11]) : 0;
  const fraction = microsecond === 0 ? '' : `.${pad(microsecond, 6)}`;
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}`;
  return new PythonDate(
    `${date} ${clock}${offsetS === null ? '' : offsetText(offsetS)}`,
    datetimeNotation([year, month, day, hour, minute, second], microsecond, offsetS),
  );
}

type Six = [number, number, number, number, number, number];

/** Seconds east of UTC, or null for a time without a zone. */
function readOffset(sign: string | undefined, hours: string | undefined, minutes: string | undefined) {
  if (sign === undefined) return null;
  const magnitudeS = Number(hours) * 3600 + Number(minutes ?? 0) * 60;
  if (magnitudeS >= 86_400) throw new DocumentError('there is no such time zone');
  return sign === '-' ? -magnitudeS : magnitudeS;
}

function offsetText(offsetS: number): string {
  const minutes = Math.abs(offsetS) / 60;
  return `${offsetS < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function datetimeNotation(fields: Six, microsecond: number, offsetS: number | null): string {
  const [, , , , , second] = fields;
  const shown = microsecond !== 0 ? [...fields, microsecond] : second !== 0 ? fields : fields.slice(0, 5);
  const zone = offsetS === null ? '' : `, tzinfo=${zoneNotation(offsetS)}`;
  return `datetime.datetime(${shown.join(', ')}${zone})`;
}

function zoneNotation(offsetS: number): string {
  if (offsetS === 0) return 'datetime.timezone.utc';
  const days = offsetS < 0 ? 'days=-1, ' : '';
  return `datetime.timezone(datetime.timedelta(${days}seconds=${offsetS < 0 ? offsetS + 86_400 : offsetS}))`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
