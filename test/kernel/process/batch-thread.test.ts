// Threads that work for the JavaScript thread: woken, they do not take its processor, and what the operator chose for them stays.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';

const MODULE = new URL('../../../src/firewall/resident-memory.ts', import.meta.url).href;

/** Of Linux. */
const POLICIES = { ordinary: '0', batch: '3', idle: '5' };

/** Prints the policy of the main thread, and those that the threads have after a task ran, each once. */
const PROGRAM = `
  const { readdirSync, readFileSync } = await import('node:fs');
  const { releaseResidentMemory } = await import(${JSON.stringify(MODULE)});
  // Field 41 of stat; the name in field 2 may hold spaces.
  const policyOf = (id) => readFileSync('/proc/self/task/' + id + '/stat', 'utf8').split(') ')[1].split(' ')[38];
  await releaseResidentMemory();
  const all = new Set(readdirSync('/proc/self/task').map(policyOf));
  console.log(JSON.stringify({ main: policyOf(process.pid), all: [...all].sort() }));`;

function policiesUnder(command: string, ...args: string[]): unknown {
  const node = ['--input-type=module', '--eval', PROGRAM];
  return JSON.parse(execFileSync(command, [...args, ...node], { encoding: 'utf8' }));
}

describe('the threads that work for the JavaScript thread', () => {
  test('become batch threads, and it stays ordinary', () => {
    assert.deepEqual(policiesUnder(process.execPath), {
      main: POLICIES.ordinary,
      all: [POLICIES.ordinary, POLICIES.batch],
    });
  });

  test('stay what the operator made the process', () => {
    const found = policiesUnder('chrt', '--idle', '0', process.execPath);
    assert.deepEqual(found, { main: POLICIES.idle, all: [POLICIES.idle] });
  });
});
