// `wait drained`: for scripts that go on only when no connection is left.
import { parseDuration } from '../../interaction/contract/durations.ts';
import { ConfigError } from '../../watcher/config/agent-config.ts';
import { resolveLeniently } from '../../watcher/config/resolve.ts';
import { type DrainView, MAX_WAIT_SECONDS } from '../../watcher/control/protocol.ts';
import { waitForDrained } from '../../watcher/control/wait-for-drained.ts';
import { complaints } from './complaints.ts';
import { exitStatusOf } from './control-exit.ts';
import { EXIT } from './exit-status.ts';
import { shown } from './operand.ts';
import { AGENT_SETTINGS, type Situation, type Subcommand, type SubcommandLine } from './subcommand.ts';

export const WAIT: Subcommand = {
  name: 'wait',
  summary: 'wait until no connection is left',
  words: ['drained'],
  settings: AGENT_SETTINGS,
  declare: (command) =>
    command
      .description(
        'Waits until the instance is drained: a drain is under way, no connection is left, and the scripts of draining/ and drained/ have ended. Waits also when no drain has begun, and goes on when the agent is restarted. A drain that has timed out (--drain-timeout) is never drained: then it returns at once.',
      )
      .usage('drained [--timeout SECONDS] [options]')
      .argument('[what]', 'drained')
      .option(
        '--timeout <SECONDS>',
        'how long to wait (300, 5m); 0, as when it is not given, is without limit',
      )
      .addHelpText(
        'after',
        '\nExit status: 0 drained, 75 the time is over, or the drain has timed out, 6 no agent runs, 1 error, 2 usage.',
      ),
  run: wait,
};

async function wait({ given, operands, options }: SubcommandLine, situation: Situation): Promise<number> {
  const complain = complaints('wait');
  const [what] = operands;
  if (what !== 'drained') throw new ConfigError('usage', `wait: expected drained, got ${shown(what)}`);
  const timeoutMs = parseTimeout(String(options.timeout ?? '0'));
  const { config, warnings } = resolveLeniently(AGENT_SETTINGS, { given, ...situation });
  for (const warning of warnings) complain(warning);
  const startedMs = performance.now();
  try {
    const view = await waitForDrained(config.runtimeDir, timeoutMs);
    if (view.drained && !view.scriptsPending) {
      process.stdout.write(
        `drained: no connection is left, and no script runs (waited ${Math.round((performance.now() - startedMs) / 1000)} s)\n`,
      );
      return EXIT.done;
    }
    const waitedS = Math.round((performance.now() - startedMs) / 1000);
    complain(`not drained after ${waitedS} s: ${standing(view)}`);
    return EXIT.locked;
  } catch (error) {
    complain((error as Error).message);
    return exitStatusOf(error);
  }
}

/** Milliseconds; null is without limit. */
function parseTimeout(text: string): number | null {
  const seconds = secondsIn(text);
  if (seconds === null || seconds > MAX_WAIT_SECONDS)
    throw new ConfigError(
      'usage',
      `wait: --timeout: expected 0 (without limit) to ${MAX_WAIT_SECONDS} seconds, or a duration such as 5m, got ${JSON.stringify(text)}`,
    );
  return seconds === 0 ? null : seconds * 1000;
}

/** Null when it is no duration. */
function secondsIn(text: string): number | null {
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text);
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.seconds : null;
}

function standing(view: DrainView): string {
  const { draining, drained, outcome, overriddenUntil, scriptsPending } = view;
  if (!draining)
    return overriddenUntil === null
      ? 'no drain has begun'
      : `an override keeps the ports open until ${overriddenUntil}`;
  const scripts = scriptsPending ? '; scripts still run' : '';
  if (outcome === 'timeout')
    return `the drain has timed out (--drain-timeout) with ${left(view)}, and will not be called drained${scripts}`;
  return `${drained ? 'no connection is left' : left(view)}${scripts}`;
}

function left({ connectionsLeft }: DrainView): string {
  return `${connectionsLeft ?? 'an unknown number of'} connection(s) left`;
}
