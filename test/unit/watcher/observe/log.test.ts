import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog, type Log } from '../../../../src/watcher/observe/log.ts';
import { parseRotation } from '../../../../src/watcher/observe/rotation-spec.ts';
import { formatText } from '../../../../src/watcher/observe/text-format.ts';

describe('log', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function logged(format: 'auto' | 'text' | 'json', use: (log: Log) => void): string[] {
    const file = join(directory, 'a.log');
    const log = createLog({ level: 'info', format, file, rotation: parseRotation('d,1,7') });
    use(log);
    log.close();
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  }

  it('writes JSON to a file unless text is asked for, and nothing below its level', () => {
    const lines = logged('auto', (log) => {
      log.debug({}, 'unseen');
      log.info({ event: 'state-changed', from: null }, 'state changed');
    });
    assert.equal(lines.length, 1);
    const { time, ...record } = JSON.parse(lines[0]!);
    assert.match(time, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    assert.deepEqual(record, { level: 'info', event: 'state-changed', from: null, message: 'state changed' });
  });

  for (const format of ['json', 'text'] as const) {
    it(`${format}: no value forges a line, and no credential is shown`, () => {
      const lines = logged(format, (log) =>
        log.warn(
          {
            state: 'x\n2026-01-01T00:00:00Z ERROR forged',
            authorization: 'hush',
            headers: { authorization: 'hush' },
          },
          'a\r\nb',
        ),
      );
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0]!, /hush|\r/);
      assert.match(lines[0]!, /\[redacted\]/);
    });

    it(`${format}: a megabyte from the network is cut`, () => {
      const lines = logged(format, (log) =>
        log.info({ state: 'x'.repeat(1_000_000) }, 'y'.repeat(1_000_000)),
      );
      assert.equal(lines.length, 1);
      assert.ok(lines[0]!.length < 6000, `${lines[0]!.length} characters`);
      assert.match(lines[0]!, /1000000 characters/);
    });
  }
});

describe('log on stderr', () => {
  const module = new URL('../../../../src/watcher/observe/log.ts', import.meta.url).href;
  const program = `
    import { createLog } from '${module}';
    const rotation = { unit: 'D', interval: 1, backupCount: 7 };
    const journalStream = process.env.JOURNAL_STREAM;
    const log = createLog({ level: 'info', format: 'auto', file: process.argv[1] ?? null, rotation, journalStream });
    for (let i = 0; i < 3; i += 1) log.info({ i }, 'hello');
    process.stdout.write('done');
  `;
  const run = (stderr: 'pipe' | number, ...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program, ...args], {
      stdio: ['ignore', 'pipe', stderr],
      timeout: 20_000,
      encoding: 'utf8',
    });

  it('is JSON where stderr is no terminal', () => {
    const { stderr, status } = run('pipe');
    assert.equal(status, 0);
    assert.deepEqual(
      String(stderr)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).i),
      [0, 1, 2],
    );
  });

  /** As the journal starts a service: with the pipe's own name in the variable. */
  const runInJournal = (...args: string[]): string[] => {
    const inJournal = 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec "$0" --input-type=module -e "$@"';
    const { stderr } = spawnSync('sh', ['-c', inJournal, process.execPath, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
      encoding: 'utf8',
    });
    return stderr.trimEnd().split('\n');
  };

  it("carries each line's priority where stderr is the journal", () => {
    const lines = runInJournal();
    assert.deepEqual(
      lines.map((line) => [line.slice(0, 3), JSON.parse(line.slice(3)).i]),
      [0, 1, 2].map((i) => ['<6>', i]),
    );
  });

  it('carries it for the lines of a file that cannot be written too', () => {
    const lines = runInJournal('/dev/full');
    assert.deepEqual(
      lines.map((line) => line.slice(0, 3)),
      ['<4>', '<6>', '<6>', '<6>'],
    );
  });

  it('takes the lines of a file that cannot be written, after one warning of the same form', () => {
    const { stderr } = run('pipe', '/dev/full');
    const records = String(stderr)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      records.map(({ level, message }) => `${level} ${message}`),
      [
        'warn the log file /dev/full cannot be written (ENOSPC): logging to stderr',
        'info hello',
        'info hello',
        'info hello',
      ],
    );
  });

  it('that is full does not end the program', () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { stdout, status } = run(full);
      assert.deepEqual([stdout, status], ['done', 0]);
    } finally {
      closeSync(full);
    }
  });
});

describe('text format', () => {
  const cases: readonly (readonly [fields: object, shown: string])[] = [
    [{}, ''],
    [{ ports: '80', left: 3, ok: true, none: null }, ' ports=80 left=3 ok=true'],
    [{ reason: 'two words' }, ' reason="two words"'],
    [{ equals: 'a=b', quote: 'a"b', empty: '' }, ' equals="a=b" quote="a\\"b" empty=""'],
    [{ escape: '\x1b[2J\x9b', bidi: 'a\u202eb' }, ' escape="\\u001b[2J\\u009b" bidi="a\\u202eb"'],
    [{ list: ['a', 1], nested: { a: '\n' } }, ' list=["a",1] nested={"a":"\\n"}'],
    [{ 'na\nme': 1 }, ' na\\u000ame=1'],
  ];
  for (const [fields, shown] of cases) {
    it(`shows ${JSON.stringify(fields)}`, () => {
      const record = { level: 'info', time: '2026-11-21T10:00:00.123Z', ...fields, message: 'hello' };
      assert.equal(formatText(JSON.stringify(record)), `2026-11-21T10:00:00Z INFO  hello${shown}\n`);
    });
  }
});
