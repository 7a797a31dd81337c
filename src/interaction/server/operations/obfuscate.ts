// Makes a report that can be shown to strangers: whatever tells whose deployment it is becomes a word that stands for it
// throughout one report, so that it can still be followed. The words are keyed for each report: a plain digest of a
// number of twelve digits, or of an address, is found again by trying them all.
import { createHmac, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { JsonValue } from '../../contract/python-json.ts';
import { unpackJson } from '../fleet/packed-json.ts';

export type Obfuscate = (value: JsonValue) => JsonValue;

/** What is told by its form, in the order it is looked for: an ARN has most of the others in it. */
const forms: readonly (readonly [word: string, form: RegExp])[] = [
  ['arn', /\barn:[a-z-]+:[^\s"'\\,;]+/g],
  // From the start of a word only: from each of its letters, a long word without an @ would be read as often as it is long.
  ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ['principal', /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g],
  ['host', /\b(?:ip|ec2)(?:-\d{1,3}){4}\b[\w.-]*/g],
  ['instance', /\bi-[0-9a-f]{8,17}\b/g],
  ['resource', /\b(?:ami|eni|lt|sg|sir|snap|subnet|vol|vpc|vpce|rtb|nat|igw)-[0-9a-f]{8,17}\b/g],
  ['account', /(?<!\d)\d{12}(?!\d)/g],
];
/** Not yet addresses: a date has the form of the one, a version that of the other. */
const addressForms: readonly RegExp[] = [
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g,
  /(?<![\w:])[\da-fA-F]{0,4}(?::[\da-fA-F]{0,4}){2,7}(?!\w)/g,
];

/** Strings that hold JSON, plain or compressed, are looked into as far as this. */
const maxDepth = 100;

/** `names` are replaced wherever they stand by themselves, besides everything that is known by its form. */
export function createObfuscator(names: readonly string[]): Obfuscate {
  const key = randomBytes(32);
  // Letters alone, so that no other form is found in it.
  const standIns = new Map<string, string>();
  const standIn = (word: string, text: string) => {
    const known = standIns.get(text);
    if (known !== undefined) return `${word}-${known}`;
    const digest = createHmac('sha256', key).update(text).digest('hex').slice(0, 12);
    const letters = digest.replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!);
    standIns.set(text, letters);
    return `${word}-${letters}`;
  };
  const nameForm = toNameForm(new Set(names));

  function text(value: string): string {
    const named = nameForm === null ? value : value.replace(nameForm, (name) => standIn('name', name));
    const formed = forms.reduce(
      (replaced, [word, form]) => replaced.replace(form, (found) => standIn(word, found)),
      named,
    );
    return addressForms.reduce((replaced, form) => replaced.replace(form, address), formed);
  }

  function address(found: string): string {
    const candidate = isIP(found) === 0 ? found.replace(/:$/, '') : found;
    return isIP(candidate) === 0 ? found : standIn('address', candidate) + found.slice(candidate.length);
  }

  function tagValue(tag: string, value: JsonValue, depth: number): JsonValue {
    const isOwn = tag.startsWith('clonesquad:') || typeof value !== 'string';
    return isOwn ? walk(value, depth) : standIn('name', value);
  }

  function object(members: { readonly [member: string]: JsonValue }, depth: number): JsonValue {
    const { Key: tag, Value: value } = members;
    if (typeof tag === 'string' && value !== undefined && Object.keys(members).length === 2) {
      return { Key: text(tag), Value: tagValue(tag, value, depth) };
    }
    return Object.fromEntries(
      Object.entries(members).map(([name, member]) => {
        if (name === 'tags' && isObject(member)) {
          const tags = Object.entries(member).map(([tag, value]) => [text(tag), tagValue(tag, value, depth)]);
          return [name, Object.fromEntries(tags)];
        }
        const isName = name === 'KeyName' && typeof member === 'string';
        return [text(name), isName ? standIn('name', member) : walk(member, depth)];
      }),
    );
  }

  function walk(value: JsonValue, depth: number): JsonValue {
    if (depth > maxDepth) return '(nested too deeply, left out)';
    if (typeof value === 'string') {
      const held = heldDocument(value);
      return held === undefined ? text(value) : walk(held, depth + 1);
    }
    // An account id that was not written as text.
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : text(String(value));
    if (Array.isArray(value)) return value.map((item) => walk(item, depth + 1));
    return isObject(value) ? object(value, depth + 1) : value;
  }

  return (value) => walk(value, 0);
}

/** The JSON that a string holds, as CloneSquad keeps it; what is compressed and cannot be read is left out, as it cannot be shown. */
function heldDocument(value: string): JsonValue | undefined {
  if (/^\s*[[{"]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  if (!/^(?:b')?H4sI/.test(value)) return undefined;
  try {
    return unpackJson({ key: '', value }) as JsonValue;
  } catch {
    return '(compressed, left out)';
  }
}

/** Longer names first: one may contain another. */
function toNameForm(names: ReadonlySet<string>): RegExp | null {
  const usable = [...names].filter((name) => name !== '').sort((a, b) => b.length - a.length);
  if (usable.length === 0) return null;
  const alternatives = usable.map((name) => name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|');
  return new RegExp(`(?<![\\w])(?:${alternatives})(?![\\w])`, 'g');
}

function isObject(value: JsonValue): value is { readonly [member: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
