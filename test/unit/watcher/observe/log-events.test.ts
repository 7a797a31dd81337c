// What the log says and what its schema knows are the same, both ways.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { eventsPart, eventsTable } from '../../../../scripts/log-events.ts';
import { createLog, type Log } from '../../../../src/watcher/observe/log.ts';
import { dryRunLog } from '../../../../src/watcher/observe/log-dry-run.ts';
import { parseRotation } from '../../../../src/watcher/observe/rotation-spec.ts';
import { LogSchemaCheck } from '../../../fixtures/log-schema.ts';
import { CHANGE, sayEverything } from './log-variants.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const check = new LogSchemaCheck();

type Line = Readonly<Record<string, unknown>>;

/** The lines as they are written to a file. */
function logged(use: (log: Log) => void): Line[] {
  const directory = mkdtempSync(join(tmpdir(), 'log-events-'));
  try {
    const file = join(directory, 'a.log');
    const log = createLog({ level: 'debug', format: 'json', file, rotation: parseRotation('d,1,7') });
    use(log);
    log.close();
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the schema of the log', () => {
  test('takes every line that there are words for', () => {
    const lines = logged(sayEverything);
    assert.ok(lines.length > 50, `${lines.length} lines`);
    check.assertAll(lines);
  });

  test('takes the same lines in a dry run, each marked', () => {
    const lines = logged((log) => sayEverything(dryRunLog(log)));
    check.assertAll(lines);
    assert.ok(lines.every(({ dryRun }) => dryRun === true));
  });

  const line = {
    level: 'info',
    time: '2026-11-22T05:00:00.000Z',
    event: 'drained',
    message: 'drained',
    change: CHANGE,
    lastedMs: 1,
  };
  const wrong: readonly (readonly [what: string, line: Line])[] = [
    ['an unknown event', { ...line, event: 'drainy' }],
    ['another level', { ...line, level: 'warn' }],
    ['a field more', { ...line, left: 0 }],
    ['a field less', { ...line, lastedMs: undefined }],
    ['no change', { ...line, change: undefined }],
    ['a change that is no id', { ...line, change: '' }],
    ['a time of another form', { ...line, time: '2026-11-22' }],
    ['a change where nothing changes', { ...line, event: 'hold-ended' }],
  ];
  for (const [what, broken] of wrong) {
    test(`refuses ${what}`, () => {
      assert.deepEqual(check.problems(line), []);
      // As it is written: a field that is undefined is none.
      assert.notDeepEqual(check.problems(JSON.parse(JSON.stringify(broken)) as Line), []);
    });
  }

  test('knows every event in the code, and no other', () => {
    assert.deepEqual([...check.events].sort(), [...eventsInCode()].sort());
  });
});

test("the table in docs/log-events.md is the schema's", () => {
  assert.equal(eventsPart.read(), eventsTable(), 'run node scripts/log-events.ts --write');
});

/** The words after `event:` in the agent's source, and the reports of scripts, whose lines are named after their kinds. */
function eventsInCode(): Set<string> {
  const events = new Set<string>();
  for (const file of sourcesOf(['src/watcher', 'src/commands/watcher'])) {
    for (const [, expression] of readFileSync(file, 'utf8').matchAll(/\bevent: ([^,;)}\n]+)/g)) {
      for (const [, name] of expression!.matchAll(/'([a-z-]+)'/g)) events.add(name!);
    }
  }
  const reports = readFileSync(join(ROOT, 'src/watcher/hooks/hook-report.ts'), 'utf8');
  for (const [, kind] of reports.matchAll(/\bkind: '([a-z-]+)'/g)) events.add(`hook-${kind}`);
  return events;
}

/** TypeScript files, without the control protocol: its events are answers on a socket. */
function sourcesOf(rooms: readonly string[]): string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('control/'))
      .map((name) => join(ROOT, room, name)),
  );
}
