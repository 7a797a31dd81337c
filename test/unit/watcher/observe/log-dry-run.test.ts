import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log, LogFields } from '../../../../src/watcher/observe/log.ts';
import { dryRunLog } from '../../../../src/watcher/observe/log-dry-run.ts';

describe('the words of a dry run', () => {
  const said: string[] = [];
  const keep = (fields: LogFields, message: string): void => {
    assert.equal(fields.dryRun, true);
    said.push(message);
  };
  const log: Log = dryRunLog({ error: keep, warn: keep, info: keep, debug: keep });

  const cases: readonly (readonly [fields: LogFields, message: string, shown: string])[] = [
    [
      { event: 'table-installed', ports: '80', closing: false },
      'new connections to 80 are refused',
      'dry run: new connections to 80 would be refused',
    ],
    [
      { event: 'table-installed', ports: '80', closing: true },
      'new connections to 80 are refused, and more',
      'dry run: new connections to 80 would be refused, what is left of published ones would be reset',
    ],
    [
      { event: 'table-removed' },
      'new connections are accepted',
      'dry run: new connections would be accepted',
    ],
    [
      { event: 'connections-closed', closed: 2, failed: 0 },
      '2 connection(s) closed',
      'dry run: 2 connection(s) would be closed',
    ],
    [
      { event: 'hook-completed', scripts: 3, refused: 1 },
      'scripts: 3 to run',
      'dry run: scripts: 2 would run, 1 would be refused',
    ],
    [{ event: 'hook-refused' }, '/s/a: not run: it is not', 'dry run: /s/a: not run: it is not'],
    [{ event: 'stopped' }, 'stopped; new connections stay refused', 'dry run: stopped, nothing was touched'],
    // What was seen is as true as ever.
    [{ event: 'state-changed' }, 'state running -> draining', 'state running -> draining'],
    [{ event: 'degraded', part: 'firewall' }, 'degraded: firewall: no', 'degraded: firewall: no'],
  ];
  for (const [fields, message, shown] of cases) {
    test(shown, () => {
      log.info(fields, message);
      assert.equal(said.at(-1), shown);
    });
  }
});
