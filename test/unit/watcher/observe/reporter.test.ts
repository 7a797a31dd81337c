// Which change a line belongs to, and which belong to none.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Log, LogFields } from '../../../../src/watcher/observe/log.ts';
import { LogReporter } from '../../../../src/watcher/observe/reporter.ts';
import { agentState, counted, drainingState, poll, RULESET, summary } from './status-facts.ts';

const REASONS = [{ source: 'state', detail: 'draining', sinceWallMs: 1 }] as const;
const REFUSING = { event: 'refusing', reasons: REASONS, isEnforced: true, inMs: 0 } as const;

describe('lines and their change', () => {
  let lines: { level: string; fields: LogFields; message: string }[];
  let reporter: LogReporter;
  beforeEach(() => {
    lines = [];
    const at =
      (level: string) =>
      (fields: LogFields, message: string): void =>
        void lines.push({ level, fields, message });
    const log: Log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
    reporter = new LogReporter(log, () => {});
  });
  const told = (): string[] =>
    lines.map(({ level, fields }) => `${level} ${fields.event} ${fields.change ?? '-'}`);

  test('a drain has one id from its state to its end', () => {
    reporter.changeBegan('c1');
    reporter.announce({ event: 'state-changed', from: 'running', to: 'draining' });
    reporter.announce(REFUSING);
    reporter.tableInstalled(RULESET, null, null);
    reporter.settled(summary(drainingState()));
    reporter.connections(counted(1, 0));
    reporter.connections(counted(1, 0));
    reporter.connections(counted(0, 0));
    reporter.tableInstalled(RULESET, 'the table was gone', null);
    reporter.announce({ event: 'drained', lastedMs: 1 });
    reporter.changeBegan('c2');
    reporter.announce({ event: 'state-changed', from: 'draining', to: 'running' });
    reporter.tableRemoved();
    assert.deepEqual(told(), [
      'info state-changed c1',
      'info refusing c1',
      'info table-installed c1',
      'info connections c1',
      'debug connections c1',
      'warn table-restored c1',
      'info drained c1',
      'info state-changed c2',
      'info table-removed c2',
    ]);
  });

  test('polls and a time without a verdict belong to none', () => {
    reporter.changeBegan('c1');
    reporter.polled(poll());
    reporter.announce({ event: 'hold-began', class: 'transport', message: 'm', desired: 'open' });
    reporter.announce({ event: 'hold-cause', class: 'http', message: 'm', desired: 'open' });
    reporter.announce({ event: 'no-information', polls: 10 });
    reporter.announce({ event: 'hold-ended', lastedMs: 1 });
    assert.deepEqual(told(), [
      'debug polled -',
      'warn hold-began -',
      'warn hold-cause -',
      'warn no-information -',
      'info hold-ended -',
    ]);
  });

  test('trouble with the firewall belongs to a change that is made and a drain that goes on', () => {
    reporter.degraded('firewall', 'before anything');
    reporter.changeBegan('c1');
    reporter.degraded('firewall', 'while it is made');
    reporter.settled(summary(drainingState()));
    reporter.degraded('record', 'no space');
    reporter.degraded('firewall', 'while it lasts');
    reporter.degraded('firewall', 'while it lasts');
    reporter.degraded('firewall', null);
    reporter.changeBegan('c2');
    reporter.settled(summary(agentState()));
    reporter.degraded('firewall', 'with the ports open');
    reporter.degraded('record', null);
    assert.deepEqual(told(), [
      'error degraded -',
      'error degraded c1',
      'error degraded -',
      'error degraded c1',
      'info recovered c1',
      'error degraded -',
      'info recovered -',
    ]);
  });

  test('what stood in the way of a drain before it began is in its story', () => {
    reporter.degraded('firewall', 'no permission');
    reporter.changeBegan('c1');
    reporter.announce(REFUSING);
    assert.equal(
      lines.at(-1)?.message,
      'new connections are to be refused: state draining; degraded: firewall: no permission',
    );
    assert.equal(lines.at(-1)?.fields.obstacle, 'no permission');
  });

  test('a count that is known again is worth the line that its loss was', () => {
    reporter.changeBegan('c1');
    reporter.connections(counted(1, 0));
    reporter.connections({ known: false, reason: 'no memory' });
    reporter.connections({ known: false, reason: 'no memory' });
    reporter.connections(counted(1, 0));
    reporter.connections(counted(0, 0));
    assert.deepEqual(told(), [
      'info connections c1',
      'warn connections-unknown c1',
      'info connections c1',
      'debug connections c1',
    ]);
  });
});
