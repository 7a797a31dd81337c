// How each kind of value is read (from a command line's words, an environment variable or JSON) and written back.
// A kind knows nothing about options; a value that cannot be read throws `RangeError` saying what was expected.
import { formatPortRange, mergePortRanges, type PortRange, parsePortRange } from '../domain/port-ranges.ts';
import { formatRotation, parseRotation, type RotationSpec } from '../observe/rotation-spec.ts';
import { canonicalCidrs } from './cidr.ts';
import { formatListenAddress, type ListenAddress, parseListenAddress } from './listen-address.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[];

/** A value as read, with a line for the log when it is not quite what was written. */
export interface Reading<T> {
  readonly value: T;
  readonly warning?: string;
}

export interface ValueKind<T> {
  /** One word, many words, or a word that may be left out and then means true. */
  readonly takes: 'one' | 'many' | 'flag';
  /** Where there is a choice of words: all of them. */
  readonly choices?: readonly string[];
  /** `input` is a string, a list of strings (`many`), or whatever JSON held. */
  read(input: unknown): Reading<T>;
  /** The value as a configuration file would have it. */
  write(value: T): JsonValue;
}

/** The firewall's limit on separate ranges. */
const MAX_PORT_RANGES = 4096;
const MAX_TEXT_LENGTH = 4096;

/** Seconds, fractions allowed, as milliseconds. `clamp` moves a value outside the bounds to the nearest and says so. */
export function seconds(bounds: {
  readonly min: number;
  readonly max: number;
  readonly outside: 'clamp' | 'error';
}): ValueKind<number> {
  const { min, max } = bounds;
  return {
    takes: 'one',
    read(input) {
      const given = readNumber(input);
      if (given >= min && given <= max) return { value: Math.round(given * 1000) };
      if (bounds.outside === 'error') {
        throw new RangeError(`expected ${min} to ${max} seconds, got ${given}`);
      }
      const nearest = given < min ? min : max;
      return {
        value: nearest * 1000,
        warning: `${given} is outside ${min} to ${max} seconds, using ${nearest}`,
      };
    },
    write: (value) => value / 1000,
  };
}

/** Seconds where 0 means without limit, which is null. */
export function secondsOrUnlimited(max: number): ValueKind<number | null> {
  const limited = seconds({ min: 0, max, outside: 'error' });
  return {
    takes: 'one',
    read(input) {
      const { value } = limited.read(input);
      return { value: value === 0 ? null : value };
    },
    write: (value) => limited.write(value ?? 0),
  };
}

/** Ports and ranges, separated by spaces or commas, or a JSON list of numbers and strings. */
export const portRanges: ValueKind<readonly PortRange[]> = {
  takes: 'many',
  read(input) {
    const value = mergePortRanges(readWords(input, 'a port or a list of ports').map(parsePortRange));
    if (value.length > MAX_PORT_RANGES) {
      throw new RangeError(
        `expected at most ${MAX_PORT_RANGES} separate ranges of ports, got ${value.length}`,
      );
    }
    return { value };
  },
  write: (ranges) =>
    ranges.map((range) => (range.first === range.last ? range.first : formatPortRange(range))),
};

/** Addresses and networks, separated by spaces or commas, or a JSON list of strings. */
export const networks: ValueKind<readonly string[]> = {
  takes: 'many',
  read(input) {
    const { cidrs, adjusted } = canonicalCidrs(readWords(input, 'a network or a list of networks'));
    if (adjusted.length === 0) return { value: cidrs };
    return { value: cidrs, warning: `${adjusted.join(', ')} has host bits set, using the network it is in` };
  },
  write: (cidrs) => cidrs,
};

export const flag: ValueKind<boolean> = {
  takes: 'flag',
  read(input) {
    if (typeof input === 'boolean') return { value: input };
    const word = typeof input === 'string' ? input.toLowerCase() : '';
    if (word !== 'true' && word !== 'false')
      throw new RangeError(`expected true or false, got ${show(input)}`);
    return { value: word === 'true' };
  },
  write: (value) => value,
};

export function choice<const T extends string>(...choices: readonly T[]): ValueKind<T> {
  return {
    takes: 'one',
    choices,
    read(input) {
      const value = choices.find((one) => one === input);
      if (value === undefined) throw new RangeError(`expected ${choices.join(' or ')}, got ${show(input)}`);
      return { value };
    },
    write: (value) => value,
  };
}

/** Text that matches `pattern`, which `expected` describes. */
export function text(pattern: RegExp, expected: string): ValueKind<string> {
  return {
    takes: 'one',
    read(input) {
      if (typeof input !== 'string' || input.length > MAX_TEXT_LENGTH || !pattern.test(input)) {
        throw new RangeError(`expected ${expected}, got ${show(input)}`);
      }
      return { value: input };
    },
    write: (value) => value,
  };
}

/** A path, still as given: `resolve.ts` makes it absolute. */
export const path: ValueKind<string> = text(/^[^\0\n]+$/, 'a path');

/** An http or https URL, without its trailing slashes. */
export const url: ValueKind<string> = {
  takes: 'one',
  read(input) {
    const parsed = typeof input === 'string' && URL.canParse(input) ? new URL(input) : null;
    const isPlain =
      parsed !== null &&
      /^https?:$/.test(parsed.protocol) &&
      `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` === '';
    if (!isPlain) {
      throw new RangeError('expected an http or https URL without user, query or fragment');
    }
    const value = parsed.href.replace(/\/+$/, '');
    const isPrivate =
      parsed.protocol === 'https:' || /^(localhost|127\.[\d.]+|\[::1\])$/.test(parsed.hostname);
    return isPrivate
      ? { value }
      : { value, warning: `${value} is not encrypted: anyone on the way can change the state` };
  },
  write: (value) => value,
};

export const listenAddress: ValueKind<ListenAddress> = {
  takes: 'one',
  read: (input) => ({
    value: parseListenAddress(
      typeof input === 'number' ? String(input) : typeof input === 'string' ? input : '',
    ),
  }),
  write: formatListenAddress,
};

/** Any of the words, separated by spaces or commas, or a JSON list of them; each once, in the order of `choices`. */
export function choices<const T extends string>(...all: readonly T[]): ValueKind<readonly T[]> {
  return {
    takes: 'many',
    choices: all,
    read(input) {
      const words = readWords(input, all.join(', '));
      const wrong = words.find((word) => !all.some((one) => one === word));
      if (wrong !== undefined) throw new RangeError(`expected ${all.join(', ')}, got ${show(wrong)}`);
      return { value: all.filter((one) => words.includes(one)) };
    },
    write: (value) => value,
  };
}

export const rotation: ValueKind<RotationSpec> = {
  takes: 'one',
  read(input) {
    if (typeof input !== 'string') throw new RangeError(`expected a text such as d,1,7, got ${show(input)}`);
    return { value: parseRotation(input) };
  },
  write: formatRotation,
};

/** The kind with null for "not given", which the word `unset` also means when there is one. */
export function optional<T>(kind: ValueKind<T>, unset?: string): ValueKind<T | null> {
  return {
    takes: kind.takes,
    read: (input) => (input === unset && unset !== undefined ? { value: null } : kind.read(input)),
    write: (value) => (value === null ? (unset ?? null) : kind.write(value)),
  };
}

function readNumber(input: unknown): number {
  const number = typeof input === 'string' && /^[+-]?\d+(\.\d+)?$/.test(input) ? Number(input) : input;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new RangeError(`expected a number of seconds, got ${show(input)}`);
  }
  return number;
}

function readWords(input: unknown, expected: string): string[] {
  const items = Array.isArray(input) ? input : [input];
  return items.flatMap((item) => {
    if (typeof item === 'number') return [String(item)];
    if (typeof item !== 'string') throw new RangeError(`expected ${expected}, got ${show(item)}`);
    return item.split(/[\s,]+/).filter((word) => word !== '');
  });
}

/** Input in a message: quoted, on one line, short. */
function show(input: unknown): string {
  const json = JSON.stringify(input) ?? String(input);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}
