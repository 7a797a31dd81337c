// When the agent polls, measured at the server: start to start, whatever a poll takes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { says } from './scripted-api.ts';
import { Scene } from './scene.ts';

const PERIOD_MS = 1_000;
/** What a busy machine may add to a timer and a request. */
const SLACK_MS = 250;

describe('poll schedule', { concurrency: 4, timeout: 60_000 }, () => {
  it('polls start to start, however long an answer takes, on one kept connection', async (t) => {
    const scene = await Scene.create(t);
    const running = says('running');
    scene.api.reply = (request, response) => setTimeout(() => running(request, response), 300);
    const agent = scene.start();
    await scene.api.further(7);
    // The first poll goes out at once, the slots begin a random phase later.
    const slots = scene.api.polls.slice(1).map(({ atMs }) => atMs);
    for (const [index, atMs] of slots.entries()) {
      const lateMs = atMs - slots[0]! - index * PERIOD_MS;
      assert.ok(Math.abs(lateMs) < SLACK_MS, `slot ${index} came ${Math.round(lateMs)} ms late`);
    }
    assert.equal(scene.api.connections, 1);
    assert.equal(await agent.stop(), 0);
  });

  it('gives a hung poll up after 3 s and goes on at the slots of before', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    await scene.api.further(3);
    const anchorMs = scene.api.polls[2]!.atMs;
    scene.api.reply = () => {};
    await scene.api.further(1);
    scene.api.reply = says('running');
    const hungMs = scene.api.polls.at(-1)!.atMs;
    await scene.api.further(3);
    const [first, second] = scene.api.polls.slice(-3).map(({ atMs }) => atMs);
    // The deadline falls on the third slot or just behind it.
    const skipped = Math.round((first! - hungMs) / PERIOD_MS);
    assert.ok(skipped === 3 || skipped === 4, `the next poll came ${first! - hungMs} ms after the hung one`);
    for (const atMs of [first!, second!]) {
      const phaseMs = (atMs - anchorMs + SLACK_MS) % PERIOD_MS;
      assert.ok(phaseMs < 2 * SLACK_MS, `a poll ${Math.round(phaseMs - SLACK_MS)} ms off its slot`);
    }
    assert.equal(agent.log.of('hold-began').length, 1);
    assert.equal(agent.log.of('hold-ended').length, 1);
  });
});
