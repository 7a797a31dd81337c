// Not knowing: whatever the API answers in place of a state, the ports stay as they are, nothing outside the script directory
// is touched, and the log has one line when it begins and one when it ends.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { AgentProcess } from '../../fixtures/programs.ts';
import { type BrokenAnswer, brokenAnswers } from './broken-answers.ts';
import { complaints, Scene, stopsAtOnce } from './scene.ts';
import { ScriptedApi, says } from './scripted-api.ts';

/** Agents side by side for each of the two, each with its share of the answers. */
const LANES = 5;
/** One period, and what a busy machine may add. */
const RECOVERY_MS = 1_000 + 1_000;
/** The deadline of a poll at the shortest period. */
const DEADLINE_MS = 3_000;
const MAX_LINE_LENGTH = 600;

type Stance = 'draining' | 'running';

describe('broken answers', { concurrency: true, timeout: 120_000 }, () => {
  for (const stance of ['draining', 'running'] as const) {
    for (let lane = 0; lane < LANES; lane += 1) {
      it(`while ${stance}, share ${lane + 1} of ${LANES}`, (t) => share(t, stance, lane));
    }
  }
});

async function share(t: TestContext, stance: Stance, lane: number): Promise<void> {
  const scene = await Scene.create(t, 1);
  const elsewhere = new ScriptedApi(scene.listeners[0]!);
  t.after(() => elsewhere.close());
  const trap = setTraps(scene);
  scene.api.reply = says(stance);
  const agent = scene.start();
  await agent.log.waitFor('state-changed');
  // Those of drained/: until then the record is being written.
  if (stance === 'draining') await agent.log.waitFor('hook-completed');
  const before = await scene.ruleset();
  assert.equal(before.includes('cs-instance-watcher'), stance === 'draining');
  const found = readdirSync(scene.root, { recursive: true }).sort();
  for (const [index, broken] of brokenAnswers(elsewhere.url).entries()) {
    if (index % LANES !== lane) continue;
    await t.test(broken.name, () => holds(scene, agent, broken, stance, before));
  }
  assert.equal(elsewhere.connections, 0, 'a redirect was followed');
  assert.ok(!existsSync(trap), 'something outside the script directory was run');
  assert.deepEqual(agent.log.of('hook-started'), []);
  assert.deepEqual(readdirSync(scene.root, { recursive: true }).sort(), found);
  await stopsAtOnce(agent);
}

/** One broken answer, twice, then a good one. */
async function holds(
  scene: Scene,
  agent: AgentProcess,
  { reply, line, hangs }: BrokenAnswer,
  stance: Stance,
  before: string,
): Promise<void> {
  const { api } = scene;
  // A case before this one may have failed in the middle of its hold.
  api.reply = says(stance);
  await agent.log.waitFor(() => agent.log.of('hold-began').length === agent.log.of('hold-ended').length);
  const from = agent.log.lines.length;
  api.reply = reply;
  const began = await agent.log.waitFor('hold-began', from);
  // As wrong a second time: no second line.
  if (hangs !== true) await api.further(1);
  assert.equal(await scene.ruleset(), before);

  api.reply = says(stance);
  const mendedMs = performance.now();
  await agent.log.waitFor('hold-ended', from);
  const tookMs = performance.now() - mendedMs;
  const boundMs = hangs === true ? DEADLINE_MS + RECOVERY_MS : RECOVERY_MS;
  assert.ok(tookMs < boundMs, `known again only after ${Math.round(tookMs)} ms`);
  assert.equal(await scene.ruleset(), before);

  const message = String(began.message);
  assert.match(message, line);
  assert.match(message, stance === 'draining' ? /; the ports stay closed$/ : /; the ports stay open$/);
  assert.ok(message.length <= MAX_LINE_LENGTH, `a line of ${message.length} characters`);
  assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.deepEqual(complaints(agent, from), [began]);
  const told = agent.log.lines.slice(from).filter(({ level }) => level !== 'debug');
  assert.deepEqual(
    told.map(({ event }) => event),
    ['hold-began', 'hold-ended'],
  );
}

/** Executables wherever a state could lead to if it became a path. Returns the file that a sprung trap leaves. */
function setTraps(scene: Scene): string {
  const sprung = join(scene.root, 'sprung');
  for (const directory of [join(scene.root, 'x'), join(scene.directory, 'x'), join(scene.scripts, '%s%n')]) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'trap'), `#!/bin/sh\ntouch ${sprung}\n`, { mode: 0o755 });
  }
  return sprung;
}
