// Expected values were computed by Python 3.11's TimedRotatingFileHandler in the same time zone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  backupSuffix,
  backupsToDelete,
  nextRotation,
} from '../../../../src/watcher/observe/rotation-schedule.ts';
import { formatRotation, parseRotation } from '../../../../src/watcher/observe/rotation-spec.ts';

const ROTATIONS: readonly (readonly [spec: string, from: string, at: string, suffix: string])[] = [
  ['s,5,7', '2026-11-21T10:00:00Z', '2026-11-21T10:00:05Z', '2026-11-21_11-00-00'],
  ['m,30,7', '2026-11-21T10:00:00Z', '2026-11-21T10:30:00Z', '2026-11-21_11-00'],
  ['h,1,7', '2026-11-21T10:20:30Z', '2026-11-21T11:20:30Z', '2026-11-21_11'],
  ['d,1,7', '2026-11-21T10:20:30Z', '2026-11-22T10:20:30Z', '2026-11-21'],
  ['D,3,7', '2026-11-21T10:20:30Z', '2026-11-24T10:20:30Z', '2026-11-21'],
  ['midnight,1,7', '2026-11-21T10:20:30Z', '2026-11-21T23:00:00Z', '2026-11-21'],
  ['midnight,1,7', '2026-11-21T22:59:59Z', '2026-11-21T23:00:00Z', '2026-11-21'],
  ['midnight,1,7', '2026-11-21T23:00:00Z', '2026-11-22T23:00:00Z', '2026-11-22'],
  ['midnight,2,7', '2026-11-21T10:20:30Z', '2026-11-21T23:00:00Z', '2026-11-20'],
  ['w0,1,7', '2026-11-21T10:20:30Z', '2026-11-23T23:00:00Z', '2026-11-17'],
  ['w5,1,7', '2026-11-21T10:20:30Z', '2026-11-21T23:00:00Z', '2026-11-15'],
  ['w6,1,7', '2026-11-21T10:20:30Z', '2026-11-22T23:00:00Z', '2026-11-16'],
  ['w4,1,7', '2026-11-21T10:20:30Z', '2026-11-27T23:00:00Z', '2026-11-21'],
  ['w0,1,7', '2026-03-26T10:00:00Z', '2026-03-30T22:00:00Z', '2026-03-24'],
  ['w0,1,7', '2026-10-22T10:00:00Z', '2026-10-26T23:00:00Z', '2026-10-20'],
];

describe('rotation schedule, in Europe/Paris', () => {
  const timeZone = process.env.TZ;
  before(() => {
    process.env.TZ = 'Europe/Paris';
  });
  after(() => {
    if (timeZone === undefined) delete process.env.TZ;
    else process.env.TZ = timeZone;
  });

  for (const [text, from, at, suffix] of ROTATIONS) {
    it(`${text} from ${from}: at ${at} to .${suffix}`, () => {
      const spec = parseRotation(text);
      const rotation = nextRotation(spec, Date.parse(from));
      assert.equal(new Date(rotation).toISOString(), new Date(at).toISOString());
      assert.equal(backupSuffix(spec, rotation), suffix);
    });
  }
});

describe('backups to delete', () => {
  const names = [
    'a.log',
    'a.log.2026-11-19',
    'a.log.2026-11-18',
    'a.log.2026-11-20',
    'a.log.2026-11-17.gz',
    'a.log.2026-11-17_10',
    'a.log.old',
    'b.log.2026-11-01',
    'xa.log.2026-11-01',
  ];
  for (const [spec, expected] of [
    ['d,1,2', ['a.log.2026-11-17.gz', 'a.log.2026-11-18']],
    ['d,1,4', []],
    ['d,1,0', []],
    ['h,1,1', []],
    ['w0,1,1', ['a.log.2026-11-17.gz', 'a.log.2026-11-18', 'a.log.2026-11-19']],
  ] as const) {
    it(`${spec} deletes ${expected.length}`, () => {
      assert.deepEqual(backupsToDelete(parseRotation(spec), 'a.log', names), expected);
    });
  }
});

describe('rotation spec', () => {
  for (const text of ['d,1,7', 's,30,0', 'midnight,1,10', 'w6,1,4', 'h,12,3', 'm,1,1']) {
    it(`${text} reads and writes`, () => assert.equal(formatRotation(parseRotation(text)), text));
  }
  for (const text of [
    '',
    'd',
    'd,1',
    'd,0,7',
    'd,-1,7',
    'd,1,-7',
    'w7,1,1',
    'y,1,1',
    'd,1,7,9',
    'd,1.5,7',
    'D1,1,7',
  ]) {
    it(`'${text}' is refused`, () => assert.throws(() => parseRotation(text), RangeError));
  }
});
