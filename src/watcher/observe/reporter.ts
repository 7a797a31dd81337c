// What the agent tells people, in words: one log line per change, and the status line of the service manager.
import type { ConnectionCount, RulesetEvent } from '../../firewall/ruleset.ts';
import type { DrainRuleset } from '../domain/desired-firewall.ts';
import { formatPortRange } from '../domain/port-ranges.ts';
import type { Announcement } from '../domain/step.ts';
import type { Reporter, Summary } from '../ports.ts';
import { announcementLine } from './announcement-line.ts';
import type { Log } from './log.ts';
import { writeEntry } from './log-entry.ts';

/** A reporter over the log; `notify` sends one line to the service manager. */
export class LogReporter implements Reporter {
  readonly #log: Log;
  readonly #notify: (text: string) => void;
  readonly #troubles = new Map<string, string>();
  #counted: string | null = null;
  #ports = '';
  #status = '';

  constructor(log: Log, notify: (text: string) => void) {
    this.#log = log;
    this.#notify = notify;
  }

  announce(announcement: Announcement): void {
    writeEntry(this.#log, announcementLine(announcement));
  }

  tableInstalled(ruleset: DrainRuleset, restoring: string | null, by: RulesetEvent | null): void {
    this.#ports = portsInWords(ruleset);
    this.#counted = null;
    if (restoring === null) {
      this.#log.info(
        { event: 'table-installed', ports: this.#ports },
        `new connections to ${this.#ports} are refused`,
      );
      return;
    }
    const who = by?.command ? `, by ${by.command} (pid ${by.pid ?? '?'})` : '';
    this.#log.warn(
      { event: 'table-restored', found: restoring, command: by?.command ?? null, pid: by?.pid ?? null },
      `${restoring}${who}: put back, new connections to ${this.#ports} are refused`,
    );
  }

  tableRemoved(): void {
    this.#log.info({ event: 'table-removed' }, 'new connections are accepted');
  }

  connections(count: ConnectionCount, drained: boolean): void {
    const now = !count.known ? `unknown: ${count.reason}` : drained ? 'drained' : `${count.total}`;
    if (now === this.#counted) return;
    const first = this.#counted === null;
    this.#counted = now;
    if (!count.known) {
      this.#log.warn({ event: 'connections-unknown' }, `connections cannot be counted: ${count.reason}`);
    } else if (drained) {
      this.#log.info({ event: 'drained', idle: count.idle }, 'drained: no connection is left');
    } else {
      const fields = { event: 'connections', left: count.total, idle: count.idle };
      const message = `${count.total} connection(s) left`;
      if (first) this.#log.info(fields, message);
      else this.#log.debug(fields, message);
    }
  }

  degraded(part: string, problem: string | null): void {
    if (problem === (this.#troubles.get(part) ?? null)) return;
    if (problem === null) {
      this.#troubles.delete(part);
      this.#log.info({ event: 'recovered', part }, `${part}: works again`);
    } else {
      this.#troubles.set(part, problem);
      this.#log.error({ event: 'degraded', part }, `degraded: ${part}: ${problem}`);
    }
  }

  settled(summary: Summary): void {
    const status = `STATUS=${this.#statusLine(summary)}`;
    if (status === this.#status) return;
    this.#status = status;
    this.#notify(status);
  }

  #statusLine(summary: Summary): string {
    const parts = [summary.instanceState ?? 'waiting for the API'];
    if (summary.refusing) parts.push(`refusing new connections to ${this.#ports}`);
    if (summary.connectionsLeft !== null) parts.push(`${summary.connectionsLeft} connection(s) left`);
    if (summary.holding) parts.push('no verdict, holding');
    for (const trouble of [...this.#troubles.keys(), ...summary.degraded]) parts.push(`degraded: ${trouble}`);
    return parts.join('; ');
  }
}

/** Ranges named one by one; systemd takes a status of 4 kB at most, and nobody reads a longer one. */
const NAMED_RANGES = 16;

function portsInWords({ ports }: DrainRuleset): string {
  const named = ports.slice(0, NAMED_RANGES).map(formatPortRange).join(' ');
  return ports.length > NAMED_RANGES ? `${named} and ${ports.length - NAMED_RANGES} more ranges` : named;
}
