// `cleanup`, for whoever is on call: it opens the ports whatever the configuration says, and they stay open.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

const OPENED = 'drain table removed, new connections are accepted\n';
const OFF_RECORD =
  'the drain is off the record: the next start leaves the ports open until the API answers\n';

describe('cleanup', { concurrency: 3, timeout: 60_000 }, () => {
  it('opens the ports with a configuration that no agent would start with, warning of what counts here', async (t) => {
    const scene = await drained(t);
    const config = scene.path('config.json');
    writeFileSync(config, '{"force": "perhaps", "table_ownership": "mine"}');
    const { status, stdout, stderr } = await scene.program(
      ['cleanup', '--config', config, ...directories(scene)],
      { CS_FORCE: 'perhaps', CS_API_POLLING_PERIOD: 'often' },
    );
    assert.deepEqual([status, stdout], [0, OPENED + OFF_RECORD]);
    assert.match(
      stderr,
      /^cs-instance-watcher: cleanup: \S+config\.json: table_ownership: expected auto or plain, got "mine"; passed over\n$/,
    );
    assert.equal(await scene.hasTable(), false);
  });

  it('finds the directories in the file and in the environment', async (t) => {
    const scene = await drained(t);
    writeFileSync(scene.path('config.json'), JSON.stringify({ runtime_dir: scene.path('run') }));
    const { status, stdout } = await scene.program(['cleanup', '--config', 'config.json'], {
      CS_STATE_DIR: scene.path('state'),
    });
    assert.deepEqual([status, stdout], [0, OPENED + OFF_RECORD]);
  });

  it('stays opened when the agent starts while the API is down, and the state on record is not forgotten', async (t) => {
    const scene = await drained(t);
    scene.script('draining', '10-again', 'echo never');
    assert.equal((await scene.program(['cleanup', ...directories(scene)])).status, 0);
    const again = await scene.program(['cleanup', ...directories(scene)]);
    assert.deepEqual([again.status, again.stdout], [0, 'no drain table of ours, nothing was refused\n']);
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    const agent = scene.start();
    await agent.log.waitFor('hold-began');
    await scene.api.further(1);
    assert.equal(await scene.hasTable(), false);
    // The API still has the last word.
    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    assert.deepEqual(agent.log.of('hook-completed'), []);
  });

  it('--help is its own', async (t) => {
    const scene = await Scene.create(t);
    const { status, stdout, stderr } = await scene.program(['cleanup', '--help']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Usage: cs-instance-watcher cleanup \[--runtime-dir DIR\] \[--state-dir DIR\]/);
  });

  for (const args of [['clean-up'], ['80', '--force']]) {
    it(`a word that is no command is one line that names those there are: ${args.join(' ')}`, async (t) => {
      const scene = await Scene.create(t);
      const { status, stderr } = await scene.program(args);
      assert.equal(status, 2);
      assert.match(
        stderr,
        new RegExp(
          `^cs-instance-watcher: "${args[0]}" is not a command: the commands are .*cleanup.*; options begin with --, see --help\n$`,
        ),
      );
    });
  }
});

/** A scene whose agent has ended during a drain. */
async function drained(t: TestContext): Promise<Scene> {
  const scene = await Scene.create(t);
  scene.api.reply = says('draining');
  const agent = scene.start();
  await agent.log.waitFor('table-installed');
  await agent.log.waitFor('state-changed');
  await stopsAtOnce(agent);
  assert.equal(await scene.hasTable(), true);
  return scene;
}

function directories(scene: Scene): string[] {
  return ['--runtime-dir', scene.path('run'), '--state-dir', scene.path('state')];
}
