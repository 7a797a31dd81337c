// `wait drained`: for scripts that go on only when no connection is left.
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
  settings: AGENT_SETTINGS,
  declare: (command) =>
    command
      .description(
        'Waits until the instance is drained: a drain is under way and no connection is left. Waits also when no drain has begun, and goes on when the agent is restarted. A drain that has timed out (--drain-timeout) is never drained.',
      )
      .usage('drained [--timeout SECONDS] [options]')
      .argument('[what]', 'drained')
      .option('--timeout <SECONDS>', 'how long to wait; 0, as when it is not given, is without limit')
      .addHelpText(
        'after',
        '\nExit status: 0 drained, 75 the time is over, 6 no agent runs, 1 error, 2 usage.',
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
    const view = await waitForDrained(config.runtimeDir, {
      timeoutMs,
      onDrainTimeout: (timedOut) =>
        complain(`the drain has timed out (--drain-timeout) with ${left(timedOut)}; waiting on`),
    });
    if (view.drained) {
      process.stdout.write(
        `drained: no connection is left (waited ${Math.round((performance.now() - startedMs) / 1000)} s)\n`,
      );
      return EXIT.done;
    }
    complain(`not drained after ${options.timeout} s: ${standing(view)}`);
    return EXIT.locked;
  } catch (error) {
    complain((error as Error).message);
    return exitStatusOf(error);
  }
}

/** Milliseconds; null is without limit. */
function parseTimeout(text: string): number | null {
  const seconds = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= MAX_WAIT_SECONDS))
    throw new ConfigError(
      'usage',
      `wait: --timeout: expected 0 (without limit) to ${MAX_WAIT_SECONDS} seconds, got ${JSON.stringify(text)}`,
    );
  return seconds === 0 ? null : seconds * 1000;
}

function standing(view: DrainView): string {
  if (!view.draining) return 'no drain has begun';
  return view.outcome === 'timeout' ? `the drain has timed out with ${left(view)}` : left(view);
}

function left({ connectionsLeft }: DrainView): string {
  return `${connectionsLeft ?? 'an unknown number of'} connection(s) left`;
}
