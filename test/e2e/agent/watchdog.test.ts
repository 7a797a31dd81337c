// The watchdog of the service manager, as the real program feeds it. That the service manager then does its part is the business
// of test/packaging.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import { receiveNotifications } from './notify-socket.ts';
import { CREDENTIALS, Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

/** What the service manager has counted down from until the first word. */
const ASKED = { WATCHDOG_USEC: '90000000' };

async function managed(
  t: TestContext,
): Promise<{ scene: Scene; env: Record<string, string>; told: LogLine[]; tells: TellsAgain }> {
  const scene = await Scene.create(t);
  const path = scene.path('notify');
  const { lines, close } = await receiveNotifications(path);
  t.after(close);
  return {
    scene,
    env: { NOTIFY_SOCKET: path },
    told: lines.lines,
    tells: (text, from = 0) => lines.waitFor(({ message }) => message === text, from),
  };
}

type TellsAgain = (text: string, from?: number) => Promise<LogLine>;

function wordsOfWatchdog(told: readonly LogLine[]): (string | undefined)[] {
  return told.map(({ message }) => message).filter((message) => message?.startsWith('WATCHDOG'));
}

describe('the watchdog', { concurrency: 4, timeout: 60_000 }, () => {
  it('is fed before readiness and before each wait, with the time of the wait, until the end', async (t) => {
    const { scene, env, told, tells } = await managed(t);
    const agent = scene.start([], { env: { ...env, ...ASKED } });
    await tells('READY=1');
    assert.deepEqual(
      told.slice(0, 3).map(({ message }) => message),
      ['WATCHDOG_USEC=24000000', 'WATCHDOG=1', 'READY=1'],
    );
    for (const state of ['draining', 'running']) {
      const from = told.length;
      scene.api.reply = says(state);
      await tells('WATCHDOG=1', from);
      await scene.api.further(2);
    }
    // What cannot be known is no reason to be killed.
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    await scene.api.further(2);
    const from = told.length;
    await tells('WATCHDOG=1', from);
    await stopsAtOnce(agent);
    await tells('STOPPING=1');
    const words = wordsOfWatchdog(told);
    assert.deepEqual([...new Set(words)].sort(), ['WATCHDOG=1', 'WATCHDOG_USEC=24000000']);
    assert.equal(told.at(-1)?.message, 'STOPPING=1');
  });

  it('is told of a longer period with the reload that brings it', async (t) => {
    const { scene, env, tells } = await managed(t);
    const config = scene.path('config.json');
    const settings = { api_url: scene.api.url, instance_id: INSTANCE_ID, region: REGION };
    const write = (seconds: number): void =>
      writeFileSync(config, JSON.stringify({ ...settings, api_polling_period: seconds }));
    write(1);
    const agent = scene.startWith(['--config', config], { env: { ...CREDENTIALS, ...env, ...ASKED } });
    await tells('WATCHDOG_USEC=24000000');
    await agent.log.waitFor('started');
    await tells('READY=1');
    write(60);
    agent.signal('SIGHUP');
    await tells('WATCHDOG_USEC=90000000');
    await stopsAtOnce(agent);
  });

  const unasked: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
    ['that nobody asked for', {}],
    ['of another process', { ...ASKED, WATCHDOG_PID: '1' }],
  ];
  for (const [name, variables] of unasked) {
    it(`${name} is not fed`, async (t) => {
      const { scene, env, told, tells } = await managed(t);
      const agent = scene.start([], { env: { ...env, ...variables } });
      await tells('STATUS=running');
      await scene.api.further(2);
      await stopsAtOnce(agent);
      await tells('STOPPING=1');
      assert.deepEqual(wordsOfWatchdog(told), []);
    });
  }

  it('is not fed by a dry run, and is nothing that scripts hear of', async (t) => {
    const { scene, env, told } = await managed(t);
    const variables = { ...env, ...ASKED };
    const dry = scene.start(['--dry-run'], { env: variables });
    await dry.log.waitFor('state-changed');
    await scene.api.further(2);
    await stopsAtOnce(dry);
    assert.deepEqual(told, []);
    scene.script('draining', '10-env', `env >${scene.path('env')}`);
    const agent = scene.start([], { env: variables });
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await agent.log.waitFor('hook-completed');
    const seen = readFileSync(scene.path('env'), 'utf8');
    assert.match(seen, /^CS_STATE=draining$/m);
    assert.doesNotMatch(seen, /WATCHDOG|NOTIFY/);
    await stopsAtOnce(agent);
  });
});
