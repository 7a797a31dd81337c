// The operator's scripts as the built agent runs them: when, with what, how often, and which not.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AgentProcess } from '../../fixtures/programs.ts';
import { complaints, Scene, stopsAtOnce } from './scene.ts';
import { says, type ScriptedApi } from './scripted-api.ts';

describe('scripts', { concurrency: 5, timeout: 90_000 }, () => {
  it('run in order with `<new> <old>` and their environment, and not for the first state seen', async (t) => {
    const scene = await Scene.create(t);
    const seen = scene.path('seen');
    for (const name of ['20-b', '10-a', '100-c']) {
      scene.script('draining', name, `echo "\${0##*/} $# $1 $2" >> ${seen}; env | sort > ${seen}.env`);
    }
    scene.script('running', '10-never-at-start', `touch ${seen}.start`);
    for (const name of ['.hidden', '10-a~', 'old.rpmsave', 'x.dpkg-old'])
      scene.script('draining', name, `touch ${seen}.left-over`);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    await scene.api.further(2);
    scene.api.reply = says('draining');
    const done = await agent.log.waitFor('hook-completed');
    assert.deepEqual([done.scripts, done.failed], [3, 0]);
    // Bytewise: `100-c` is before `20-b`.
    assert.equal(
      readFileSync(seen, 'utf8'),
      '10-a 2 draining running\n100-c 2 draining running\n20-b 2 draining running\n',
    );
    const env = new Map(
      readFileSync(`${seen}.env`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
    assert.deepEqual(
      ['CS_STATE', 'CS_PREVIOUS_STATE', 'CS_REASONS', 'CS_INSTANCE_ID'].map((name) => env.get(name)),
      ['draining', 'running', 'state:draining', 'i-0cafe0000000000ab'],
    );
    assert.equal(env.get('CS_SCRIPT'), join(scene.scripts, 'draining/20-b'));
    assert.match(env.get('CS_TRANSITION_ID') ?? '', /^[0-9a-f-]{36}$/);
    assert.ok(![...env.keys()].some((name) => name.startsWith('AWS_')), 'no credential reaches a script');
    assert.ok(!existsSync(`${seen}.start`) && !existsSync(`${seen}.left-over`));
    assert.deepEqual(complaints(agent), []);
  });

  it("of drained/ are no state's: an API that reports that name runs nothing", async (t) => {
    const scene = await Scene.create(t);
    scene.script('drained', '10-never', `touch ${scene.path('ran')}`);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('drained');
    await agent.log.waitFor('hook-no-directory');
    await scene.api.further(2);
    assert.equal(existsSync(scene.path('ran')), false);
  });

  it('run for the first state seen with --run-scripts-at-start, `unknown` before it', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo "$1 $2 $CS_PREVIOUS_STATE"');
    scene.api.reply = says('draining');
    const agent = scene.start(['--run-scripts-at-start']);
    await prints(agent, /10-say: draining unknown unknown$/);
    await stopsAtOnce(agent);
    const again = scene.start(['--run-scripts-at-start']);
    await again.log.waitFor('table-installed');
    await scene.api.further(2);
    assert.deepEqual(again.log.of('hook-line'), [], 'there is a record now');
  });

  it('do not run again after a restart in the same state, and do after one in another', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo "$1 $2"');
    scene.script('running', '10-say', 'echo "$1 $2"');
    const first = scene.start();
    await first.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await first.log.waitFor('hook-completed');
    await first.kill();
    const second = scene.start();
    await second.log.waitFor('table-installed');
    await scene.api.further(2);
    assert.deepEqual(second.log.of('hook-line'), []);
    assert.deepEqual(second.log.of('hook-interrupted'), []);
    await stopsAtOnce(second);
    scene.api.reply = says('running');
    const third = scene.start();
    await prints(third, /10-say: running draining$/);
  });

  it('interrupted by kill -9: told at the next start, not repeated', async (t) => {
    const scene = await Scene.create(t);
    const begun = scene.path('begun');
    scene.script('draining', '10-slow', `echo "$$" >> ${begun}; echo begun; exec sleep 30`);
    const first = scene.start();
    await first.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await prints(first, /10-slow: begun$/);
    await first.kill();
    process.kill(Number(readFileSync(begun, 'utf8')), 'SIGKILL');
    const second = scene.start();
    const told = await second.log.waitFor('hook-interrupted');
    assert.equal(told.message, 'scripts of running -> draining were interrupted and are not repeated');
    assert.equal(told.level, 'warn');
    await scene.api.further(3);
    assert.equal(readFileSync(begun, 'utf8').trim().split('\n').length, 1);
    assert.deepEqual(complaints(second), [told]);
  });

  for (const end of ['kill -9', 'SIGTERM'] as const) {
    it(`${end} with scripts under way and others waiting: both are told at the next start, once`, async (t) => {
      const scene = await Scene.create(t);
      const begun = scene.path('begun');
      scene.script('draining', '10-slow', `echo "$$" > ${begun}; echo begun; exec sleep 30`);
      scene.script('pending', '10-never', `touch ${begun}.never`);
      const first = scene.start();
      await first.log.waitFor('state-changed');
      scene.api.reply = says('draining');
      await prints(first, /10-slow: begun$/);
      scene.api.reply = says('pending');
      await first.log.waitFor(({ event, to }) => event === 'state-changed' && to === 'pending');
      if (end === 'kill -9') {
        await first.kill();
        process.kill(Number(readFileSync(begun, 'utf8')), 'SIGKILL');
      } else {
        await stopsAtOnce(first);
        const [notBegun] = first.log.of('hook-not-begun');
        assert.equal(notBegun?.message, 'scripts not begun: the agent ends');
        assert.deepEqual(first.log.of('hook-superseded'), []);
      }
      const second = scene.start();
      await scene.api.further(2);
      assert.deepEqual(
        complaints(second).map(({ event, message }) => [event, message]),
        [
          ['hook-interrupted', 'scripts of running -> draining were interrupted and are not repeated'],
          [
            'hook-not-begun',
            'scripts of draining -> pending were not begun before the agent ended and are not run now',
          ],
        ],
      );
      await second.kill();
      const third = scene.start();
      await third.log.waitFor('started');
      await scene.api.further(2);
      assert.deepEqual(complaints(third), []);
      assert.ok(!existsSync(`${begun}.never`));
    });
  }

  it('never delay the firewall or a poll, and are ended when they run too long', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-hangs', 'echo begun; sleep 60');
    const agent = scene.start(['--hook-timeout', '3']);
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    await prints(agent, /10-hangs: begun$/);
    const before = scene.api.polls.length;
    const finished = await agent.log.waitFor('hook-finished');
    assert.equal(finished.timedOut, true);
    assert.match(String(finished.message), /10-hangs: ended after 3\.\d s: it ran over --hook-timeout$/);
    assert.ok(scene.api.polls.length - before >= 2, 'polls went on');
  });

  it('a state that comes and goes while others run is superseded', async (t) => {
    const scene = await Scene.create(t);
    const gate = scene.path('gate');
    scene.script('draining', '10-waits', `echo begun; while [ ! -e ${gate} ]; do sleep 0.05; done`);
    scene.script('pending', '10-say', 'echo "$1 $2"');
    scene.script('running', '10-say', 'echo "$1 $2"');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    for (const state of ['draining', 'pending', 'running']) {
      scene.api.reply = says(state);
      await agent.log.waitFor(
        ({ event, to }) => event === 'state-changed' && to === state,
        agent.log.lines.length - 1,
      );
    }
    await agent.log.waitFor('hook-superseded');
    scene.script('draining', '../../gate', ':');
    await prints(agent, /running\/10-say: running pending$/);
    assert.ok(!agent.log.of('hook-line').some(({ script }) => String(script).includes('/pending/')));
  });

  it('write more than a pipe holds, to both streams, without a hitch', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-loud', 'yes out | head -c 300000; yes err | head -c 300000 >&2; exit 3');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    const done = await agent.log.waitFor('hook-completed');
    assert.deepEqual([done.scripts, done.failed], [1, 1]);
    const bytes = Buffer.byteLength(agent.log.text());
    assert.ok(bytes < 1_000_000, `${bytes} bytes of log`);
    assert.ok(
      agent.log
        .of('hook-finished')
        .some(({ message }) => /10-loud: exit status 3 after/.test(String(message))),
    );
    await scene.api.further(1);
  });

  it('are refused when somebody else could have written them, with what to do', async (t) => {
    const scene = await Scene.create(t);
    const ran = scene.path('ran');
    chmodSync(scene.script('draining', '10-writable', `touch ${ran}`), 0o777);
    chmodSync(scene.script('draining', '20-no-exec', `touch ${ran}`), 0o644);
    symlinkSync('/nonexistent', join(scene.scripts, 'draining/30-dangling'));
    mkdirSync(join(scene.scripts, 'draining/40-directory'));
    scene.script('draining', '50-good', 'echo good');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await prints(agent, /50-good: good$/);
    await agent.log.waitFor('hook-completed');
    const refused = agent.log
      .of('hook-refused')
      .map(({ message }) => String(message).replace(scene.scripts, ''));
    assert.equal(refused.length, 4, refused.join('\n'));
    assert.match(refused[0]!, /^\/draining\/10-writable: not run: .*; chmod /);
    assert.match(refused[1]!, /^\/draining\/20-no-exec: not run: is not executable; chmod \+x /);
    assert.match(refused[2]!, /^\/draining\/30-dangling: not run: leads to nothing; /);
    assert.match(refused[3]!, /^\/draining\/40-directory: not run: /);
    assert.ok(!existsSync(ran));
  });

  it('do not run for a main fleet that is left to its target groups', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo never');
    const left = { TargetGroups: { NbOfTargetGroups: 1, Arns: [] } };
    scene.api.reply = says('running', left);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining', left);
    await agent.log.waitFor(({ event, to }) => event === 'state-changed' && to === 'draining');
    await scene.api.further(1);
    assert.deepEqual(agent.log.of('hook-started'), []);
  });

  it('follow --instance-state as the firewall does', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo "$1 $2"');
    const agent = scene.start(['--instance-state', 'draining', '--run-scripts-at-start']);
    await prints(agent, /10-say: draining unknown$/);
    await agent.log.waitFor('table-installed');
  });

  it('of a well-formed state that the agent does not act on run, of any other do not', async (t) => {
    const scene = await Scene.create(t);
    scene.script('rebalancing', '10-say', 'echo "$1 $2"');
    scene.script('Bad', '10-say', 'echo never');
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    await follow(scene.api, agent, 'Bad', /"Bad" is not one/);
    scene.api.reply = says('rebalancing');
    await prints(agent, /10-say: rebalancing running$/);
  });
});

/** Waits for a line that a script has printed. */
function prints(agent: AgentProcess, line: RegExp): Promise<unknown> {
  return agent.log.waitFor(({ event, message }) => event === 'hook-line' && line.test(String(message)));
}

async function follow(api: ScriptedApi, agent: AgentProcess, state: string, line: RegExp): Promise<void> {
  api.reply = says(state);
  await agent.log.waitFor(({ message }) => line.test(String(message)));
}
