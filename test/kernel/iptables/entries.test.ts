// The parser of ip_tables' entries against blobs built by hand, sound and broken, under the sanitizers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../../..');
const NAME = 'CS-INSTANCE-WATCHER';

// struct ipt_entry, xt_entry_target and xt_error_target of linux/netfilter/x_tables.h, on 64-bit machines.
const ENTRY_BYTES = 112;
const TARGET_OFFSET_AT = 88;
const NEXT_OFFSET_AT = 90;
const TARGET_BYTES = 32;
const ERROR_TARGET_BYTES = 64;
const TARGET_NAME_AT = 2;

interface Entry {
  /** The target's name; empty for a verdict. */
  readonly target: string;
  /** What follows the target's header: an error's name, or a verdict. */
  readonly data: string;
  readonly dataBytes: number;
  readonly matchBytes?: number;
}

const error = (name: string): Entry => ({
  target: 'ERROR',
  data: name,
  dataBytes: ERROR_TARGET_BYTES - TARGET_BYTES,
});
const verdict: Entry = { target: '', data: '', dataBytes: 8 };

function encode({ target, data, dataBytes, matchBytes = 0 }: Entry): Buffer {
  const targetAt = ENTRY_BYTES + matchBytes;
  const bytes = Buffer.alloc(targetAt + TARGET_BYTES + dataBytes);
  bytes.writeUInt16LE(targetAt, TARGET_OFFSET_AT);
  bytes.writeUInt16LE(bytes.length, NEXT_OFFSET_AT);
  bytes.writeUInt16LE(TARGET_BYTES + dataBytes, targetAt);
  bytes.write(target, targetAt + TARGET_NAME_AT);
  bytes.write(data, targetAt + TARGET_BYTES);
  return bytes;
}

/** A table: the policies of three chains, one user chain for each name, its end. */
const table = (...chains: string[]): Entry[] => [
  verdict,
  { ...verdict, matchBytes: 48 },
  verdict,
  ...chains.flatMap((name) => [error(name), { ...verdict, matchBytes: 40 }, verdict]),
  error('ERROR'),
];
const blob = (entries: readonly Entry[]): Buffer => Buffer.concat(entries.map(encode));

/** A table of one chain, with 16-bit numbers of its first entry (a policy) overwritten: their offsets and values. */
function withNumbers(...numbers: readonly (readonly [at: number, value: number])[]): Buffer {
  const bytes = blob(table(NAME));
  for (const [at, value] of numbers) bytes.writeUInt16LE(value, at);
  return bytes;
}

describe('entries_have_chain', () => {
  let directory: string;
  let program: string;

  before(() => {
    assert.equal(endianness(), 'LE', 'the blobs here are little-endian');
    directory = mkdtempSync(join(tmpdir(), 'entries-'));
    program = join(directory, 'program');
    const sources = [
      join(import.meta.dirname, 'entries-program.cc'),
      join(ROOT, 'native/iptables/legacy_entries.cc'),
    ];
    const options = ['-std=c++17', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
    const built = spawnSync('g++', [...options, '-I', join(ROOT, 'native'), ...sources, '-o', program], {
      encoding: 'utf8',
    });
    assert.equal(built.status, 0, `g++ and libasan are needed: ${built.stderr ?? built.error}`);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function parse(blobs: readonly Buffer[], name = NAME): string[] {
    const input = blobs.map((bytes) => `${name} ${bytes.toString('hex')}\n`).join('');
    const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 2 ** 26, timeout: 60_000 });
    assert.equal(run.status, 0, run.error?.message ?? run.stderr);
    return run.stdout.trimEnd().split('\n');
  }

  const cases: readonly { what: string; bytes: Buffer; expected: string; name?: string }[] = [
    { what: 'no entries', bytes: Buffer.alloc(0), expected: 'absent' },
    { what: 'no user chains', bytes: blob(table()), expected: 'absent' },
    { what: 'the only chain', bytes: blob(table(NAME)), expected: 'found' },
    { what: 'the first of many', bytes: blob(table(NAME, 'A', 'B')), expected: 'found' },
    { what: 'the last of many', bytes: blob(table('A', 'B', NAME)), expected: 'found' },
    { what: 'others only', bytes: blob(table('CS-AGENT', 'DOCKER')), expected: 'absent' },
    { what: 'a longer name', bytes: blob(table(`${NAME}2`)), expected: 'absent' },
    { what: 'a shorter name', bytes: blob(table(NAME.slice(0, -1))), expected: 'absent' },
    { what: "the end's name", bytes: blob(table('A')), expected: 'absent', name: 'ERROR' },
    { what: "a chain of the end's name", bytes: blob(table('ERROR')), expected: 'found', name: 'ERROR' },
    {
      what: 'a name that fills its field',
      bytes: blob(table('N'.repeat(30))),
      expected: 'found',
      name: 'N'.repeat(30),
    },
    {
      what: 'the name behind another target',
      bytes: blob([{ ...error(NAME), target: 'LOG' }, error('ERROR')]),
      expected: 'absent',
    },
    {
      what: 'an error target too short for a name',
      bytes: blob([{ target: 'ERROR', data: NAME, dataBytes: 24 }, error('ERROR')]),
      expected: 'absent',
    },
    { what: 'an entry of no length', bytes: withNumbers([NEXT_OFFSET_AT, 0]), expected: 'malformed' },
    {
      what: 'an entry without its target',
      bytes: withNumbers([NEXT_OFFSET_AT, ENTRY_BYTES]),
      expected: 'malformed',
    },
    { what: 'an entry beyond the end', bytes: withNumbers([NEXT_OFFSET_AT, 65_535]), expected: 'malformed' },
    {
      what: 'a target within the entry',
      bytes: withNumbers([TARGET_OFFSET_AT, 0], [0, TARGET_BYTES]),
      expected: 'malformed',
    },
    {
      what: 'a target beyond the entry',
      bytes: withNumbers([TARGET_OFFSET_AT, 65_535]),
      expected: 'malformed',
    },
    { what: 'a target of no length', bytes: withNumbers([ENTRY_BYTES, 0]), expected: 'malformed' },
    { what: 'a target longer than its entry', bytes: withNumbers([ENTRY_BYTES, 41]), expected: 'malformed' },
  ];
  for (const { what, bytes, expected, name } of cases) {
    test(`${what}: ${expected}`, () => assert.deepEqual(parse([bytes], name), [expected]));
  }

  test('cut short anywhere: malformed, but for the cuts between two entries', () => {
    const entries = table('A', NAME).map(encode);
    const whole = Buffer.concat(entries);
    const head = Buffer.concat(entries.slice(0, 7)).length; // the end of the chain's first entry
    const boundaries = new Set(entries.map((_, i) => Buffer.concat(entries.slice(0, i)).length));
    const cuts = Array.from({ length: whole.length }, (_, length) => length);
    const expected = cuts.map((length) => {
      if (!boundaries.has(length)) return 'malformed';
      return length > head ? 'found' : 'absent';
    });
    assert.deepEqual(parse(cuts.map((length) => whole.subarray(0, length))), expected);
  });

  test('any one 16-bit word overwritten: no read outside the blob', () => {
    const whole = blob(table(NAME));
    const mutants: Buffer[] = [];
    for (let at = 0; at + 2 <= whole.length; at += 2) {
      for (const value of [0, 1, 31, 111, 112, 143, 144, 151, 153, 176, 0x7fff, 0x8000, 0xffff]) {
        const mutant = Buffer.from(whole);
        mutant.writeUInt16LE(value, at);
        mutants.push(mutant);
      }
    }
    assert.equal(parse(mutants).length, mutants.length);
  });
});
