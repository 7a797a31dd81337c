// `status`: what the agent does and what the kernel says, on one screen; and the kernel's word alone when no agent runs.
import { AgentNotRunning, askStatus, ControlFailure } from '../../watcher/control/control-client.ts';
import { type AgentConfig, ConfigError } from '../../watcher/config/agent-config.ts';
import { resolveLeniently } from '../../watcher/config/resolve.ts';
import type { StatusDocument } from '../../watcher/observe/status-document.ts';
import { complaints } from './complaints.ts';
import { EXIT } from './exit-status.ts';
import { readDownStatus } from './status-down.ts';
import { statusScreen } from './status-screen.ts';
import { watchStatus } from './status-watch.ts';
import { AGENT_SETTINGS, type Situation, type Subcommand, type SubcommandLine } from './subcommand.ts';

const SETTINGS = [...AGENT_SETTINGS, 'stateDir'] as const;
/** Of the file and the environment, for what to count when no table is there and no agent to ask. */
const READ_SETTINGS = [...SETTINGS, 'ports', 'allowFrom', 'includeLoopback'] as const;

const EXIT_OF: Readonly<Record<StatusDocument['condition'], number>> = {
  open: 0,
  draining: 3,
  drained: 4,
  degraded: 5,
  down: EXIT.notRunning,
};

const DEFAULT_PERIOD_S = 2;
const SHORTEST_PERIOD_S = 0.5;
const LONGEST_PERIOD_S = 3_600;
const WIDTH = { least: 20, most: 80 };

const EXIT_STATUS = `
Exit status: 0 the ports are open, 3 draining, 4 drained, 5 degraded, 6 no agent runs, or it does
not answer within 3 s; 1 error, 2 usage.
Ended by Ctrl-C, --watch exits 0. Colours only on a terminal, and not when NO_COLOR is set.`;

export const STATUS: Subcommand = {
  name: 'status',
  summary: 'show what the agent does, and what the kernel says',
  settings: SETTINGS,
  declare: (command) =>
    command
      .description(
        'Shows on one screen what the agent does: state, reasons, refused and remaining connections, polls, scripts, errors. Whether connections are refused is read from the kernel, also when no agent runs.',
      )
      .usage('[--watch [SECONDS]] [--json] [options]')
      .option('--json', 'print the whole document, as docs/schemas/status.schema.json describes it')
      .option('--watch [SECONDS]', `go on until Ctrl-C (every ${DEFAULT_PERIOD_S} s unless told)`)
      .addHelpText('after', EXIT_STATUS),
  run: showStatus,
};

async function showStatus(
  { given, options }: SubcommandLine,
  { env, cwd, version }: Situation,
): Promise<number> {
  const complain = complaints('status');
  const periodS = readPeriod(options.watch);
  const { config, warnings } = resolveLeniently(READ_SETTINGS, { given, env, cwd });
  for (const warning of warnings) complain(warning);
  const read = (): Promise<StatusDocument> => readStatus(config, version);
  const isTerminal = process.stdout.isTTY === true;
  const isColourful = isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
  const asText = (document: StatusDocument): string[] => {
    const columns = process.stdout.columns || WIDTH.most;
    const width = Math.max(WIDTH.least, Math.min(WIDTH.most, columns));
    return statusScreen(document, { width, colours: isColourful });
  };
  const isJson = options.json === true;
  try {
    if (periodS === null) {
      const document = await read();
      const text = isJson ? JSON.stringify(document, null, 2) : asText(document).join('\n');
      process.stdout.write(`${text}\n`);
      return EXIT_OF[document.condition];
    }
    await watchStatus({
      read,
      show: isJson ? (document) => [JSON.stringify(document)] : asText,
      periodMs: periodS * 1000,
      output: process.stdout,
      isScreen: isTerminal && !isJson,
      separator: isJson ? '' : '\n',
    });
    return EXIT.done;
  } catch (error) {
    complain((error as Error).message);
    return EXIT.error;
  }
}

type ReadConfig = Pick<AgentConfig, (typeof READ_SETTINGS)[number]>;

/** The agent's own answer; the kernel's when there is none to be had. Rejects where the agent may not be asked. */
async function readStatus(config: ReadConfig, version: string): Promise<StatusDocument> {
  try {
    return await askStatus(config.runtimeDir);
  } catch (error) {
    if (error instanceof AgentNotRunning) return readDownStatus(version, config, null);
    if (error instanceof ControlFailure && (error.code === 'silent' || error.code === 'interrupted'))
      return readDownStatus(version, config, error.message);
    throw error;
  }
}

/** Seconds from one look to the next; null without `--watch`. */
function readPeriod(given: unknown): number | null {
  if (given === undefined) return null;
  if (given === true) return DEFAULT_PERIOD_S;
  const seconds = Number(given);
  if (String(given).trim() !== '' && seconds >= SHORTEST_PERIOD_S && seconds <= LONGEST_PERIOD_S)
    return seconds;
  throw new ConfigError(
    'usage',
    `status: --watch ${given}: expected seconds from ${SHORTEST_PERIOD_S} to ${LONGEST_PERIOD_S}`,
  );
}
