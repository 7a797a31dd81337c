// What the agent tells people, in words: one log line per change, and the status line of the service manager.
import type { ConnectionCount, DestroyResult, RulesetEvent } from '../../firewall/ruleset.ts';
import type { DrainRuleset } from '../domain/desired-firewall.ts';
import { isDrained } from '../domain/drain.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import type { Announcement } from '../domain/step.ts';
import type { Poll, Reporter, Summary } from '../ports.ts';
import { announcementLine } from './announcement-line.ts';
import type { Log, LogFields } from './log.ts';

/** What is announced beside any change: while there is no verdict nothing changes. */
export const CHANGES_NOTHING: ReadonlySet<Announcement['event']> = new Set([
  'hold-began',
  'hold-cause',
  'hold-ended',
  'no-information',
]);

/** The parts of the agent that carry a change out. */
const CARRYING_OUT: ReadonlySet<string> = new Set(['firewall', 'table', 'monitor', 'closing']);

const UNKNOWN = 'unknown: ';
const CLOSING = 'what is left of published ones is reset';

/** A reporter over the log; `notify` sends one line to the service manager. */
export class LogReporter implements Reporter {
  readonly #log: Log;
  readonly #notify: (text: string) => void;
  readonly #troubles = new Map<string, string>();
  /** Stands in every line about it, until the next change. */
  #change = '';
  /** Whether the change is being made, or is a drain that goes on. */
  #isUnderWay = false;
  #counted: string | null = null;
  #ports = '';
  #status = '';

  constructor(log: Log, notify: (text: string) => void) {
    this.#log = log;
    this.#notify = notify;
  }

  changeBegan(id: string): void {
    this.#change = id;
    this.#isUnderWay = true;
  }

  polled({ answer, durationMs }: Poll): void {
    const fields = { event: 'polled', answer: answer.kind, durationMs: Math.round(durationMs) };
    this.#log.debug(fields, answer.kind === 'known' ? 'polled' : `polled: ${answer.message}`);
  }

  announce(announcement: Announcement): void {
    const { level, fields, message } = announcementLine(announcement);
    if (CHANGES_NOTHING.has(announcement.event)) {
      this.#log[level](fields, message);
      return;
    }
    const obstacle = announcement.event === 'refusing' ? (this.#troubles.get('firewall') ?? null) : null;
    // It may have been told long ago, and belongs to this story all the same.
    if (obstacle === null) this.#tell(level, fields, message);
    else this.#tell(level, { ...fields, obstacle }, `${message}; degraded: firewall: ${obstacle}`);
  }

  tableInstalled(ruleset: DrainRuleset, restoring: string | null, by: RulesetEvent | null): void {
    this.#ports = portsInWords(ruleset);
    this.#counted = null;
    if (restoring === null) {
      this.#tell(
        'info',
        { event: 'table-installed', ports: this.#ports, closing: ruleset.closing },
        `new connections to ${this.#ports} are refused${ruleset.closing ? `, ${CLOSING}` : ''}`,
      );
      return;
    }
    const who = by?.command ? `, by ${by.command} (pid ${by.pid ?? '?'})` : '';
    this.#tell(
      'warn',
      { event: 'table-restored', found: restoring, command: by?.command ?? null, pid: by?.pid ?? null },
      `${restoring}${who}: put back, new connections to ${this.#ports} are refused`,
    );
  }

  tableRemoved(): void {
    this.#tell('info', { event: 'table-removed' }, 'new connections are accepted');
  }

  connections(count: ConnectionCount): void {
    const now = count.known ? `${count.total}` : `${UNKNOWN}${count.reason}`;
    if (now === this.#counted) return;
    // What ends a warning is no less worth a line.
    const isNews = this.#counted === null || this.#counted.startsWith(UNKNOWN);
    this.#counted = now;
    if (!count.known) {
      this.#tell('warn', { event: 'connections-unknown' }, `connections cannot be counted: ${count.reason}`);
      return;
    }
    const fields = { event: 'connections', left: count.total, idle: count.idle };
    const message = `${count.total} connection(s) left`;
    this.#tell(isNews ? 'info' : 'debug', fields, message);
  }

  connectionsClosed({ closed, failed }: DestroyResult): void {
    const message = `${closed} connection(s) of this host's own sockets closed, ${failed} could not be; those to published ports end with their next packet`;
    this.#tell('warn', { event: 'connections-closed', closed, failed }, message);
  }

  degraded(part: string, problem: string | null): void {
    if (problem === (this.#troubles.get(part) ?? null)) return;
    const isOfChange = this.#isUnderWay && CARRYING_OUT.has(part);
    const about = isOfChange ? { part, change: this.#change } : { part };
    if (problem === null) {
      this.#troubles.delete(part);
      this.#log.info({ event: 'recovered', ...about }, `${part}: works again`);
    } else {
      this.#troubles.set(part, problem);
      this.#log.error({ event: 'degraded', ...about }, `degraded: ${part}: ${problem}`);
    }
  }

  settled(summary: Summary): void {
    this.#isUnderWay = summary.now.desired === 'refuse';
    const status = `STATUS=${this.#statusLine(summary)}`;
    if (status === this.#status) return;
    this.#status = status;
    this.#notify(status);
  }

  #tell(level: keyof Log, fields: LogFields, message: string): void {
    this.#log[level]({ ...fields, change: this.#change }, message);
  }

  #statusLine({ state, now, refusing, count, degraded }: Summary): string {
    const parts = [now.instanceState ?? 'waiting for the API'];
    if (refusing) parts.push(`refusing new connections to ${this.#ports}`);
    else if (now.desired === 'refuse' && state.drain !== null) parts.push('about to refuse new connections');
    if (count !== null) parts.push(`${count.left ?? 'unknown'} connection(s) left`);
    if (state.drain?.outcome === 'timeout') parts.push('timed out');
    else if (isDrained(state, count)) parts.push('drained');
    if (state.lease !== null) parts.push(`${state.lease.kind} in force`);
    if (state.hold !== null) parts.push('no verdict, holding');
    for (const trouble of [...this.#troubles.keys(), ...degraded]) parts.push(`degraded: ${trouble}`);
    return parts.join('; ');
  }
}

/** Ranges named one by one; systemd takes a status of 4 kB at most, and nobody reads a longer one. */
const NAMED_RANGES = 16;

function portsInWords({ ports }: DrainRuleset): string {
  const named = ports.slice(0, NAMED_RANGES).map(formatPortRange).join(' ');
  return ports.length > NAMED_RANGES ? `${named} and ${ports.length - NAMED_RANGES} more ranges` : named;
}
