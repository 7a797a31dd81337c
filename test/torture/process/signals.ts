// TERM and HUP at moments spread over the life of an agent, and a storm of HUPs.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { INSTANCE_ID, REGION } from '../../fixtures/programs.ts';
import { CREDENTIALS } from '../../e2e/agent/scene.ts';
import { says } from '../../e2e/agent/scripted-api.ts';
import { readFigures } from '../api/process-figures.ts';
import { inWorld, PATIENCE_MS, type ProcessWorld, STANCES } from './process-world.ts';
import type { ProcessRow, Trial } from './trial.ts';

const PHASES = ['start', 'apply', 'remove', 'script'] as const;
type Phase = (typeof PHASES)[number];

/** How far the moments of a phase are spread, ms, over what follows an answer; those of a start over as long as one takes. */
const SPREAD_MS: Readonly<Record<Exclude<Phase, 'start'>, number>> = { apply: 60, remove: 60, script: 120 };
/** The last moments are those after its first line. */
const BEYOND_START = 1.5;
const MOMENTS = 10;
/** The agent's own second, and what a busy machine adds. */
const ENDS_WITHIN_MS = 3_000;
const STORM_MS = 6_000;
const STORM_PAUSE_MS = 10;
const MAX_GROWTH_BYTES = 64 * 2 ** 20;
const MAX_MORE_DESCRIPTORS = 4;

/** Brings the agent to where the phase begins; resolves at its first moment. */
async function toPhase(world: ProcessWorld, phase: Phase): Promise<void> {
  const { api } = world.scene;
  if (phase === 'start') {
    api.reply = says(world.stance);
    world.boot();
    return;
  }
  const [before, after] =
    phase === 'remove' ? (['draining', 'running'] as const) : (['running', 'draining'] as const);
  api.reply = says(before);
  const { log } = world.boot();
  await log.waitFor(({ event }) => event === 'state-changed' || event === 'state-confirmed');
  await world.follow(before);
  const answered = Promise.withResolvers<void>();
  const reply = says(after);
  api.reply = (request, response) => {
    reply(request, response);
    answered.resolve();
  };
  if (phase === 'script') await log.waitFor('hook-started');
  else await answered.promise;
}

/** One signal in each of the phase's moments; the next agent finds what the one before has left. */
async function trySignal(world: ProcessWorld, signal: 'SIGTERM' | 'SIGHUP', phase: Phase): Promise<Trial> {
  const broken: string[] = [];
  let worstMs = 0;
  let unheardMs = 0;
  let unheard = 0;
  world.scene.script('draining', '10-slow', 'sleep 0.2');
  const spreadMs = phase === 'start' ? BEYOND_START * (await startMs(world)) : SPREAD_MS[phase];
  for (let moment = 0; moment < MOMENTS; moment += 1) {
    const afterMs = Math.round((spreadMs * moment) / MOMENTS);
    try {
      await toPhase(world, phase);
      await delay(afterMs);
      const { agent } = world;
      agent.signal(signal);
      const beganMs = performance.now();
      if (signal === 'SIGHUP' && (await survives(world))) {
        worstMs = Math.max(worstMs, await world.follow(world.opposite), await world.follow(world.stance));
        agent.signal('SIGTERM');
      }
      const status = await Promise.race([
        agent.ended,
        delay(PATIENCE_MS, 'running' as const, { ref: false }),
      ]);
      const tookMs = performance.now() - beganMs;
      if (signal === 'SIGTERM') worstMs = Math.max(worstMs, tookMs);
      // Nothing was logged: it had not begun.
      const isUnheard = status === null && phase === 'start' && agent.log.lines.length === 0;
      if (isUnheard) {
        unheard += 1;
        unheardMs = afterMs;
      } else if (status !== 0) broken.push(`${afterMs} ms: ended with ${status}`);
      broken.push(...(await whole(world)).map((what) => `${afterMs} ms: ${what}`));
    } catch (error) {
      broken.push(`${afterMs} ms: ${(error as Error).message.slice(0, 300)}`);
      await world.agent.kill();
    }
  }
  // What was left by the last one is taken up. A signal before the agent listens ends it as it does any program.
  await world.start();
  broken.push(...(await world.broken('the agent after it')));
  return {
    broken,
    recoveryMs: Math.round(worstMs),
    figures: `${unheard} signals before it listened, the last ${unheardMs} of ${Math.round(spreadMs)} ms`,
  };
}

/** From its start to its first line. */
async function startMs(world: ProcessWorld): Promise<number> {
  const beganMs = performance.now();
  await world.boot().log.waitFor('started');
  const tookMs = performance.now() - beganMs;
  await world.agent.kill();
  return tookMs;
}

/** Whether the agent goes on; it does not when it was not yet listening for the signal. */
async function survives(world: ProcessWorld): Promise<boolean> {
  const { api } = world.scene;
  return await Promise.race([api.further(2).then(() => true), world.agent.ended.then(() => false)]);
}

/** Either all of the table or none of it. */
async function whole(world: ProcessWorld): Promise<string[]> {
  const text = await world.ruleset();
  const isWhole =
    text === '' || (text.includes('80 counter, 8000-8010 counter') && text.includes('reject with tcp reset'));
  return isWhole ? [] : [`a table in pieces: ${text}`];
}

/** A hundred HUPs a second over configurations that come and go, valid ones and others. */
async function storm(world: ProcessWorld): Promise<Trial> {
  const broken: string[] = [];
  const config = world.scene.path('config.json');
  const ports = (list: readonly (number | string)[]) =>
    writeFileSync(config, JSON.stringify({ on_draining_block_new_connections_to_ports: list }));
  const writes = [
    () => ports([80, '8000-8010']),
    () => writeFileSync(config, '{"force": "maybe"}'),
    () => ports([80, 8005]),
    () => writeFileSync(config, '{'),
  ];
  ports([80, '8000-8010']);
  const { api, namespace } = world.scene;
  const identity = ['--api-url', api.url, '--instance-id', INSTANCE_ID, '--region', REGION];
  world.bootWith(['--config', config, ...identity, '--api-polling-period', '1'], { env: CREDENTIALS });
  await world.agent.log.waitFor('state-changed');
  await world.follow(world.stance);
  await api.further(2);
  const before = readFigures(world.agent.pid);
  const polls = api.polls.length;
  const beganMs = performance.now();
  let sent = 0;
  const probing = (async () => {
    while (performance.now() - beganMs < STORM_MS - 1_000)
      broken.push(...(await world.broken('in the storm')));
  })();
  while (performance.now() - beganMs < STORM_MS) {
    writes[sent % writes.length]!();
    world.agent.signal('SIGHUP');
    sent += 1;
    await delay(STORM_PAUSE_MS);
  }
  await probing;
  const asked = api.polls.length - polls;
  ports([80, 8005]);
  world.agent.signal('SIGHUP');
  const overMs = performance.now();
  if (world.stance === 'draining')
    await world.until('the last configuration is in force', async () =>
      /80 counter, 8005 counter/.test(await namespace.run('nft', ['-s', 'list', 'ruleset'])),
    );
  const recoveryMs = Math.round(performance.now() - overMs);
  await api.further(2);
  const now = readFigures(world.agent.pid);
  if (now.residentBytes - before.residentBytes > MAX_GROWTH_BYTES) broken.push('memory grew');
  if (now.descriptors > before.descriptors + MAX_MORE_DESCRIPTORS)
    broken.push(`${now.descriptors} descriptors`);
  for (const state of [world.opposite, world.stance]) await world.follow(state);
  broken.push(...(await world.broken('afterwards')), ...(await world.stopped(ENDS_WITHIN_MS)));
  const figures = `${sent} HUPs, ${asked} polls, ${Math.round((now.residentBytes - before.residentBytes) / 2 ** 20)} MB more`;
  return { broken, recoveryMs, figures };
}

export const SIGNAL_ROWS: readonly ProcessRow[] = [
  ...(['SIGTERM', 'SIGHUP'] as const).flatMap((signal) =>
    PHASES.map(
      (phase): ProcessRow => ({
        name: `${signal.slice(3)} at ${MOMENTS} moments of ${phase}`,
        stances: phase === 'start' ? STANCES : ['draining'],
        withinMs: ENDS_WITHIN_MS,
        times: 1,
        attempt: (stance) => inWorld(stance, (world) => trySignal(world, signal, phase)),
      }),
    ),
  ),
  {
    name: 'a hundred HUPs a second, valid and not',
    stances: STANCES,
    withinMs: ENDS_WITHIN_MS,
    isAlone: true,
    attempt: (stance) => inWorld(stance, storm),
  },
];
