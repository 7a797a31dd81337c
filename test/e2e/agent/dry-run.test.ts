// --dry-run on the real thing: a whole drain and back, beside an agent and alone, with nothing touched.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { LogSchemaCheck } from '../../fixtures/log-schema.ts';
import type { AgentProcess } from '../../fixtures/programs.ts';
import { receiveNotifications } from './notify-socket.ts';
import { complaints, Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

const check = new LogSchemaCheck();

/** Every file below a directory with what a write would change. */
function filesBelow(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const { ino, mtimeMs, ctimeMs } = statSync(join(directory, name));
    return [name, ino, mtimeMs, ctimeMs].join(' ');
  });
}

/** The processes that it has started and that are there yet. */
function childrenOf({ pid }: AgentProcess): string {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')).join('');
}

function saysOnly(agent: AgentProcess): void {
  check.assertAll(agent.log.lines);
  const unmarked = agent.log.lines.filter(({ dryRun }) => dryRun !== true);
  assert.deepEqual(unmarked, []);
}

function events(lines: readonly LogLine[]): string[] {
  return lines.map(({ event }) => event ?? '');
}

function messages(agent: AgentProcess): string[] {
  return agent.log.lines.map(({ message }) => message ?? '');
}

describe('a dry run', { concurrency: 2, timeout: 60_000 }, () => {
  it('goes through a drain and back beside an agent with the same options, which it leaves alone', async (t) => {
    const scene = await Scene.create(t);
    const runs = scene.path('runs');
    const script = scene.script('draining', '10-note', `echo "$PPID" >> ${runs}`);
    const unusable = scene.script('draining', '20-unusable', `echo "$PPID" >> ${runs}`);
    chmodSync(unusable, 0o644);
    const real = scene.start();
    await real.log.waitFor('state-changed');
    await scene.api.further(2);
    const before = [filesBelow(scene.directory), await scene.ruleset()];
    const dry = scene.start(['--dry-run']);
    await dry.log.waitFor('state-confirmed');
    await scene.api.further(2);
    assert.deepEqual([filesBelow(scene.directory), await scene.ruleset()], before);

    scene.api.reply = says('draining');
    await dry.log.waitFor('hook-completed');
    assert.equal(childrenOf(dry), '');
    await Promise.all([dry.log.waitFor('drained'), real.log.waitFor('drained')]);
    // Both have run, or would have run, the scripts in drained/ too.
    await Promise.all(
      [dry, real].map(({ log }) =>
        log.waitFor(
          'hook-completed',
          log.lines.findIndex(({ event }) => event === 'drained'),
        ),
      ),
    );
    const draining = [filesBelow(scene.directory), await scene.ruleset()];
    await stopsAtOnce(dry);
    saysOnly(dry);
    const said = messages(dry);
    for (const expected of [
      'dry run: new connections are to be refused: state draining',
      'dry run: new connections to 80 8000-8010 would be refused',
      `dry run: ${script} draining running would run`,
      'dry run: scripts: 1 would run, 1 would be refused',
      'dry run: stopped, nothing was touched',
    ])
      assert.ok(said.includes(expected), `${expected}\n${said.join('\n')}`);
    const refused = dry.log.of('hook-refused');
    assert.equal(refused.length, 1);
    assert.match(refused[0]?.message ?? '', /20-unusable: not run: is not executable; chmod \+x /);
    // The script that cannot be run is all that it complains of.
    const judged = ['hook-refused', 'hook-completed'];
    assert.deepEqual(events(complaints(dry)), judged);

    // A second one begins in the middle of the drain, from the agent's record.
    const late = scene.start(['--dry-run']);
    await late.log.waitFor('table-installed');
    await late.log.waitFor('state-confirmed');
    await scene.api.further(2);
    assert.deepEqual([filesBelow(scene.directory), await scene.ruleset()], draining);
    scene.api.reply = says('running');
    await Promise.all([late.log.waitFor('table-removed'), real.log.waitFor('table-removed')]);
    // What they ask for is the same, so they differ for less than a poll.
    await scene.api.further(6);
    await stopsAtOnce(late);
    saysOnly(late);
    assert.ok(messages(late).includes('dry run: new connections would be accepted'));
    assert.deepEqual(complaints(late), []);
    assert.equal(readFileSync(runs, 'utf8'), `${real.pid}\n`);
    await stopsAtOnce(real);
    assert.deepEqual(events(complaints(real)), judged);
  });

  it('alone: no table, no file, no listener, no word to the service manager; the difference is told once', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-note', `touch ${scene.path('ran')}`);
    const manager = await receiveNotifications(join(scene.root, 'notify'));
    t.after(() => manager.close());
    const sockets = (): Promise<string> => scene.namespace.run('ss', ['-Hltn']);
    const before = [filesBelow(scene.directory), await sockets()];
    const listeners = ['--health-listen', '127.0.0.1:9101', '--agent-check-listen', '127.0.0.1:9102'];
    const logging = ['--metrics-listen', '127.0.0.1:9103', '--log-file', scene.path('agent.log')];
    const agent = scene.start(['--dry-run', ...listeners, ...logging], {
      env: { NOTIFY_SOCKET: join(scene.root, 'notify') },
    });
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await agent.log.waitFor('drained');
    await agent.log.waitFor('table-differs');
    await scene.api.further(3);
    assert.deepEqual([filesBelow(scene.directory), await sockets()], before);
    assert.equal(await scene.ruleset(), '');
    assert.equal(childrenOf(agent), '');
    agent.signal('SIGHUP');
    await agent.log.waitFor('reloaded');
    scene.api.reply = says('running');
    await agent.log.waitFor('table-removed');
    await agent.log.waitFor('table-agrees');
    await stopsAtOnce(agent);
    saysOnly(agent);
    assert.equal(agent.log.of('table-differs').length, 1);
    assert.deepEqual([filesBelow(scene.directory), manager.lines.lines], [before[0], []]);
    assert.ok(!existsSync(scene.path('ran')));
    assert.deepEqual(complaints(agent), agent.log.of('table-differs'));
  });
});
