import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nftRemovalText, nftText } from '../../../../src/watcher/domain/nft-text.ts';
import { type PlannedState, planText } from '../../../../src/watcher/observe/plan-text.ts';
import { CONFIG } from '../domain/cycle.ts';

const NONE = { paths: [], refused: [] };
const ruleset = { ports: [{ first: 80, last: 80 }], allowFrom: [], includeLoopback: false, closing: false };
const planned: PlannedState = {
  ...CONFIG,
  state: 'draining',
  notice: null,
  ruleset,
  tableOwnership: 'auto',
  scriptDir: '/etc/scripts',
  scripts: NONE,
  drainedScripts: NONE,
  isRoot: true,
};

/** The comments before the first statement, without their sign, and the rest. */
function parts(changes: Partial<PlannedState>): { comments: string[]; statements: string } {
  const text = planText({ ...planned, ...changes });
  const [head = '', statements = ''] = text.split(/\n\n(.*)/s);
  const lines = head.trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^#( |$)/);
  return { comments: lines.map((line) => line.slice(2)), statements };
}

describe('the statements', () => {
  for (const state of ['draining', 'stopping']) {
    test(`${state} installs`, () => {
      assert.equal(parts({ state }).statements, nftText(ruleset, 'auto'));
      assert.equal(parts({ state, tableOwnership: 'plain' }).statements, nftText(ruleset, 'plain'));
    });
  }
  for (const state of ['running', 'pending', 'bounced', 'error', 'stopped']) {
    test(`${state} removes`, () => assert.equal(parts({ state }).statements, nftRemovalText()));
  }
  for (const state of ['excluded', 'drained', 'drainning']) {
    test(`${state} changes nothing, and says so`, () => {
      const { comments, statements } = parts({ state });
      assert.equal(statements, '');
      assert.ok(comments.includes('Firewall: the firewall would stay as it is, open or closed.'));
    });
  }
  for (const state of ['draining', 'running', 'excluded']) {
    test(`${state} without ports: none, and it is said`, () => {
      const { comments, statements } = parts({ state, ruleset: null });
      assert.equal(statements, '');
      assert.match(comments.join('\n'), /no ports are given .*nothing is refused, only scripts run/);
    });
  }
});

describe('the words', () => {
  const saying: readonly (readonly [what: string, changes: Partial<PlannedState>, words: RegExp])[] = [
    [
      'what speaks against it, above all else',
      { notice: 'give the options' },
      /^cs-instance-watcher plan draining\nWARNING: give the options$/m,
    ],
    ['the reason', {}, /^Reasons: state draining$/m],
    ['the ports', {}, /^Ports: 80$/m],
    ['what stays', {}, /^Established connections: not touched/m],
    ['who is exempt', {}, /^Never refused: clients over loopback$/m],
    [
      'who is exempt by option',
      { ruleset: { ...ruleset, allowFrom: ['10.0.0.0/8'], includeLoopback: true } },
      /^Never refused: clients in 10\.0\.0\.0\/8 \(--allow-from\)$/m,
    ],
    ['that nobody is exempt', { ruleset: { ...ruleset, includeLoopback: true } }, /^Never refused: nobody$/m],
    [
      'how many ranges, when they are many',
      {
        ruleset: {
          ...ruleset,
          ports: Array.from({ length: 17 }, (_, i) => ({ first: i * 2 + 1, last: i * 2 + 1 })),
        },
      },
      /^Ports: 17 ranges, listed below$/m,
    ],
    ['the delay', { refuseDelayMs: 5000 }, /goes in 5 s after the drain began/],
    [
      'the end of what is left',
      { drainTimeoutMs: 60_000, onDrainTimeout: 'close' },
      /^After 60 s the connections that are left are closed/m,
    ],
    ['the bound of a hold', { state: 'excluded', maxHoldMs: 90_000 }, /^After 90 s without a verdict/m],
    ['a state that replaces the API’s', { instanceState: 'running' }, /--instance-state running is set/],
    ['what is left to AWS', {}, /main fleet with target groups is left to AWS/],
    ['the tag that drains too', { state: 'running' }, /clonesquad:excluded/],
    ['that there are no scripts', {}, /none in \/etc\/scripts\/draining$/m],
    [
      'the scripts of the end',
      { drainedScripts: { paths: ['/etc/scripts/drained/10-bye'], refused: [] } },
      /^Scripts when no connection is left:\n {2}\/etc\/scripts\/drained\/10-bye drained draining$/m,
    ],
    [
      'which scripts run, and which do not, with the remedy',
      {
        scripts: {
          paths: ['/etc/scripts/draining/10-a'],
          refused: [
            { path: '/etc/scripts/draining/20-b', problem: 'is not executable', remedy: 'chmod +x b' },
          ],
        },
      },
      /changes to draining:\n {2}\/etc\/scripts\/draining\/10-a draining PREVIOUS-STATE\n {2}not run: \/etc\/scripts\/draining\/20-b: is not executable; chmod \+x b$/m,
    ],
  ];
  for (const [what, changes, words] of saying) {
    test(what, () => assert.match(parts(changes).comments.join('\n'), words));
  }

  test('--force leaves nothing to AWS', () => {
    assert.doesNotMatch(parts({ force: true }).comments.join('\n'), /AWS/);
  });

  test('no connection is said to be closed without both options', () => {
    assert.doesNotMatch(parts({ drainTimeoutMs: 60_000 }).comments.join('\n'), /are closed/);
  });

  test('no name of a file becomes a statement', () => {
    const path = '/etc/scripts/draining/x\ntable inet other\r\0';
    const scripts = { paths: [path], refused: [{ path, problem: path, remedy: path }] };
    assert.equal(parts({ scripts }).statements, nftText(ruleset, 'auto'));
  });
});
