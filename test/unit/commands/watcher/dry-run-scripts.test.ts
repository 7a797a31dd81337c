// The scripts of a dry run: what would run and what would be refused is said in order, and nothing is started.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { judgingRunner } from '../../../../src/commands/watcher/dry-run-scripts.ts';
import type { HookReport } from '../../../../src/watcher/hooks/hook-report.ts';
import type { Log } from '../../../../src/watcher/observe/log.ts';
import type { HookTransition } from '../../../../src/watcher/ports.ts';

const DRAINING: HookTransition = {
  id: 'c1',
  kind: 'state',
  isDraining: true,
  from: 'running',
  to: 'draining',
  env: {},
};

describe('the scripts of a dry run', () => {
  let scriptDir: string;
  let did: string[];
  beforeEach(() => {
    // Root's alone, as the judgement asks for.
    scriptDir = mkdtempSync('/run/cs-dry-run-');
    did = [];
  });
  afterEach(() => rmSync(scriptDir, { recursive: true, force: true }));

  const say = (_fields: unknown, message: string): void => void did.push(message);
  const log: Log = { error: say, warn: say, info: say, debug: say };
  const tell = (report: HookReport): void => {
    const { kind, change } = report;
    did.push(kind === 'refused' ? `${kind} ${report.path}` : `${kind} ${change}`);
  };

  async function submitted(...transitions: HookTransition[]): Promise<string[]> {
    const onBegin = (): void => assert.fail('nothing begins');
    const settings = () => ({ scriptDir, timeoutMs: 1_000 });
    const runner = judgingRunner({ settings, onBegin, onReport: tell }, log);
    for (const transition of transitions) runner.submit(transition);
    await runner.stop();
    return did;
  }

  function script(state: string, name: string, mode: number): string {
    const path = join(scriptDir, state, name);
    mkdirSync(join(scriptDir, state), { recursive: true });
    writeFileSync(path, `#!/bin/sh\ntouch ${scriptDir}/ran\n`);
    chmodSync(path, mode);
    return path;
  }

  test('are judged one change after another, and not run', async () => {
    const unusable = script('draining', '10-a', 0o644);
    const usable = script('draining', '20-b', 0o755);
    const drained = script('drained', '10-c', 0o755);
    const end: HookTransition = { ...DRAINING, id: 'c2', kind: 'drained', from: 'draining', to: 'drained' };
    assert.deepEqual(await submitted(DRAINING, end), [
      `refused ${unusable}`,
      `${usable} draining running would run`,
      'completed c1',
      `${drained} drained draining would run`,
      'completed c2',
    ]);
    assert.ok(!existsSync(join(scriptDir, 'ran')));
  });

  for (const to of ['drained', '../draining', '']) {
    test(`of a state ${JSON.stringify(to)} are not looked for`, async () => {
      script('drained', '10-c', 0o755);
      assert.deepEqual(await submitted({ ...DRAINING, to }), ['no-directory c1']);
    });
  }
});
