// What `override` and `simulate` have in common: a lease that lasts as long as the command runs.
import type { Command } from 'commander';
import { parseDuration } from '../../interaction/contract/durations.ts';
import { ConfigError } from '../../watcher/config/agent-config.ts';
import { resolveLeniently } from '../../watcher/config/resolve.ts';
import { type Ended, holdLease, type InForce } from '../../watcher/control/hold-lease.ts';
import {
  type Effect,
  LEASE_SECONDS,
  type LeaseRequest,
  ProtocolError,
} from '../../watcher/control/protocol.ts';
import { LEASE_ENDS } from '../../watcher/observe/status-lease.ts';
import { complaints } from './complaints.ts';
import { exitStatusOf } from './control-exit.ts';
import { EXIT } from './exit-status.ts';
import { leaseHolder } from './lease-holder.ts';
import { AGENT_SETTINGS, type Situation, type SubcommandLine } from './subcommand.ts';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const LEASE_HELP = `
It lasts as long as this command runs, and at most DURATION: 90s, 30m, 2h or seconds, at most 24 hours. Ctrl-C, a hang-up and
the end of the agent end it too.

Exit status: 0 ended, 75 another override or simulation is in force, 6 no agent runs or it has ended, 1 error, 2 usage.`;

export function withDuration(command: Command): Command {
  return command.requiredOption('--for <DURATION>', 'how long: 90s, 30m, 2h or seconds, at most 24 hours');
}

/** Holds the lease in the foreground and says when it is in force and when it has ended; resolves with the exit status. */
export async function holdInForeground(
  name: string,
  request: LeaseRequest,
  { given }: SubcommandLine,
  situation: Situation,
): Promise<number> {
  const complain = complaints(name);
  const { config, warnings } = resolveLeniently(AGENT_SETTINGS, { given, ...situation });
  for (const warning of warnings) complain(warning);
  const release = new AbortController();
  const giveBack = (): void => release.abort();
  for (const signal of ENDING_SIGNALS) process.on(signal, giveBack);
  // A terminal that has hung up, or a pipe whose reader has gone, is no reason to skip the rest.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    const held = { ...request, holder: leaseHolder(situation.env) };
    const ended = await holdLease(config.runtimeDir, held, {
      release: release.signal,
      onInForce: (event) => tell(inForceLine(request, event)),
    });
    tell(endedLine(request, ended));
    return EXIT.done;
  } catch (error) {
    complain((error as Error).message);
    return exitStatusOf(error);
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, giveBack);
  }
}

/** `--for`, in seconds. Throws `ConfigError` with the bounds. */
export function parseLeaseDuration(command: string, text: unknown): number {
  const parsed = parseDuration(String(text));
  if (!parsed.ok) throw new ConfigError('usage', `${command}: --for: ${parsed.problem}`);
  const { min, max } = LEASE_SECONDS;
  if (parsed.seconds >= min && parsed.seconds <= max) return parsed.seconds;
  throw new ConfigError(
    'usage',
    `${command}: --for: expected ${min} second to ${max / 3600} hours, got ${JSON.stringify(text)}`,
  );
}

/** A value that the agent would refuse is a matter of usage here. */
export function asUsage<T>(command: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolError) throw new ConfigError('usage', `${command}: ${error.message}`);
    throw error;
  }
}

function inForceLine(request: LeaseRequest, { lease, effect }: InForce): string {
  return `${named(request)} in force until ${toSeconds(lease.until)}: ${inWords(effect)}`;
}

function endedLine(request: LeaseRequest, { why, effect }: Ended): string {
  const after = effect === null ? '' : `: ${inWords(effect)}`;
  return `${named(request)} ended, ${LEASE_ENDS[why]}${after}`;
}

function named(request: LeaseRequest): string {
  return request.kind === 'override' ? `override ${request.verdict}` : `simulation of state ${request.state}`;
}

/** What the kernel says, and what keeps it from saying something else. */
function inWords({ refusing, ports, refusesAt, problem }: Effect): string {
  const to = ports.length === 0 ? '' : ` to ${ports.join(' ')}`;
  const trouble = problem === null ? '' : ` (${problem})`;
  if (refusing === null) return `the kernel could not be asked${trouble}`;
  if (refusing) return `new connections${to} are refused${trouble}`;
  if (ports.length === 0) return 'no ports are configured, every connection is accepted';
  const later = refusesAt === null ? '' : ` until ${toSeconds(refusesAt)} (--refuse-delay)`;
  return `new connections${to} are accepted${later}${trouble}`;
}

/** `2026-01-02T03:04:05Z`: people count no milliseconds. */
function toSeconds(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}
