// Real processes in a private script directory.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createHookRunner, type HookReport } from '../../../../src/watcher/hooks/runner.ts';
import type { HookTransition } from '../../../../src/watcher/ports.ts';
import { scriptEnvironment } from '../../../../src/watcher/hooks/script-environment.ts';
import {
  createScriptDirectory,
  isAlive,
  lines,
  observeRunner,
  runAll,
  type ScriptDirectory,
  waitForDeath,
} from './script-directory.ts';

type Finished = Extract<HookReport, { kind: 'finished' }>;
type Completed = Extract<HookReport, { kind: 'completed' }>;

const finished = (reports: readonly HookReport[]): Finished[] =>
  reports.filter((report): report is Finished => report.kind === 'finished');
const completed = (reports: readonly HookReport[]): Completed =>
  reports.find((report): report is Completed => report.kind === 'completed')!;

describe('scripts of a state change', () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
  });
  afterEach(() => directory.remove());

  it('run one after the other in bytewise order, whatever the one before returned', async () => {
    directory.add('draining/20-b', 'echo b');
    directory.add('draining/10-a', 'echo a; exit 3');
    directory.add('draining/9-z', 'echo z; kill -SEGV $$');
    directory.add('running/10-x', 'echo x');
    const reports = await runAll(directory);
    assert.deepEqual(lines(reports), ['a', 'b', 'z']);
    assert.deepEqual(
      finished(reports).map(({ exit, signal }) => [exit, signal]),
      [
        [3, null],
        [0, null],
        [null, 'SIGSEGV'],
      ],
    );
    const { scripts, refused, failed, interrupted } = completed(reports);
    assert.deepEqual([scripts, refused, failed, interrupted], [3, 0, 2, false]);
  });

  it('get exactly these arguments and this environment, nothing on stdin, / as directory', async () => {
    const path = directory.add(
      'draining/10-a',
      'echo "$#:$1:$2:$0"; pwd; cat; env -i /usr/bin/tr "\\0" "\\n" </proc/$$/environ',
    );
    process.env.AWS_SECRET_ACCESS_KEY = 'not for scripts';
    let reports: readonly HookReport[];
    try {
      reports = await runAll(directory, {
        env: { CS_REASONS: 'state:draining', PATH: '/evil', LD_PRELOAD: 'x', CS_x: 'y', CS_STATE: 'no' },
      });
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
    const [args, cwd, ...environment] = lines(reports);
    assert.equal(args, `2:draining:running:${path}`);
    assert.equal(cwd, '/');
    assert.deepEqual(environment.sort(), [
      'CS_PREVIOUS_STATE=running',
      'CS_REASONS=state:draining',
      `CS_SCRIPT=${path}`,
      'CS_STATE=draining',
      'CS_TRANSITION_ID=t1',
      `HOME=${homedir()}`,
      'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  it('have / for a home where the uid has none', () => {
    const transition: HookTransition = {
      kind: 'state',
      isDraining: true,
      id: 't1',
      from: 'running',
      to: 'draining',
      env: {},
    };
    const nowhere = (): string => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
    };
    assert.equal(scriptEnvironment(transition, '/x', nowhere).HOME, '/');
    assert.equal(scriptEnvironment(transition, '/x', () => '').HOME, '/');
    assert.equal(scriptEnvironment(transition, '/x', () => '/root').HOME, '/root');
  });

  it('never see a state that is not a well-formed name', async () => {
    directory.add('draining/10-a', 'echo "$2 $CS_PREVIOUS_STATE $CS_REASONS"');
    const env = { CS_REASONS: 'a\0b' };
    assert.deepEqual(lines(await runAll(directory, { from: '$(id)', env })), ['unknown unknown ab']);
    const reports = await runAll(directory, { to: '../draining' });
    assert.deepEqual(reports, [{ kind: 'no-directory', change: 't1', to: '../draining' }]);
  });

  it('run under their own path, so that what lies beside them is found; programs under the descriptor judged', async () => {
    directory.add('draining/.beside', 'echo found');
    directory.add('draining/10-script', 'cd "$(dirname "$0")" && . ./.beside');
    const program = join(directory.path, 'draining/20-program');
    copyFileSync('/bin/sh', program);
    chmodSync(program, 0o755);
    const reports = await runAll(directory);
    assert.equal(lines(reports)[0], 'found');
    // A shell that is told to run a file "draining" names itself as it was called.
    assert.match(lines(reports)[1] ?? '', new RegExp(`^${program}: `));
    assert.equal(finished(reports)[1]?.problem, null);
  });

  it('are refused one by one, each named with its remedy, and the others run', async () => {
    directory.add('draining/10-a', 'echo a');
    directory.add('draining/20-b', 'echo b', 0o644);
    directory.add('draining/30-c', 'echo c', 0o777);
    symlinkSync('/nowhere', join(directory.path, 'draining/40-d'));
    directory.add('draining/50-e', 'echo e');
    const reports = await runAll(directory);
    const refused = reports.flatMap((report) =>
      report.kind === 'refused' ? [`${basename(report.path)} ${report.remedy.split(' ')[0]}`] : [],
    );
    assert.deepEqual(lines(reports), ['a', 'e']);
    assert.deepEqual(refused, ['20-b chmod', '30-c chmod', '40-d ls']);
    assert.equal(completed(reports).refused, 3);
  });

  it('with a missing interpreter are reported as that', async () => {
    directory.add('draining/10-a', '#!/nowhere/interpreter\n');
    const [result] = finished(await runAll(directory));
    assert.match(result?.problem ?? '', /interpreter/);
    assert.deepEqual([result?.exit, result?.signal], [null, null]);
  });

  it('are judged again each before it runs: a directory replaced during the run is not trusted', async () => {
    directory.add(
      'draining/10-a',
      `cd ${directory.path} && mv draining old && mkdir draining && cp old/20-b draining/ && chmod 777 draining`,
    );
    directory.add('draining/20-b', 'echo b');
    const reports = await runAll(directory);
    assert.deepEqual(lines(reports), []);
    assert.deepEqual(
      reports.flatMap((report) => (report.kind === 'refused' ? [report.path] : [])),
      [join(directory.path, 'draining')],
    );
  });

  it('may be removed during the run', async () => {
    directory.add('draining/10-a', `rm -r ${directory.path}/draining`);
    directory.add('draining/20-b', 'echo b');
    const reports = await runAll(directory);
    assert.match(JSON.stringify(reports), /leads to nothing/);
    assert.deepEqual(lines(reports), []);
  });

  it('leak no descriptor, refused or run', async () => {
    directory.add('draining/10-a', 'true');
    directory.add('draining/20-b', 'true', 0o644);
    await runAll(directory);
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 5; i += 1) await runAll(directory);
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});

describe('output of scripts', () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
  });
  afterEach(() => directory.remove());

  it('comes by line from both streams, the last one without a newline too', async () => {
    directory.add('draining/10-a', 'echo one; echo two >&2; printf "three\\n\\nfour"');
    const reports = await runAll(directory);
    const of = (stream: string): string[] =>
      reports.flatMap((report) => (report.kind === 'line' && report.stream === stream ? [report.text] : []));
    assert.deepEqual(of('stdout'), ['one', 'three', '', 'four']);
    assert.deepEqual(of('stderr'), ['two']);
  });

  it('is a pipe, which a script may open again by name', async () => {
    directory.add('draining/10-a', 'echo one > /dev/stdout; echo two | tee /dev/stderr');
    assert.deepEqual(lines(await runAll(directory)).sort(), ['one', 'two', 'two']);
  });

  it('cannot forge a line or move a cursor', async () => {
    directory.add('draining/10-a', `printf 'a\\033[2Jb\\tc\\001\\377\\342\\200\\250d\\r\\n'`);
    assert.deepEqual(lines(await runAll(directory)), ['a\\x1b[2Jb\tc\\x01\uFFFD\\u2028d']);
  });

  it('of 100 MB is bounded in lines, bytes and time, and the script is not held up', async () => {
    directory.add('draining/10-a', 'head -c 100000000 /dev/zero | tr "\\0" "x"; echo; echo end >&2');
    directory.add('draining/20-b', 'yes | head -c 5000000');
    const reports = await runAll(directory);
    const [one, many] = finished(reports);
    assert.deepEqual([one?.exit, many?.exit], [0, 0]);
    assert.ok(
      one!.truncatedBytes > 99_000_000 && one!.truncatedBytes < 100_000_001,
      `${one!.truncatedBytes}`,
    );
    assert.ok(one!.durationMs < 9000, `${one!.durationMs} ms`);
    assert.ok(lines(reports).length <= 2000, `${lines(reports).length} lines`);
    assert.ok(lines(reports).includes('end'));
    assert.ok(lines(reports).every((line) => line.length <= 2048));
  });

  it('of many lines is logged a few at a time, so that the agent has its turns in between', async () => {
    directory.add('draining/10-a', 'seq 1000; seq 1000 >&2');
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn += 1;
      if (!isOver) setImmediate(count);
    };
    const linesOf = new Map<number, number>();
    const { promise: completion, resolve } = Promise.withResolvers<void>();
    const runner = createHookRunner({
      settings: () => ({ scriptDir: directory.path, timeoutMs: 10_000 }),
      trust: directory.trust,
      onBegin: () => setImmediate(count),
      onReport: ({ kind }) => {
        if (kind === 'line') linesOf.set(turn, (linesOf.get(turn) ?? 0) + 1);
        if (kind === 'completed') resolve();
      },
    });
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await completion;
    isOver = true;
    const counts = [...linesOf.values()];
    assert.equal(
      counts.reduce((sum, one) => sum + one, 0),
      1000,
    );
    // 50 of either stream.
    assert.ok(Math.max(...counts) <= 100, `${Math.max(...counts)} lines in one turn`);
  });

  it('after the first line that does not fit is not looked at: no cost, no holes', async () => {
    const thousand = (digit: number): string => `yes $(printf %01000d ${digit})`;
    directory.add('draining/10-a', `${thousand(0)} | head -65; ${thousand(1)} | head -1; echo short`);
    const reports = await runAll(directory);
    assert.equal(lines(reports).length, 65);
    assert.ok(!lines(reports).includes('short'));
    const [result] = finished(reports);
    assert.ok(result!.truncatedBytes >= 1005, `${result!.truncatedBytes}`);
  });

  it('held open by a daemon does not keep the next script waiting', async () => {
    directory.add('draining/10-a', 'sleep 300 & echo $!');
    directory.add('draining/20-b', 'echo next');
    const reports = await runAll(directory);
    const daemon = Number(lines(reports)[0]);
    try {
      assert.equal(lines(reports)[1], 'next');
      assert.equal(finished(reports)[0]?.exit, 0);
      assert.ok(finished(reports)[0]!.durationMs < 5000);
      assert.ok(isAlive(daemon), 'a daemon of a script that ended by itself is left alone');
    } finally {
      process.kill(daemon, 'SIGKILL');
    }
  });
});

describe('ending scripts', () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
  });
  afterEach(() => directory.remove());

  it('a timeout sends TERM first', async () => {
    directory.add('draining/10-a', 'trap "echo told; exit 7" TERM; echo ready; while :; do sleep 0.05; done');
    const reports = await runAll(directory, {}, 500, 5000);
    const [result] = finished(reports);
    assert.deepEqual([result?.exit, result?.timedOut], [7, true]);
    assert.ok(lines(reports).includes('told'));
  });

  it('then KILL, to the whole group', async () => {
    directory.add(
      'draining/10-a',
      'trap "" TERM; sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & wait; while :; do sleep 1; done',
    );
    directory.add('draining/20-b', 'echo next');
    const reports = await runAll(directory, {}, 500, 200);
    const [result] = finished(reports);
    assert.deepEqual([result?.signal, result?.timedOut], ['SIGKILL', true]);
    const [grandchild, next] = lines(reports);
    await waitForDeath(Number(grandchild));
    assert.equal(next, 'next');
  });

  it('what a script told to end leaves behind in its group is killed', async () => {
    directory.add('draining/10-a', 'sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & wait');
    const reports = await runAll(directory, {}, 500, 5000);
    assert.equal(finished(reports)[0]?.signal, 'SIGTERM');
    await waitForDeath(Number(lines(reports)[0]));
  });

  it('stop ends the one that runs, starts no other, and ignores what comes later', async () => {
    directory.add('draining/10-a', 'echo $$; exec sleep 300');
    directory.add('draining/20-b', 'echo never');
    const runner = observeRunner(directory);
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    const line = await runner.waitFor(({ kind }) => kind === 'line');
    runner.submit({ kind: 'state', isDraining: false, id: 't2', from: 'draining', to: 'running', env: {} });
    await Promise.all([runner.stop(), runner.stop()]);
    runner.submit({ kind: 'state', isDraining: false, id: 't3', from: 'draining', to: 'running', env: {} });
    assert.equal(line.kind === 'line' && isAlive(Number(line.text)), false);
    assert.deepEqual(
      runner.reports.map((report) => `${report.change} ${report.kind}`),
      ['t1 started', 't1 line', 't2 not-begun', 't1 finished', 't1 completed'],
    );
    assert.deepEqual(runner.begun, [['t1', 0]]);
    assert.equal(completed(runner.reports).interrupted, true);
    assert.equal(finished(runner.reports)[0]?.timedOut, false);
  });
});

describe('successive changes', () => {
  let directory: ScriptDirectory;
  beforeEach(() => {
    directory = createScriptDirectory();
  });
  afterEach(() => directory.remove());

  it('submit returns before anything begins', async () => {
    directory.add('draining/10-a', 'echo a');
    const runner = observeRunner(directory);
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    assert.deepEqual([runner.begun, runner.reports], [[], []]);
    await runner.waitFor(({ kind }) => kind === 'completed');
    await runner.stop();
  });

  it('stopped before it begins, a change is told as not begun', async () => {
    directory.add('draining/10-a', 'echo a');
    const runner = observeRunner(directory);
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await runner.stop();
    assert.deepEqual(runner.reports, [{ kind: 'not-begun', change: 't1', to: 'draining' }]);
    assert.deepEqual(runner.begun, []);
  });

  it('stopped while a script is judged, does not start it', async () => {
    directory.add('draining/10-a', 'echo a', 0o644);
    directory.add('draining/20-b', 'echo b');
    const reports: HookReport[] = [];
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    const runner = createHookRunner({
      settings: () => ({ scriptDir: directory.path, timeoutMs: 10_000 }),
      trust: {
        root: directory.path,
        get uids() {
          // Asked for after the first script was refused: by now the second one is judged.
          if (reports.length > 0) resolve(runner.stop());
          return directory.trust.uids;
        },
      },
      onBegin: () => {},
      onReport: (report) => void reports.push(report),
    });
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await stopped;
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ['refused', 'completed'],
    );
    assert.deepEqual([completed(reports).refused, completed(reports).interrupted], [1, true]);
  });

  it('begin before the first refusal or script of theirs', async () => {
    directory.add('draining/10-a', 'echo a', 0o644);
    const runner = observeRunner(directory);
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await runner.waitFor(({ kind }) => kind === 'completed');
    assert.deepEqual(runner.begun, [['t1', 0]]);
    await runner.stop();
  });

  it('one that goes wrong is given up, and the next one runs', async () => {
    directory.add('running/10-a', 'echo a');
    const reports: HookReport[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    let isWrong = true;
    const runner = createHookRunner({
      settings: () => {
        if (isWrong) throw new Error('no such user');
        return { scriptDir: directory.path, timeoutMs: 10_000 };
      },
      trust: directory.trust,
      onBegin: () => {},
      onReport: (report) => {
        reports.push(report);
        if (report.kind === 'completed') resolve();
        if (report.kind !== 'given-up') return;
        isWrong = false;
        runner.submit({
          kind: 'state',
          isDraining: true,
          id: 't2',
          from: 'draining',
          to: 'running',
          env: {},
        });
      },
    });
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await promise;
    assert.deepEqual(reports[0], { kind: 'given-up', change: 't1', to: 'draining', problem: 'no such user' });
    assert.deepEqual(lines(reports), ['a']);
    await runner.stop();
  });

  it('one runs at a time; newer ones supersede those not begun, never the one that runs', async () => {
    const log = join(directory.path, 'log');
    directory.add(
      'draining/10-a',
      `echo "begin $1" >>${log}; while [ ! -e ${directory.path}/go ]; do sleep 0.02; done; echo "end $1" >>${log}`,
    );
    directory.add('running/10-a', `echo "run $1" >>${log}`);
    directory.add('bounced/10-a', `echo "run $1" >>${log}`);
    const runner = observeRunner(directory);
    runner.submit({ kind: 'state', isDraining: true, id: 't1', from: 'running', to: 'draining', env: {} });
    await runner.waitFor(({ kind }) => kind === 'started');
    runner.submit({ kind: 'state', isDraining: false, id: 't2', from: 'draining', to: 'bounced', env: {} });
    runner.submit({ kind: 'state', isDraining: true, id: 't3', from: 'bounced', to: 'draining', env: {} });
    runner.submit({ kind: 'state', isDraining: false, id: 't4', from: 'draining', to: 'running', env: {} });
    directory.add('go', 'true');
    await runner.waitFor(({ kind, change }) => kind === 'completed' && change === 't4');
    assert.deepEqual(readFileSync(log, 'utf8').trim().split('\n'), [
      'begin draining',
      'end draining',
      'run running',
    ]);
    assert.deepEqual(
      runner.reports.flatMap((report) =>
        report.kind === 'superseded' ? [`${report.change} by ${report.by}`] : [],
      ),
      ['t2 by t3', 't3 by t4'],
    );
    assert.deepEqual(
      runner.begun.map(([id]) => id),
      ['t1', 't4'],
    );
    await runner.stop();
  });

  const goingOn: [string, Pick<HookTransition, 'to' | 'isDraining'>, string[]][] = [
    ['a state that goes on with the drain', { to: 'stopping', isDraining: true }, ['drained', 'stopping']],
    ['a state that ends the drain', { to: 'running', isDraining: false }, ['running']],
  ];
  for (const [name, newer, expected] of goingOn) {
    it(`the outcome of a drain that waits for slow scripts, and ${name}`, async () => {
      const log = join(directory.path, 'log');
      directory.add('draining/10-a', `while [ ! -e ${directory.path}/go ]; do sleep 0.02; done`);
      for (const to of ['drained', newer.to]) directory.add(`${to}/10-a`, `echo "$1" >>${log}`);
      const runner = observeRunner(directory);
      const drain: HookTransition = {
        kind: 'state',
        isDraining: true,
        id: 't1',
        from: 'running',
        to: 'draining',
        env: {},
      };
      runner.submit(drain);
      await runner.waitFor(({ kind }) => kind === 'started');
      runner.submit({ ...drain, kind: 'drained', id: 't2', from: 'draining', to: 'drained' });
      runner.submit({ ...drain, ...newer, id: 't3', from: 'draining' });
      directory.add('go', 'true');
      await runner.waitFor(({ kind, change }) => kind === 'completed' && change === 't3');
      assert.deepEqual(readFileSync(log, 'utf8').trim().split('\n'), expected);
      await runner.stop();
    });
  }
});
